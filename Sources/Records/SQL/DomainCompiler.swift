internal import JSON
internal import Storage

/// Compiles domains to conditions of one statement, with the subject's rights in every table that it reaches.
///
/// Every condition that comes out stands in parentheses, and only its truth counts: it may be NULL where it doesn't
/// hold, and what denies it says `IS NOT TRUE`, so that `!` and the negative operators hold for empty fields, as
/// Odoo's do. A path through a relation holds when some related record, that the subject may see, holds.
struct DomainCompiler {
  /// Whose eyes look: the subject's, or a record rule's, which sees everything.
  enum Eyes { case subject, rule }

  /// SQLite 3.40 parses with a stack of 100: this much of it is for conditions, the rest for what stands around.
  static let deepest = 78
  /// What a level of parentheses takes of the stack, an operand that waits, a related table, a tree of records, and
  /// the record that a message belongs to.
  static let levelCost = 1
  static let operandCost = 2
  static let tableCost = 10
  static let treeCost = 20
  static let documentCost = 15
  /// Related tables of one statement: SQLite prepares each anew, on the thread of the caller.
  static let mostTables = 200

  let catalogue: ModelCatalogue
  let subject: Subject
  private var tables = 0

  init(catalogue: ModelCatalogue, subject: Subject) {
    self.catalogue = catalogue
    self.subject = subject
  }

  /// A name for a table that the statement doesn't have yet.
  mutating func newAlias() -> TableAlias {
    defer { tables += 1 }
    return TableAlias(tables)
  }

  /// What the subject asks for, of the records that they may see.
  mutating func condition(
    _ domain: Domain, on model: Model, as table: TableAlias
  ) throws(RecordsError) -> SQL {
    let asked = try condition(domain, on: model, as: table, eyes: .subject, depth: 0)
    guard let visible = try visibility(of: model, as: table, depth: Self.operandCost) else { return asked }
    return "\(asked) AND \(visible)"
  }

  /// A rule's condition, to see whether it compiles.
  mutating func ruleCondition(_ domain: Domain, on model: Model) throws(RecordsError) -> SQL {
    try condition(domain, on: model, as: newAlias(), eyes: .rule, depth: 0)
  }

  // MARK: - Operators

  mutating func condition(
    _ domain: Domain, on model: Model, as table: TableAlias, eyes: Eyes, depth: Int
  ) throws(RecordsError) -> SQL {
    try check(depth)
    switch domain {
    case .everything: return "(1 = 1)"
    case .nothing: return "(1 = 0)"
    case .not(let inner):
      let inner = try condition(inner, on: model, as: table, eyes: eyes, depth: depth + Self.levelCost)
      return "(\(inner) IS NOT TRUE)"
    case .all(let parts):
      return try joined(parts, by: " AND ", on: model, as: table, eyes: eyes, depth: depth)
    case .any(let parts):
      return try joined(parts, by: " OR ", on: model, as: table, eyes: eyes, depth: depth)
    case .condition(let condition):
      return try self.condition(
        condition, condition.path[...], on: model, as: table, eyes: eyes, depth: depth)
    }
  }

  private mutating func joined(
    _ parts: [Domain], by separator: SQL, on model: Model, as table: TableAlias, eyes: Eyes, depth: Int
  ) throws(RecordsError) -> SQL {
    var conditions: [SQL] = []
    // The deepest goes first: what stands before it would wait on the parser's stack.
    for part in parts.sorted(by: { $0.cost > $1.cost }) {
      let cost = Self.levelCost + (conditions.isEmpty ? 0 : Self.operandCost)
      conditions.append(try condition(part, on: model, as: table, eyes: eyes, depth: depth + cost))
    }
    return "(\(conditions.joined(separator: separator)))"
  }

  private func check(_ depth: Int) throws(RecordsError) {
    guard tables <= Self.mostTables else {
      throw RecordsError(
        .invalidDomain, "The domain follows relations more than \(Self.mostTables) times.",
        hint: "Search the related records once, then use \"in\" with their ids.")
    }
    guard depth > Self.deepest else { return }
    throw RecordsError(
      .invalidDomain, "The domain is nested too deeply, or its paths are too long.",
      hint: "Ask in two steps: search the related records first, then use \"in\" with their ids.")
  }

  // MARK: - Conditions

  private mutating func condition(
    _ condition: Domain.Condition, _ path: ArraySlice<String>, on model: Model, as table: TableAlias,
    eyes: Eyes,
    depth: Int
  ) throws(RecordsError) -> SQL {
    guard let name = path.first else {
      throw RecordsError(.invalidDomain, "\(condition.position)[0]: the path is empty")
    }
    let place = "\(condition.position)[0]"
    let viewer = eyes == .subject ? subject : nil
    let field = try catalogue.field(name, of: model, for: viewer, at: place)
    if path.count > 1 {
      let related = try catalogue.related(by: field, of: model, for: viewer, at: place)
      return try membership(of: field, in: related, as: table, eyes: eyes, depth: depth) {
        (compiler, inner, depth) throws(RecordsError) in
        try compiler.condition(condition, path.dropFirst(), on: related, as: inner, eyes: eyes, depth: depth)
      }
    }
    if let denied = condition.comparison.denied {
      let positive = Domain.Condition(condition.path, denied, condition.operand, position: condition.position)
      let inner = try self.condition(
        positive, path, on: model, as: table, eyes: eyes, depth: depth + Self.levelCost)
      return "(\(inner) IS NOT TRUE)"
    }
    if field.type.isRelation {
      return try relationCondition(condition, field, on: model, as: table, eyes: eyes, depth: depth)
    }
    if condition.comparison.isHierarchy {
      guard field.name == "id" else { throw condition.misused(with: field, "needs a relation or 'id'") }
      let ids = try tree(condition, of: model, eyes: eyes, depth: depth)
      return "(\(table.id) IN \(ids))"
    }
    guard let column = field.column else { throw condition.misused(with: field, "needs a stored field") }
    return try ValueCondition(condition: condition, field: field, value: value(of: condition))
      .sql(on: table.column(column))
  }

  private mutating func relationCondition(
    _ condition: Domain.Condition, _ field: ModelField, on model: Model, as table: TableAlias, eyes: Eyes,
    depth: Int
  ) throws(RecordsError) -> SQL {
    let viewer = eyes == .subject ? subject : nil
    let place = "\(condition.position)[0]"
    switch condition.comparison {
    case .any:
      guard case .domain(let domain) = condition.operand else {
        throw condition.misused(with: field, "needs a domain")
      }
      let related = try catalogue.related(by: field, of: model, for: viewer, at: place)
      return try membership(of: field, in: related, as: table, eyes: eyes, depth: depth) {
        (compiler, inner, depth) throws(RecordsError) in
        try compiler.condition(domain, on: related, as: inner, eyes: eyes, depth: depth)
      }
    case .like, .ilike, .equalLike, .equalIlike:
      let related = try catalogue.related(by: field, of: model, for: viewer, at: place)
      return try membership(of: field, in: related, as: table, eyes: eyes, depth: depth) {
        (compiler, inner, depth) throws(RecordsError) in
        try compiler.condition(condition, ["display_name"], on: related, as: inner, eyes: eyes, depth: depth)
      }
    case .childOf, .parentOf:
      let related = try catalogue.related(by: field, of: model, for: viewer, at: place)
      let ids = try tree(condition, of: related, eyes: eyes, depth: depth + Self.tableCost)
      if let column = field.column { return "(\(table.column(column)) IN \(ids))" }
      return try membership(of: field, in: related, as: table, eyes: eyes, depth: depth) {
        (_, inner, _) throws(RecordsError) in "(\(inner.id) IN \(ids))"
      }
    case .equal, .in:
      return try relatedEquals(condition, field, on: model, as: table, eyes: eyes, depth: depth)
    default:
      throw condition.misused(
        with: field,
        "takes =, !=, in, not in, like, ilike, child_of, parent_of, any and a path such as "
          + "'\(field.name).id'")
    }
  }

  /// `=` and `in` on a relation: ids, display names, and nothing (`false`).
  private mutating func relatedEquals(
    _ condition: Domain.Condition, _ field: ModelField, on model: Model, as table: TableAlias, eyes: Eyes,
    depth: Int
  ) throws(RecordsError) -> SQL {
    let wanted = try RelatedValues(condition: condition, field: field, value: value(of: condition))
    var alternatives: [SQL] = []
    if wanted.includesNone {
      if let column = field.column {
        alternatives.append("\(table.column(column)) IS NULL")
      } else {
        let related = try related(by: field, of: model, eyes: eyes, condition)
        let some = try membership(
          of: field, in: related, as: table, eyes: eyes, depth: depth + Self.levelCost
        ) {
          (_, _, _) throws(RecordsError) in "(1 = 1)"
        }
        alternatives.append("\(some) IS NOT TRUE")
      }
    }
    if !wanted.ids.isEmpty {
      let ids = wanted.ids.map(SQLValue.integer)
      if let column = field.column {
        alternatives.append("\(table.column(column)) IN \(list: ids)")
      } else {
        let related = try related(by: field, of: model, eyes: eyes, condition)
        alternatives.append(
          try membership(of: field, in: related, as: table, eyes: eyes, depth: depth + Self.levelCost) {
            (_, inner, _) throws(RecordsError) in "(\(inner.id) IN \(list: ids))"
          })
      }
    }
    if !wanted.names.isEmpty {
      let related = try related(by: field, of: model, eyes: eyes, condition)
      guard let display = related["display_name"]?.column else {
        throw condition.misused(with: field, "takes ids, not names")
      }
      let names = wanted.names.map(SQLValue.text)
      alternatives.append(
        try membership(of: field, in: related, as: table, eyes: eyes, depth: depth + Self.levelCost) {
          (_, inner, _) throws(RecordsError) in "(\(inner.column(display)) IN \(list: names))"
        })
    }
    return alternatives.isEmpty ? "(1 = 0)" : "(\(alternatives.joined(separator: " OR ")))"
  }

  private func related(
    by field: ModelField, of model: Model, eyes: Eyes, _ condition: Domain.Condition
  ) throws(RecordsError) -> Model {
    try catalogue.related(
      by: field, of: model, for: eyes == .subject ? subject : nil, at: "\(condition.position)[0]")
  }

  private func value(of condition: Domain.Condition) throws(RecordsError) -> JSONValue {
    switch condition.operand {
    case .value(let value): return value
    case .variable(let variable): return variable.value(of: subject)
    case .domain:
      throw RecordsError(.invalidDomain, "\(condition.position)[2]: a domain goes with 'any' alone")
    }
  }

  // MARK: - Related tables

  /// Whether a record is related, by that field, to one that the inner condition holds for and that can be seen.
  mutating func membership(
    of field: ModelField, in related: Model, as table: TableAlias, eyes: Eyes, depth: Int,
    _ inner: (inout DomainCompiler, TableAlias, Int) throws(RecordsError) -> SQL
  ) throws(RecordsError) -> SQL {
    let alias = newAlias()
    let depth = depth + Self.tableCost
    try check(depth)
    var condition = try inner(&self, alias, depth)
    if eyes == .subject, let visible = try visibility(of: related, as: alias, depth: depth + Self.operandCost)
    {
      condition = "\(condition) AND \(visible)"
    }
    let source: SQL = "\(related.table.sql) AS \(alias.sql)"
    if let column = field.column {
      return "(\(table.column(column)) IN (SELECT \(alias.id) FROM \(source) WHERE \(condition)))"
    }
    if let inverse = field.inverse, let column = related[inverse]?.column {
      return "(\(table.id) IN (SELECT \(alias.column(column)) FROM \(source) WHERE \(condition)))"
    }
    guard let through = field.through else {
      throw RecordsError(.unavailable, "'\(field.name)' can't be searched.")
    }
    let pairs = newAlias()
    return """
      (\(table.id) IN (SELECT \(pairs.column(through.left)) FROM \(through.table.sql) AS \(pairs.sql) \
      JOIN \(source) ON \(alias.id) = \(pairs.column(through.right)) WHERE \(condition)))
      """
  }

  /// The ids below (`child_of`) or above (`parent_of`) some records, these included, as a sub-query in parentheses.
  private mutating func tree(
    _ condition: Domain.Condition, of model: Model, eyes: Eyes, depth: Int
  ) throws(RecordsError) -> SQL {
    guard let parentName = model.parentField, let parent = model[parentName]?.column else {
      throw RecordsError(
        .invalidDomain,
        "\(condition.position)[1] (\"\(condition.comparison.rawValue)\"): the records of \(model.name) are no tree"
      )
    }
    let depth = depth + Self.treeCost
    try check(depth)
    let wanted = try RelatedValues(condition: condition, field: nil, value: value(of: condition))
    guard !wanted.includesNone else {
      throw RecordsError(.invalidDomain, "\(condition.position)[2]: expected ids or names of records")
    }
    let root = newAlias()
    let next = newAlias()
    let tree = newAlias()
    var roots: [SQL] = []
    if !wanted.ids.isEmpty { roots.append("\(root.id) IN \(list: wanted.ids.map(SQLValue.integer))") }
    if !wanted.names.isEmpty, let display = model["display_name"]?.column {
      roots.append("\(root.column(display)) IN \(list: wanted.names.map(SQLValue.text))")
    }
    var isRoot: SQL = roots.isEmpty ? "(1 = 0)" : "(\(roots.joined(separator: " OR ")))"
    var isStep: SQL = "(1 = 1)"
    if eyes == .subject {
      if let visible = try visibility(of: model, as: root, depth: depth) {
        isRoot = "\(isRoot) AND \(visible)"
      }
      if let visible = try visibility(of: model, as: next, depth: depth) {
        isStep = "\(isStep) AND \(visible)"
      }
    }
    let table = model.table.sql
    let step: SQL
    if condition.comparison == .childOf {
      step = """
        SELECT \(next.id) FROM \(table) AS \(next.sql) \
        JOIN \(tree.sql) ON \(next.column(parent)) = \(tree.id) WHERE \(isStep)
        """
    } else {
      let below = newAlias()
      step = """
        SELECT \(next.id) FROM \(tree.sql) JOIN \(table) AS \(below.sql) ON \(below.id) = \(tree.id) \
        JOIN \(table) AS \(next.sql) ON \(next.id) = \(below.column(parent)) WHERE \(isStep)
        """
    }
    // UNION, not UNION ALL: parents that go round in a circle end.
    return """
      (WITH RECURSIVE \(tree.sql)("id") AS (SELECT \(root.id) FROM \(table) AS \(root.sql) WHERE \(isRoot) \
      UNION \(step)) SELECT \(tree.id) FROM \(tree.sql))
      """
  }

  // MARK: - Rights

  /// Which records of a model the subject may see, or do something else with; nil when all.
  mutating func visibility(
    of model: Model, as table: TableAlias, depth: Int, for right: Right = .read
  ) throws(RecordsError) -> SQL? {
    var required: [SQL] = []
    var alternatives: [Domain] = []
    for rule in model.rules where rule.rights.contains(right) {
      if rule.groups.isEmpty {
        required.append(try condition(rule.domain, on: model, as: table, eyes: .rule, depth: depth))
      } else if !rule.groups.isDisjoint(with: subject.groups) {
        alternatives.append(rule.domain)
      }
    }
    if !alternatives.isEmpty, !alternatives.contains(.everything) {
      required.append(try condition(.any(alternatives), on: model, as: table, eyes: .rule, depth: depth))
    }
    if let link = model.document {
      required.append(try documentVisibility(link, of: model, as: table, depth: depth))
    }
    return required.isEmpty ? nil : required.joined(separator: " AND ")
  }

  /// The records whose document the subject may see.
  private mutating func documentVisibility(
    _ link: Model.DocumentLink, of model: Model, as table: TableAlias, depth: Int
  ) throws(RecordsError) -> SQL {
    guard let name = model[link.model]?.column, let id = model[link.id]?.column else { return "(1 = 0)" }
    var alternatives: [SQL] = []
    for target in catalogue.models where target.document == nil && target.isReadable(by: subject) {
      let alias = newAlias()
      var condition: SQL = "\(alias.id) = \(table.column(id))"
      if let visible = try visibility(of: target, as: alias, depth: depth + Self.documentCost) {
        condition.append(" AND \(visible)")
      }
      alternatives.append(
        """
        (\(table.column(name)) = \(target.name) AND EXISTS (SELECT 1 FROM \(target.table.sql) AS \(alias.sql) \
        WHERE \(condition)))
        """)
    }
    return alternatives.isEmpty ? "(1 = 0)" : "(\(alternatives.joined(separator: " OR ")))"
  }
}

extension Domain.Condition {
  /// The operator doesn't go with the field.
  func misused(with field: ModelField, _ reason: String) -> RecordsError {
    RecordsError(
      .invalidDomain,
      "\(position)[1] (\"\(comparison.rawValue)\"): on '\(field.name)', which is \(field.type.rawValue): \(reason)"
    )
  }

  /// The value doesn't go with the field.
  func mismatched(_ value: JSONValue, _ expected: String, hint: String? = nil) -> RecordsError {
    .domain("\(position)[2]", value, "'\(path.joined(separator: "."))' \(expected)", hint: hint)
  }
}
