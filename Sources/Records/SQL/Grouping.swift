internal import JSON
internal import Storage

/// A `GroupQuery` on a model: its columns, and how a row becomes a group.
///
/// The groups are made by an inner statement; names of related records, `having` and the order are asked of its
/// result, once a group and not once a record.
struct Grouping {
  static let mostKeys = 5
  static let mostAggregates = 20

  let model: Model
  let table: TableAlias
  private let keys: [(key: GroupKey, field: ModelField)]
  private let aggregates: [(aggregate: Aggregate, field: ModelField)]
  /// The display names behind keys that are many2one, in the keys' order.
  private let names: [SQL?]

  init(_ query: GroupQuery, of model: Model, compiler: inout DomainCompiler) throws(RecordsError) {
    self.model = model
    self.table = compiler.newAlias()
    guard query.keys.count <= Self.mostKeys, query.aggregates.count <= Self.mostAggregates else {
      throw RecordsError(
        .invalidArgument,
        "At most \(Self.mostKeys) keys and \(Self.mostAggregates) aggregates can be asked for.")
    }
    var keys: [(key: GroupKey, field: ModelField)] = []
    var names: [SQL?] = []
    for (position, key) in query.keys.enumerated() {
      let field = try compiler.catalogue.field(key.field, of: model, for: compiler.subject, at: "group_by")
      try Self.check(key, field)
      keys.append((key, field))
      guard field.type == .many2one else {
        names.append(nil)
        continue
      }
      names.append(try Selection.name(of: field, id: Self.key(position), compiler: &compiler))
    }
    var aggregates: [(aggregate: Aggregate, field: ModelField)] = []
    for aggregate in query.aggregates {
      let field = try compiler.catalogue.field(
        aggregate.field, of: model, for: compiler.subject, at: "aggregates")
      try Self.check(aggregate, field)
      if !aggregates.contains(where: { $0.aggregate == aggregate }) { aggregates.append((aggregate, field)) }
    }
    self.keys = keys
    self.aggregates = aggregates
    self.names = names
  }

  private static func check(_ key: GroupKey, _ field: ModelField) throws(RecordsError) {
    switch field.type {
    case .date: return
    case .datetime:
      guard key.granularity == nil else { return }
      throw RecordsError(
        .invalidArgument, "group_by: '\(field.name)' is a datetime: say in which steps.",
        hint: "For example '\(field.name):month'; also day, week, quarter, year.")
    case .char, .integer, .boolean, .selection, .many2one:
      guard key.granularity != nil else { return }
      throw RecordsError(
        .invalidArgument, "group_by: '\(field.name)' is \(field.type.rawValue) and has no steps of time.",
        hint: "Say '\(field.name)' alone.")
    case .text, .html, .float, .monetary, .one2many, .many2many:
      throw RecordsError(
        .invalidArgument, "group_by: '\(field.name)' is \(field.type.rawValue) and can't be grouped by.",
        hint: "Group by a selection, a many2one, a boolean, a char, an integer, or a date in steps of time.")
    }
  }

  private static func check(_ aggregate: Aggregate, _ field: ModelField) throws(RecordsError) {
    let fits =
      switch aggregate.function {
      case .sum, .avg: field.type.isNumber && field.name != "id"
      case .min, .max: field.type.isNumber || field.type.isTime
      case .count, .countDistinct: field.column != nil
      }
    guard fits else {
      throw RecordsError(
        .invalidArgument,
        "aggregates: '\(aggregate)' makes no sense, '\(field.name)' is \(field.type.rawValue).",
        hint:
          "sum and avg take numbers; min and max numbers, dates and datetimes; count and count_distinct all "
          + "but one2many and many2many.")
    }
  }

  // MARK: - Columns

  private static func key(_ position: Int) -> SQL { SQL(unsafeSQL: "g.k\(position)") }
  private static func value(_ position: Int) -> SQL { SQL(unsafeSQL: "g.a\(position)") }

  /// The whole statement but for its order and limit.
  func statement(where condition: SQL, having: Domain) throws(RecordsError) -> (columns: SQL, source: SQL) {
    var inner: [SQL] = []
    for (position, (key, field)) in keys.enumerated() {
      guard let column = field.column else { continue }
      inner.append("\(expression(of: key, field, table.column(column))) AS \(unsafeSQL: "k\(position)")")
    }
    inner.append("count(*) AS c")
    for (position, (aggregate, field)) in aggregates.enumerated() {
      guard let column = field.column else { continue }
      inner.append("\(expression(of: aggregate, table.column(column))) AS \(unsafeSQL: "a\(position)")")
    }
    let places = keys.indices.map { SQL(unsafeSQL: "\($0 + 1)") }.joined(separator: ", ")
    let groupBy: SQL = keys.isEmpty ? "" : " GROUP BY \(places)"
    let groups: SQL = """
      SELECT \(inner.joined(separator: ", ")) FROM \(model.table.sql) AS \(table.sql) \
      WHERE \(condition)\(groupBy)
      """
    var columns: [SQL] = ["g.c"]
    columns += keys.indices.map(Self.key)
    columns += aggregates.indices.map(Self.value)
    for name in names { if let name { columns.append(name) } }
    return (columns.joined(separator: ", "), "(\(groups)) AS g WHERE \(try self.having(having, depth: 0))")
  }

  private func expression(of key: GroupKey, _ field: ModelField, _ column: SQL) -> SQL {
    switch (field.type, key.granularity) {
    case (.boolean, _): "COALESCE(\(column), 0)"
    case (_, nil): column
    case (_, .day): "substr(\(column), 1, 10)"
    // On to Sunday, back to Monday.
    case (_, .week): "date(\(column), 'weekday 0', '-6 days')"
    case (_, .month): "substr(\(column), 1, 7) || '-01'"
    case (_, .quarter):
      """
      substr(\(column), 1, 5) || CASE WHEN substr(\(column), 6, 2) < '04' THEN '01' \
      WHEN substr(\(column), 6, 2) < '07' THEN '04' WHEN substr(\(column), 6, 2) < '10' THEN '07' \
      ELSE '10' END || '-01'
      """
    case (_, .year): "substr(\(column), 1, 4) || '-01-01'"
    }
  }

  private func expression(of aggregate: Aggregate, _ column: SQL) -> SQL {
    switch aggregate.function {
    case .sum: "COALESCE(sum(\(column)), 0)"
    case .avg: "avg(\(column))"
    case .min: "min(\(column))"
    case .max: "max(\(column))"
    case .count: "count(\(column))"
    case .countDistinct: "count(DISTINCT \(column))"
    }
  }

  /// The column that a name in `having` or `order` means.
  private func column(named name: String) -> SQL? {
    if name == "__count" { return "g.c" }
    return aggregates.firstIndex { $0.aggregate.description == name }.map(Self.value)
  }

  // MARK: - Having and order

  private func having(_ domain: Domain, depth: Int) throws(RecordsError) -> SQL {
    guard depth <= DomainReader.deepest else {
      throw RecordsError(.invalidDomain, "having is nested too deeply.")
    }
    switch domain {
    case .everything: return "(1 = 1)"
    case .nothing: return "(1 = 0)"
    case .not(let inner): return "(\(try having(inner, depth: depth + 1)) IS NOT TRUE)"
    case .all(let parts): return try joined(parts, by: " AND ", depth: depth)
    case .any(let parts): return try joined(parts, by: " OR ", depth: depth)
    case .condition(let condition):
      let name = condition.path.joined(separator: ".")
      guard let column = column(named: name) else {
        let known = ["__count"] + aggregates.map(\.aggregate.description)
        throw RecordsError(
          .invalidDomain, "having: '\(name.cut)' is none of the aggregates.",
          hint: "Known here: \(known.joined(separator: ", ")).")
      }
      guard case .value(let value) = condition.operand, let bound = Self.bound(value) else {
        throw RecordsError(.invalidDomain, "having: '\(name)' is compared with a number or a date.")
      }
      switch condition.comparison {
      case .equal: return "(\(column) = \(bound))"
      case .notEqual: return "((\(column) = \(bound)) IS NOT TRUE)"
      case .greater: return "(\(column) > \(bound))"
      case .greaterOrEqual: return "(\(column) >= \(bound))"
      case .less: return "(\(column) < \(bound))"
      case .lessOrEqual: return "(\(column) <= \(bound))"
      default:
        throw RecordsError(.invalidDomain, "having: '\(name)' takes = != > >= < <=.")
      }
    }
  }

  private func joined(_ parts: [Domain], by separator: SQL, depth: Int) throws(RecordsError) -> SQL {
    var conditions: [SQL] = []
    for part in parts.sorted(by: { $0.cost > $1.cost }) {
      conditions.append(try having(part, depth: depth + 1))
    }
    return "(\(conditions.joined(separator: separator)))"
  }

  private static func bound(_ value: JSONValue) -> SQLValue? {
    switch value {
    case .integer(let number): .integer(number)
    case .number(let number): .real(number)
    case .string(let text): CalendarText.isDate(text) || CalendarText.isDatetime(text) ? .text(text) : nil
    default: nil
    }
  }

  /// - Parameter terms: nil orders by the keys.
  func order(_ terms: [OrderTerm]?) throws(RecordsError) -> SQL {
    var sorted: [SQL] = []
    for term in terms ?? [] {
      if let column = column(named: term.field) {
        sorted.append(Selection.sorted(column, by: term, isRequired: false))
      } else if let position = keys.firstIndex(where: {
        $0.key.description == term.field || $0.key.field == term.field
      }) {
        sorted.append(Selection.sorted(names[position] ?? Self.key(position), by: term, isRequired: false))
      } else {
        let known = keys.map(\.key.description) + ["__count"] + aggregates.map(\.aggregate.description)
        throw RecordsError(
          .invalidArgument, "order: '\(term.field.cut)' is neither a key nor an aggregate of the groups.",
          hint: "Known here: \(known.joined(separator: ", ")).")
      }
    }
    // The keys are at the end in any case, so that equal groups keep their places.
    for position in keys.indices {
      let term = OrderTerm("")
      if terms == nil, let name = names[position] {
        sorted.append(Selection.sorted(name, by: term, isRequired: false))
      }
      sorted.append(Selection.sorted(Self.key(position), by: term, isRequired: false))
    }
    return sorted.isEmpty ? "1" : sorted.joined(separator: ", ")
  }

  // MARK: - Groups

  func group(_ row: Row) -> RecordGroup {
    var values: [(String, JSONValue)] = []
    var domain: [JSONValue] = []
    var nameColumn = 1 + keys.count + aggregates.count
    for (position, (key, field)) in keys.enumerated() {
      let value = row[1 + position]
      switch (field.type, key.granularity, value) {
      case (.many2one, _, _):
        let related = RecordValue.related(id: value, name: row[nameColumn])
        nameColumn += 1
        values.append((key.description, related))
        domain.append([.string(field.name), "=", related.array?.first ?? false])
      case (_, let granularity?, .text(let start)):
        guard let period = Period(granularity, startingAt: start) else {
          values.append((key.description, .null))
          continue
        }
        values.append((key.description, .string(period.label)))
        let midnight = field.type == .datetime ? " 00:00:00" : ""
        domain.append([.string(field.name), ">=", .string(period.start + midnight)])
        domain.append([.string(field.name), "<", .string(period.end + midnight)])
      default:
        let json = RecordValue.json(value, of: field.type)
        values.append((key.description, json))
        domain.append([.string(field.name), "=", json.isNull ? false : json])
      }
    }
    values.append(("__count", .integer(row.integer(0))))
    for (position, (aggregate, field)) in aggregates.enumerated() {
      let value = row[1 + keys.count + position]
      let json: JSONValue =
        switch aggregate.function {
        case .count, .countDistinct: RecordValue.json(value, of: .integer)
        case .avg: RecordValue.json(value, of: field.type == .monetary ? .monetary : .float)
        case .sum, .min, .max: RecordValue.json(value, of: field.type)
        }
      values.append((aggregate.description, json))
    }
    return RecordGroup(values: JSONObject(values), domain: .array(domain))
  }
}
