internal import JSON
internal import Storage

extension RecordTransaction {
  /// Makes a record.
  ///
  /// - Parameter link: the field and the id of the record that it is made for, by a command of that one's.
  @discardableResult
  mutating func create(
    _ values: RecordValues, _ cause: RecordChange.Cause, at place: String, link: (ModelField, Int64)? = nil
  ) throws -> Int64 {
    let model = values.model
    var row: [String: SQLValue] = [:]
    for (field, value) in values.stored { row[field.name] = value }
    if let (field, id) = link { row[field.name] = .integer(id) }
    try fillIn(&row, of: model)
    let missing = model.storedFields.filter {
      $0.isRequired && $0.name != "id" && (row[$0.name] ?? .null) == .null && $0.formula == nil
    }
    if !missing.isEmpty {
      // A field out of sight is nobody's to give: its name stays untold.
      let known = missing.filter { catalogue.isVisible($0, to: subject) }
      let names = known.map { "'\($0.name)' (\($0.label))" }.joined(separator: ", ")
      throw RecordsError(
        .missingValue,
        known.isEmpty
          ? "\(place): a record of \(model.name) needs values that you can't give."
          : "\(place): a record of \(model.name) needs \(names).",
        hint: known.isEmpty ? nil : "describe_model tells what they take.",
        details: ["fields": .array(known.map { .string($0.name) })])
    }
    // A number that is computed has to be one in the meantime.
    for field in model.storedFields where field.formula != nil && row[field.name] == nil {
      row[field.name] = .real(0)
    }
    try expectUnique(row, of: model, except: nil, at: place)
    let id = try insert(row, into: model)
    let key = RecordKey(model: model.name, id: id)
    try touch([id], of: model, .create, cause)
    checks[key] = .create
    markStale(key, sums: true)
    markParentsStale(of: model, row)
    for (field, commands) in values.commands {
      try run(commands, on: field, of: model, id: id, at: "\(place).\(field.name)")
    }
    return id
  }

  /// The defaults of what was not given.
  private mutating func fillIn(_ row: inout [String: SQLValue], of model: Model) throws {
    var related: [(ModelField, String, String)] = []
    for field in model.storedFields where row[field.name] == nil {
      switch field.standard {
      case nil: if field.type == .boolean { row[field.name] = .integer(0) }
      case .value(let json)?: row[field.name] = try ScalarValue.stored(json, for: field, at: field.name)
      case .variable(let variable)?: row[field.name] = try value(of: variable)
      case .related(let through, let name)?: related.append((field, through, name))
      case .sequence(let prefix, let digits)?:
        guard let column = field.column else { continue }
        let length = prefix.unicodeScalars.count
        let number = try nextNumber(of: "\(model.name).\(field.name)") { run throws in
          try run(
            """
            SELECT max(CAST(substr(\(column.sql), \(length + 1)) AS INTEGER)) FROM \(model.table.sql) \
            WHERE substr(\(column.sql), 1, \(length)) = \(prefix)
            """)
        }
        row[field.name] = .text(prefix + CalendarText.padded(Int(number), digits))
      }
    }
    for (field, through, name) in related {
      guard case .integer(let id)? = row[through],
        let other = model[through]?.relation.flatMap({ catalogue[$0] }),
        let column = other[name]?.column
      else { continue }
      let found = try transaction.run("SELECT \(column.sql) FROM \(other.table.sql) WHERE \"id\" = \(id)")
      row[field.name] = found.first?[0] ?? .null
    }
  }

  private func value(of variable: FieldDefault.Variable) throws -> SQLValue {
    switch variable {
    case .userID: .integer(subject.userID)
    case .userPartnerID: try author()
    case .companyID: subject.companyID.map(SQLValue.integer) ?? .null
    case .today: .text(String(MomentText.text(now).prefix(10)))
    case .now: .text(MomentText.text(now))
    }
  }

  /// - Throws: `notUnique` when another record, whosever it is, has the values already.
  func expectUnique(
    _ row: [String: SQLValue], of model: Model, except id: Int64?, at place: String
  ) throws {
    for names in model.unique {
      var condition: SQL = "\"id\" <> \(id ?? 0)"
      var isComplete = true
      for name in names {
        guard let column = model[name]?.column, let value = row[name], value != .null else {
          isComplete = false
          break
        }
        condition.append(" AND \(column.sql) = \(value)")
      }
      guard isComplete,
        try !transaction.run("SELECT 1 FROM \(model.table.sql) WHERE \(condition) LIMIT 1").isEmpty
      else { continue }
      let fields = names.filter { model[$0].map { catalogue.isVisible($0, to: subject) } ?? false }
      throw RecordsError(
        .notUnique,
        "\(place): another record of \(model.name) has the same \(fields.map { "'\($0)'" }.joined(separator: " and ")).",
        hint: "Use that one, or give other values.", details: ["fields": .array(fields.map { .string($0) })])
    }
  }
}
