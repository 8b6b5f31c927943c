internal import JSON
internal import Storage

extension RecordTransaction {
  /// Changes a record that the subject may change; what stays the same is not written.
  ///
  /// - Parameter link: the field that a command of another record sets, and to what.
  mutating func update(
    _ id: Int64, _ values: RecordValues, _ cause: RecordChange.Cause, at place: String,
    link: (ModelField, SQLValue)? = nil
  ) throws {
    let model = values.model
    try touch([id], of: model, .update, cause)
    let key = RecordKey(model: model.name, id: id)
    if checks[key] == nil { checks[key] = .write }
    try assign(
      values.stored.map { ($0.field, $0.value) } + (link.map { [$0] } ?? []), to: id, of: model, at: place)
    for (field, commands) in values.commands {
      try run(commands, on: field, of: model, id: id, at: "\(place).\(field.name)")
    }
  }

  /// Stores those values that differ from what is there.
  private mutating func assign(
    _ values: [(ModelField, SQLValue)], to id: Int64, of model: Model, at place: String
  ) throws {
    guard let row = try row(id, of: model) else { return }
    let changed = values.filter { field, value in (row[field.name] ?? .null).differs(from: value) }
    guard !changed.isEmpty else { return }
    var after = row
    for (field, value) in changed { after[field.name] = value }
    if model.unique.contains(where: { names in changed.contains { names.contains($0.0.name) } }) {
      try expectUnique(after, of: model, except: id, at: place)
    }
    try expectNoCircle(changed, at: id, of: model, place)
    try store(changed, in: id, of: model, row: row)
    markStale(RecordKey(model: model.name, id: id), sums: false)
    markParentsStale(of: model, row)
    markParentsStale(of: model, after)
  }

  /// A tree whose branches lead back to themselves is none.
  private func expectNoCircle(
    _ changed: [(ModelField, SQLValue)], at id: Int64, of model: Model, _ place: String
  ) throws {
    guard let name = model.parentField, let column = model[name]?.column,
      case .integer(var above)? = changed.first(where: { $0.0.name == name })?.1
    else { return }
    for _ in 0..<1000 {
      guard above != id else {
        throw RecordsError(
          .invalidValue, "\(place).\(name): record \(id) would be above itself.",
          details: ["field": .string(name)])
      }
      let found = try transaction.run("SELECT \(column.sql) FROM \(model.table.sql) WHERE \"id\" = \(above)")
      guard let next = found.first?.optionalInteger(0) else { return }
      above = next
    }
  }

  /// Notes a change of a record that is not in its row.
  private mutating func stamp(_ id: Int64, of model: Model) throws {
    guard let row = try row(id, of: model) else { return }
    try store([], in: id, of: model, row: row)
  }

  // MARK: - Commands

  mutating func run(
    _ commands: [RecordValues.Command], on field: ModelField, of model: Model, id: Int64, at place: String
  ) throws {
    guard let related = field.relation.flatMap({ catalogue[$0] }) else { return }
    if let inverse = field.inverse.flatMap({ related[$0] }) {
      let lines = Lines(owner: id, model: related, inverse: inverse)
      for command in commands { try run(command, on: lines, at: place) }
    } else if let through = field.through {
      let pairs = Pairs(owner: id, model: related, through: through)
      var isChanged = false
      for command in commands {
        let changed = try run(command, on: pairs, at: place)
        isChanged = isChanged || changed
      }
      if isChanged, entries[RecordKey(model: model.name, id: id)]?.action == .update {
        try stamp(id, of: model)
      }
    }
  }

  /// The records behind a one2many.
  private struct Lines {
    let owner: Int64
    let model: Model
    let inverse: ModelField
  }

  private mutating func run(_ command: RecordValues.Command, on lines: Lines, at place: String) throws {
    switch command {
    case .create(let values):
      try create(values, .command, at: place, link: (lines.inverse, lines.owner))
    case .update(let id, let values):
      try expectLine([id], of: lines, at: place)
      try expect(.write, on: [id], of: lines.model)
      try update(id, values, .command, at: place)
    case .delete(let id):
      try expectLine([id], of: lines, at: place)
      try delete([id], of: lines.model, .command)
    case .unlink(let id):
      try expectLine([id], of: lines, at: place)
      try part([id], from: lines, at: place)
    case .link(let id): try join([id], to: lines, at: place)
    case .clear: try part(try present(in: lines), from: lines, at: place)
    case .set(let ids):
      let present = try present(in: lines)
      try part(present.filter { !ids.contains($0) }, from: lines, at: place)
      try join(ids.filter { !present.contains($0) }, to: lines, at: place)
    }
  }

  /// The lines that the subject sees: others are not theirs to take away.
  private func present(in lines: Lines) throws -> [Int64] {
    guard let column = lines.inverse.column else { return [] }
    let ids = try transaction.run(
      "SELECT \"id\" FROM \(lines.model.table.sql) WHERE \(column.sql) = \(lines.owner) ORDER BY \"id\""
    ).map { $0.integer(0) }
    let visible = try allowed(ids, of: lines.model, .read)
    return ids.filter(visible.contains)
  }

  private func expectLine(_ ids: [Int64], of lines: Lines, at place: String) throws {
    let present = try present(in: lines)
    if let other = ids.first(where: { !present.contains($0) }) {
      throw RecordsError(
        .invalidValue, "\(place): record \(other) of \(lines.model.name) is not among those of this record.",
        hint: "[4, id] relates a record first.")
    }
  }

  private mutating func part(_ ids: [Int64], from lines: Lines, at place: String) throws {
    guard !ids.isEmpty else { return }
    // A line that can't be without its record goes.
    if lines.inverse.isRequired { return try delete(ids, of: lines.model, .command) }
    try catalogue.demand(.write, on: lines.model, by: subject)
    try expect(.write, on: ids, of: lines.model)
    for id in ids {
      try update(id, RecordValues(model: lines.model), .command, at: place, link: (lines.inverse, .null))
    }
  }

  private mutating func join(_ ids: [Int64], to lines: Lines, at place: String) throws {
    guard !ids.isEmpty else { return }
    try catalogue.demand(.write, on: lines.model, by: subject)
    try expect(.write, on: ids, of: lines.model)
    for id in ids {
      try update(
        id, RecordValues(model: lines.model), .command, at: place,
        link: (lines.inverse, .integer(lines.owner)))
    }
  }

  /// The records behind a many2many.
  private struct Pairs {
    let owner: Int64
    let model: Model
    let through: ModelField.Through
  }

  /// - Returns: whether a pair came or went.
  private mutating func run(_ command: RecordValues.Command, on pairs: Pairs, at place: String) throws -> Bool
  {
    switch command {
    case .create(let values):
      let id = try create(values, .command, at: place)
      return try link([id], pairs)
    case .update(let id, let values):
      guard try present(in: pairs).contains(id) else {
        throw RecordsError(
          .invalidValue, "\(place): record \(id) of \(pairs.model.name) is not among those of this record.",
          hint: "[4, id] relates a record first.")
      }
      try expect(.write, on: [id], of: pairs.model)
      try update(id, values, .command, at: place)
      return false
    case .delete(let id):
      try delete([id], of: pairs.model, .command)
      return true
    case .unlink(let id): return try unlink([id], pairs)
    case .link(let id): return try link([id], pairs)
    case .clear: return try unlink(try present(in: pairs), pairs)
    case .set(let ids):
      let gone = try unlink(try present(in: pairs).filter { !ids.contains($0) }, pairs)
      let come = try link(ids, pairs)
      return gone || come
    }
  }

  /// The related records that the subject sees: others stay related, whatever is set.
  private func present(in pairs: Pairs) throws -> [Int64] {
    let (table, through) = (pairs.through.table.sql, pairs.through)
    let ids = try transaction.run(
      "SELECT \(through.right.sql) FROM \(table) WHERE \(through.left.sql) = \(pairs.owner) ORDER BY 1"
    ).map { $0.integer(0) }
    let visible = try allowed(ids, of: pairs.model, .read)
    return ids.filter(visible.contains)
  }

  private func link(_ ids: [Int64], _ pairs: Pairs) throws -> Bool {
    var isChanged = false
    for id in ids {
      let insertion = pairs.through.insertion(left: pairs.owner, right: id)
      isChanged = try !transaction.run("\(insertion) ON CONFLICT DO NOTHING RETURNING 1").isEmpty || isChanged
    }
    return isChanged
  }

  private func unlink(_ ids: [Int64], _ pairs: Pairs) throws -> Bool {
    guard !ids.isEmpty else { return false }
    let through = pairs.through
    return try !transaction.run(
      """
      DELETE FROM \(through.table.sql) WHERE \(through.left.sql) = \(pairs.owner) \
      AND \(through.right.sql) IN \(list: ids.map(SQLValue.integer)) RETURNING 1
      """
    ).isEmpty
  }
}

extension SQLValue {
  /// Whether it would read as something else: an integer column and a real one of one number do not.
  fileprivate func differs(from other: SQLValue) -> Bool {
    switch (self, other) {
    case (.integer(let a), .real(let b)), (.real(let b), .integer(let a)): Double(a) != b
    case (.text(""), .null), (.null, .text("")): false
    default: self != other
    }
  }
}
