import JSON
import Records
import Storage

/// A slow evaluation of domains over whole tables in memory, to compare the compiled SQL with.
///
/// Written from Odoo's words, not from the compiler: a record rule narrows or widens by groups, a path holds when
/// some visible related record holds, a negative operator holds where the positive one doesn't.
final class Reference {
  typealias Values = [String: SQLValue]

  let catalogue: ModelCatalogue
  let subject: Subject
  private let tables: [String: [Int64: Values]]
  private let pairs: [String: [(left: Int64, right: Int64)]]
  private var visibleIDs: [String: Set<Int64>] = [:]

  init(_ demo: DemoCompany, subject: Subject) async throws {
    catalogue = demo.catalogue
    self.subject = subject
    var tables: [String: [Int64: Values]] = [:]
    var pairs: [String: [(left: Int64, right: Int64)]] = [:]
    for model in demo.catalogue.models {
      let fields = model.storedFields
      let columns = fields.compactMap { $0.column.map { "\"\($0.text)\"" } }.joined(separator: ", ")
      var records: [Int64: Values] = [:]
      for row in try await demo.store.rows(SQL(unsafeSQL: "SELECT \(columns) FROM \(model.table.text)")) {
        var values: Values = [:]
        for (position, field) in fields.enumerated() { values[field.name] = row[position] }
        values["display_name"] = values[model.displayField]
        records[row.integer(0)] = values
      }
      tables[model.name] = records
      for field in model.fields {
        guard let through = field.through else { continue }
        let sql = "SELECT \(through.left.text), \(through.right.text) FROM \(through.table.text)"
        pairs["\(model.name).\(field.name)"] = try await demo.store.rows(SQL(unsafeSQL: sql)).map {
          ($0.integer(0), $0.integer(1))
        }
      }
    }
    self.tables = tables
    self.pairs = pairs
  }

  /// The ids that a search must find.
  func ids(_ domain: Domain, of name: String) -> [Int64] {
    guard let model = catalogue[name] else { return [] }
    let archives = model["active"] != nil && !names("active", in: domain)
    return visible(model).filter { id in
      guard let record = tables[name]?[id] else { return false }
      if archives, record["active"] != .integer(1) { return false }
      return holds(domain, model, record, ruling: false)
    }.sorted()
  }

  func record(_ id: Int64, of model: String) -> Values? { tables[model]?[id] }

  func visible(_ model: Model) -> Set<Int64> {
    if let known = visibleIDs[model.name] { return known }
    guard model.isReadable(by: subject) else { return [] }
    var ids: Set<Int64> = []
    for (id, record) in tables[model.name] ?? [:] where isVisible(record, of: model) { ids.insert(id) }
    visibleIDs[model.name] = ids
    return ids
  }

  private func isVisible(_ record: Values, of model: Model) -> Bool {
    var forGroups: [Bool] = []
    for rule in model.rules {
      if rule.groups.isEmpty {
        if !holds(rule.domain, model, record, ruling: true) { return false }
      } else if rule.groups.contains(where: subject.groups.contains) {
        forGroups.append(holds(rule.domain, model, record, ruling: true))
      }
    }
    if !forGroups.isEmpty, !forGroups.contains(true) { return false }
    guard let link = model.document else { return true }
    guard case .text(let name)? = record[link.model], case .integer(let id)? = record[link.id],
      let target = catalogue[name], target.document == nil
    else { return false }
    return visible(target).contains(id)
  }

  private func names(_ field: String, in domain: Domain) -> Bool {
    switch domain {
    case .everything, .nothing: false
    case .all(let parts), .any(let parts): parts.contains { names(field, in: $0) }
    case .not(let inner): names(field, in: inner)
    case .condition(let condition): condition.path == [field]
    }
  }

  // MARK: - Conditions

  private func holds(_ domain: Domain, _ model: Model, _ record: Values, ruling: Bool) -> Bool {
    switch domain {
    case .everything: return true
    case .nothing: return false
    case .all(let parts): return parts.allSatisfy { holds($0, model, record, ruling: ruling) }
    case .any(let parts): return parts.contains { holds($0, model, record, ruling: ruling) }
    case .not(let inner): return !holds(inner, model, record, ruling: ruling)
    case .condition(let condition): return holds(condition, condition.path, model, record, ruling: ruling)
    }
  }

  private func related(
    _ field: ModelField, _ model: Model, _ record: Values, ruling: Bool
  ) -> [(Model, Values)] {
    guard let name = field.relation, let other = catalogue[name], case .integer(let own)? = record["id"]
    else {
      return []
    }
    var ids: [Int64] = []
    if field.type == .many2one {
      if case .integer(let id)? = record[field.name] { ids = [id] }
    } else if let inverse = field.inverse {
      for (id, values) in tables[name] ?? [:] where values[inverse] == .integer(own) { ids.append(id) }
    } else {
      ids = (pairs["\(model.name).\(field.name)"] ?? []).filter { $0.left == own }.map(\.right)
    }
    if !ruling { ids = ids.filter(visible(other).contains) }
    return ids.compactMap { id in tables[name]?[id].map { (other, $0) } }
  }

  private func holds(
    _ condition: Domain.Condition, _ path: [String], _ model: Model, _ record: Values, ruling: Bool
  ) -> Bool {
    guard let field = model[path[0]] else { return false }
    if path.count > 1 {
      return related(field, model, record, ruling: ruling).contains {
        holds(condition, Array(path.dropFirst()), $0.0, $0.1, ruling: ruling)
      }
    }
    let positive: [Comparison: Comparison] = [
      .notEqual: .equal, .notIn: .in, .notLike: .like, .notIlike: .ilike, .notAny: .any,
    ]
    if let positive = positive[condition.comparison] {
      let condition = Domain.Condition(
        condition.path, positive, condition.operand, position: condition.position)
      return !holds(condition, path, model, record, ruling: ruling)
    }
    if case .domain(let inner) = condition.operand {
      return related(field, model, record, ruling: ruling).contains {
        holds(inner, $0.0, $0.1, ruling: ruling)
      }
    }
    var value: JSONValue = .null
    switch condition.operand {
    case .value(let json): value = json
    case .variable(.userID): value = .integer(subject.userID)
    case .variable(.userCompanyIDs), .variable(.companyIDs):
      value = .array(subject.companyIDs.map { .integer($0) })
    case .variable(.userCompanyID), .variable(.companyID):
      value = subject.companyID.map { .integer($0) } ?? .null
    case .domain: return false
    }
    if field.type.isRelation || condition.comparison == .childOf || condition.comparison == .parentOf {
      return relationHolds(condition.comparison, value, field, model, record, ruling: ruling)
    }
    return valueHolds(condition.comparison, value, field, record[field.name] ?? .null)
  }

  private func relationHolds(
    _ comparison: Comparison, _ value: JSONValue, _ field: ModelField, _ model: Model, _ record: Values,
    ruling: Bool
  ) -> Bool {
    let wanted = value.array ?? [value]
    let others = related(field, model, record, ruling: ruling)
    switch comparison {
    case .equal, .in:
      return wanted.contains { one in
        switch one {
        case .null, .bool:
          if field.type == .many2one { return record[field.name] == .null }
          return others.isEmpty
        case .integer(let id):
          if field.type == .many2one { return record[field.name] == .integer(id) }
          return others.contains { $0.1["id"] == .integer(id) }
        case .string(let name): return others.contains { $0.1["display_name"] == .text(name) }
        default: return false
        }
      }
    case .like, .ilike, .equalLike, .equalIlike:
      return others.contains { other in
        guard let display = other.0["display_name"] else { return false }
        return valueHolds(comparison, value, display, other.1["display_name"] ?? .null)
      }
    case .childOf, .parentOf:
      let tree = field.name == "id" ? model : field.relation.flatMap { catalogue[$0] }
      guard let tree, let parent = tree.parentField else { return false }
      let seen = { (id: Int64) in ruling || self.visible(tree).contains(id) }
      let records = tables[tree.name] ?? [:]
      let up = { (id: Int64) -> Int64? in
        if case .integer(let above)? = records[id]?[parent] { above } else { nil }
      }
      var members: Set<Int64> = []
      for (id, values) in records where seen(id) {
        let isRoot = wanted.contains {
          $0 == .integer(id) || $0.string.map { values["display_name"] == .text($0) } == true
        }
        if isRoot { members.insert(id) }
      }
      var grew = true
      while grew {
        let before = members.count
        for id in records.keys where seen(id) {
          if comparison == .childOf {
            if let above = up(id), members.contains(above) { members.insert(id) }
          } else if members.contains(id), let above = up(id), seen(above) {
            members.insert(above)
          }
        }
        grew = members.count > before
      }
      if field.name == "id" {
        if case .integer(let id)? = record["id"] { return members.contains(id) }
        return false
      }
      if field.type == .many2one {
        if case .integer(let id)? = record[field.name] { return members.contains(id) }
        return false
      }
      return others.contains {
        if case .integer(let id)? = $0.1["id"] { members.contains(id) } else { false }
      }
    default: return false
    }
  }

  private func valueHolds(
    _ comparison: Comparison, _ value: JSONValue, _ field: ModelField, _ stored: SQLValue
  ) -> Bool {
    switch comparison {
    case .equal, .in: return (value.array ?? [value]).contains { equals($0, field, stored) }
    case .greater, .greaterOrEqual, .less, .lessOrEqual:
      guard let order = order(stored, value, field, comparison) else { return false }
      switch comparison {
      case .greater: return order > 0
      case .greaterOrEqual: return order >= 0
      case .less: return order < 0
      default: return order <= 0
      }
    case .like, .ilike, .equalLike, .equalIlike:
      guard case .text(let text) = stored, let pattern = value.string else { return false }
      let whole = comparison == .equalLike || comparison == .equalIlike ? pattern : "%\(pattern)%"
      let folds = comparison == .ilike || comparison == .equalIlike
      return matches(
        Array((folds ? asciiLower(text) : text).unicodeScalars),
        Array((folds ? asciiLower(whole) : whole).unicodeScalars))
    default: return false
    }
  }

  private func equals(_ value: JSONValue, _ field: ModelField, _ stored: SQLValue) -> Bool {
    switch (value, stored) {
    case (.null, .null), (.bool(false), .null): true
    case (.null, .text("")), (.bool(false), .text("")): field.type.isText
    case (.null, .integer(0)), (.bool(false), .integer(0)): field.type == .boolean
    case (.bool(true), .integer(let flag)): flag == 1
    case (.string(let a), .text(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (_, .real(let b)): value.number == b
    case (.number(let a), .integer(let b)): a == Double(b)
    default: false
    }
  }

  private func order(
    _ stored: SQLValue, _ value: JSONValue, _ field: ModelField, _ comparison: Comparison
  ) -> Int? {
    switch stored {
    case .text(let a):
      guard var b = value.string else { return nil }
      if field.type == .datetime, b.count == 10 {
        b += comparison == .greater || comparison == .lessOrEqual ? " 23:59:59" : " 00:00:00"
      }
      let (left, right) = (Array(a.utf8), Array(b.utf8))
      return left == right ? 0 : left.lexicographicallyPrecedes(right) ? -1 : 1
    case .integer(let a):
      guard let b = value.number else { return nil }
      return Double(a) == b ? 0 : Double(a) < b ? -1 : 1
    case .real(let a):
      guard let b = value.number else { return nil }
      return a == b ? 0 : a < b ? -1 : 1
    default: return nil
    }
  }

  private func asciiLower(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { ("A"..."Z").contains($0) ? Unicode.Scalar(UInt8($0.value) + 32) : $0 }))
  }

  private func matches(_ text: [Unicode.Scalar], _ pattern: [Unicode.Scalar]) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    switch first {
    case "%":
      return (0...text.count).contains { matches(Array(text.dropFirst($0)), Array(pattern.dropFirst())) }
    case "_": return !text.isEmpty && matches(Array(text.dropFirst()), Array(pattern.dropFirst()))
    case "\\" where pattern.count > 1:
      return text.first == pattern[1] && matches(Array(text.dropFirst()), Array(pattern.dropFirst(2)))
    default: return text.first == first && matches(Array(text.dropFirst()), Array(pattern.dropFirst()))
    }
  }
}
