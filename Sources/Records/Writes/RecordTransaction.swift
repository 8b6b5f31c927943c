internal import JSON
internal import Storage
internal import World

/// One write of records while it happens, inside of a transaction of the store.
///
/// Whatever it throws undoes all of it. The rules that say what the subject may do are asked before anything is
/// written, and again, of the same records, once everything is.
struct RecordTransaction {
  /// What is known of a record that was written.
  struct Entry {
    var action: RecordChange.Action
    let cause: RecordChange.Cause
    /// As the subject saw it before; nil for what was not there, or not to be seen.
    let before: Record?
  }

  /// Records that go along with those that are deleted.
  static let mostDeleted = 10_000

  let transaction: Transaction
  let catalogue: ModelCatalogue
  let subject: Subject
  let now: Instant

  /// What was written, in the order in which it began.
  var entries: [RecordKey: Entry] = [:]
  var order: [RecordKey] = []
  /// Which rules have to hold for a record at the end.
  var checks: [RecordKey: Right] = [:]
  /// Records whose formulas are to be computed, and whether the sums over their lines too.
  var stale: [RecordKey: Bool] = [:]
  var staleOrder: [RecordKey] = []
  /// The last id or number of a sequence, by its name.
  var sequences: [String: Int64] = [:]
  var includesHidden = false

  init(_ transaction: Transaction, catalogue: ModelCatalogue, subject: Subject, now: Instant) {
    self.transaction = transaction
    self.catalogue = catalogue
    self.subject = subject
    self.now = now
  }

  // MARK: - What the subject may do

  /// - Throws: `notFound` for a record that is not there, or not for the subject, in the same words.
  func expectVisible(_ targets: [RecordKey: String]) throws {
    var byModel: [String: [Int64]] = [:]
    for key in targets.keys { byModel[key.model, default: []].append(key.id) }
    for (name, ids) in byModel {
      guard let model = catalogue[name] else { continue }
      let visible = try allowed(ids, of: model, .read)
      guard let missing = ids.filter({ !visible.contains($0) }).min() else { continue }
      let place = targets[RecordKey(model: name, id: missing)] ?? name
      throw RecordsError(
        .notFound, "\(place): there is no record \(missing) of \(name), or it is not for you to see.",
        hint: "search_records finds the ids of the records that you may see.")
    }
  }

  /// - Throws: `notFound`; `forbidden` for a record that the subject sees and may do no such thing with.
  func expect(_ right: Right, on ids: [Int64], of model: Model) throws {
    let visible = try allowed(ids, of: model, .read)
    if let missing = ids.first(where: { !visible.contains($0) }) {
      throw RecordsError(
        .notFound, "There is no record \(missing) of \(model.name), or it is not for you to see.",
        hint: "search_records finds the ids of the records that you may see.")
    }
    guard model.rules.contains(where: { $0.rights.contains(.read) != $0.rights.contains(right) }) else {
      return
    }
    let permitted = try allowed(ids, of: model, right)
    if let refused = ids.first(where: { !permitted.contains($0) }) {
      throw RecordsError(
        .forbidden,
        "A rule of \(model.name) lets you see record \(refused), and not \(right == .unlink ? "delete" : "change") it."
      )
    }
  }

  /// Those of the records for which the rules of a right hold.
  func allowed(_ ids: [Int64], of model: Model, _ right: Right) throws -> Set<Int64> {
    var allowed: Set<Int64> = []
    // A statement has only so many places for values.
    for start in stride(from: 0, to: ids.count, by: Self.mostDeleted) {
      var compiler = DomainCompiler(catalogue: catalogue, subject: subject)
      let table = compiler.newAlias()
      let some = ids[start..<min(ids.count, start + Self.mostDeleted)]
      var condition: SQL = "\(table.id) IN \(list: some.map(SQLValue.integer))"
      if let rules = try compiler.visibility(
        of: model, as: table, depth: DomainCompiler.operandCost, for: right)
      {
        condition.append(" AND \(rules)")
      }
      let rows = try transaction.run(
        "SELECT \(table.id) FROM \(model.table.sql) AS \(table.sql) WHERE \(condition)")
      for row in rows { allowed.insert(row.integer(0)) }
    }
    return allowed
  }

  /// - Throws: `forbidden` when a record is now out of what the subject may see or write.
  func expectStillAllowed() throws {
    var groups: [String: [Right: [Int64]]] = [:]
    for (key, right) in checks where entries[key]?.action != .delete {
      groups[key.model, default: [:]][right, default: []].append(key.id)
    }
    for (name, byRight) in groups {
      guard let model = catalogue[name] else { continue }
      for (right, ids) in byRight {
        var allowed = try allowed(ids, of: model, .read)
        if allowed.count == ids.count { allowed = try self.allowed(ids, of: model, right) }
        guard allowed.count < ids.count else { continue }
        throw RecordsError(
          .forbidden,
          "The values would put a record of \(name) (\(model.label)) out of what you may see or change.",
          hint: "A rule limits you to some records, such as your own or those of your companies.")
      }
    }
  }

  // MARK: - Rows

  /// The stored values of a record, whoever may see them; nil when it is not there.
  func row(_ id: Int64, of model: Model) throws -> [String: SQLValue]? {
    let fields = model.storedFields
    let columns = fields.compactMap { $0.column?.sql }.joined(separator: ", ")
    let found = try transaction.run("SELECT \(columns) FROM \(model.table.sql) WHERE \"id\" = \(id)")
    guard let row = found.first else { return nil }
    var values: [String: SQLValue] = [:]
    for (position, field) in fields.enumerated() { values[field.name] = row[position] }
    return values
  }

  /// Stores a new row with the next id.
  mutating func insert(_ values: [String: SQLValue], into model: Model) throws -> Int64 {
    let id = try nextNumber(of: model.name) { run throws in
      try run("SELECT max(\"id\") FROM \(model.table.sql)")
    }
    guard id <= ScalarValue.greatestInteger else {
      throw RecordsError(.unavailable, "No ids are left for \(model.name).")
    }
    var values = values
    let moment = SQLValue.text(MomentText.text(now))
    values["id"] = .integer(id)
    for (name, value) in [
      ("create_date", moment), ("write_date", moment), ("create_uid", .integer(subject.userID)),
      ("write_uid", .integer(subject.userID)),
    ] { values[name] = value }
    _ = try transaction.run(model.insertion(model.storedFields.map { values[$0.name] ?? .null }))
    return id
  }

  /// Changes columns of a row, and says who did and when.
  ///
  /// - Parameter row: as it is.
  func store(
    _ values: [(ModelField, SQLValue)], in id: Int64, of model: Model, row: [String: SQLValue]
  ) throws {
    var assignments: [SQL] = []
    for (field, value) in values {
      if let column = field.column { assignments.append("\(column.sql) = \(value)") }
    }
    if let column = model["write_date"]?.column {
      assignments.append("\(column.sql) = \(writeDate(after: row["write_date"]))")
    }
    if let column = model["write_uid"]?.column { assignments.append("\(column.sql) = \(subject.userID)") }
    _ = try transaction.run(
      "UPDATE \(model.table.sql) SET \(assignments.joined(separator: ", ")) WHERE \"id\" = \(id)")
  }

  /// Now, or the second after the last change: so that two changes never bear one date, and who read between them
  /// learns of the second.
  func writeDate(after last: SQLValue?) -> SQLValue {
    guard case .text(let text)? = last, let seconds = MomentText.seconds(text), seconds >= now.seconds else {
      return .text(MomentText.text(now))
    }
    return .text(MomentText.text(Instant(seconds: seconds + 1)))
  }

  /// The next number of a sequence. None comes twice, whatever was deleted.
  ///
  /// - Parameter last: finds the last one where none was ever given.
  mutating func nextNumber(
    of name: String, after last: ((SQL) throws -> [Row]) throws -> [Row]
  ) throws -> Int64 {
    let next = try lastNumber(of: name, after: last) + 1
    sequences[name] = next
    return next
  }

  /// The last number of a sequence, which is kept from now on.
  @discardableResult
  mutating func lastNumber(
    of name: String, after last: ((SQL) throws -> [Row]) throws -> [Row]
  ) throws -> Int64 {
    if let known = sequences[name] { return known }
    let kept = try transaction.run("SELECT last FROM record_sequence WHERE name = \(name)").first?.integer(0)
    let found = try last(transaction.run).first?.optionalInteger(0)
    let number = max(kept ?? 0, found ?? 0)
    sequences[name] = number
    return number
  }

  private func keepSequences() throws {
    for (name, last) in sequences {
      _ = try transaction.run(
        """
        INSERT INTO record_sequence (name, last) VALUES (\(name), \(last))
        ON CONFLICT (name) DO UPDATE SET last = excluded.last
        """)
    }
  }

  // MARK: - Before and after

  /// Remembers how records look before they are written.
  mutating func touch(
    _ ids: [Int64], of model: Model, _ action: RecordChange.Action, _ cause: RecordChange.Cause
  ) throws {
    let new = ids.filter { entries[RecordKey(model: model.name, id: $0)] == nil }
    let before = action == .create || new.isEmpty ? [:] : try seen(new, of: model)
    for id in ids {
      let key = RecordKey(model: model.name, id: id)
      if entries[key] == nil {
        entries[key] = Entry(action: action, cause: cause, before: before[id])
        order.append(key)
      } else if action == .delete {
        entries[key]?.action = .delete
      }
    }
  }

  /// Records as the subject sees them, without one2many and stamps but `write_date`.
  func seen(_ ids: [Int64], of model: Model) throws -> [Int64: Record] {
    guard model.isReadable(by: subject) else { return [:] }
    var names: [String] = []
    for field in model.fields where field.type != .one2many && catalogue.isVisible(field, to: subject) {
      if field.isStamp, field.name != "write_date" { continue }
      if field.type == .many2many, let related = field.relation.flatMap({ catalogue[$0] }),
        !related.isReadable(by: subject)
      {
        continue
      }
      names.append(field.name)
    }
    var compiler = DomainCompiler(catalogue: catalogue, subject: subject)
    let table = compiler.newAlias()
    var condition: SQL = "\(table.id) IN \(list: ids.map(SQLValue.integer))"
    if let rules = try compiler.visibility(of: model, as: table, depth: DomainCompiler.operandCost) {
      condition.append(" AND \(rules)")
    }
    let selection = try Selection(names, of: model, as: table, standard: .all, compiler: &compiler)
    var records: [Int64: Record] = [:]
    for row in try transaction.run(
      "SELECT \(selection.columns) FROM \(model.table.sql) AS \(table.sql) WHERE \(condition)")
    {
      records[row.integer(0)] = selection.record(row)
    }
    for field in selection.toMany where !records.isEmpty {
      let rows = try transaction.run(
        try selection.related(
          field, of: records.keys.map(SQLValue.integer), compiler: &compiler, limit: ValuesReader.mostCommands
        ))
      var related: [Int64: [JSONValue]] = [:]
      for row in rows { related[row.integer(0), default: []].append(.integer(row.integer(1))) }
      for (owner, ids) in related { records[owner]?[field.name] = .array(ids) }
    }
    return records
  }

  // MARK: - The end

  /// Computes what depends on what was written, asks the rules again, writes the chatter, and tells what was done.
  mutating func finish(isDryRun: Bool) throws -> Written {
    try computeFormulas()
    try expectStillAllowed()
    var after: [RecordKey: Record] = [:]
    var byModel: [String: [Int64]] = [:]
    for key in order where entries[key]?.action != .delete { byModel[key.model, default: []].append(key.id) }
    for (name, ids) in byModel {
      guard let model = catalogue[name] else { continue }
      for (id, record) in try seen(ids, of: model) { after[RecordKey(model: name, id: id)] = record }
    }
    var changes: [RecordChange] = []
    for key in order {
      guard let entry = entries[key], let model = catalogue[key.model] else { continue }
      guard let change = change(entry, key, model, after: after[key], isDryRun: isDryRun) else { continue }
      if change.action == .update { try note(change, on: key, model) }
      changes.append(change)
    }
    try keepSequences()
    let asked = changes.filter { $0.cause == .asked }
    return Written(
      changes: asked + changes.filter { $0.cause != .asked }, includesHidden: includesHidden,
      isDryRun: isDryRun)
  }

  private mutating func change(
    _ entry: Entry, _ key: RecordKey, _ model: Model, after: Record?, isDryRun: Bool
  ) -> RecordChange? {
    guard let shown = entry.action == .delete ? entry.before : after,
      entry.action != .update || entry.before != nil
    else {
      includesHidden = true
      return nil
    }
    var values: [RecordChange.Value] = []
    if entry.action != .delete {
      for (name, value) in shown.members {
        guard let field = model[name], name != "id", name != "display_name", !field.isStamp else { continue }
        let before = entry.before?[name] ?? field.type.emptyValue
        guard before != value else { continue }
        values.append(
          .init(
            field: name, label: field.label, before: before,
            after: isDryRun ? withoutNewIDs(value, field) : value))
      }
    }
    if entry.action == .update, values.isEmpty, entry.cause != .asked { return nil }
    let isNew = entry.action == .create && isDryRun
    return RecordChange(
      model: key.model, id: isNew ? nil : key.id, name: shown["display_name"]?.string, action: entry.action,
      cause: entry.cause, values: values,
      writeDate: entry.action == .delete || isDryRun ? nil : after?["write_date"]?.string)
  }

  /// What a dry run makes has no id to tell: another write may get it.
  private func withoutNewIDs(_ value: JSONValue, _ field: ModelField) -> JSONValue {
    guard let relation = field.relation, let parts = value.array else { return value }
    let known = { (part: JSONValue) -> JSONValue in
      guard let id = part.integer, entries[RecordKey(model: relation, id: id)]?.action == .create else {
        return part
      }
      return .null
    }
    if field.type == .many2one, let id = parts.first { return .array([known(id)] + parts.dropFirst()) }
    return .array(parts.map(known))
  }
}

extension FieldType {
  /// What stands in a record where nothing was entered.
  var emptyValue: JSONValue {
    switch self {
    case .boolean: false
    case .one2many, .many2many: []
    default: .null
    }
  }
}
