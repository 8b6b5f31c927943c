internal import JSON
internal import Storage

extension RecordTransaction {
  /// Deletes records that the subject may delete, with all that belongs to them.
  mutating func delete(_ ids: [Int64], of model: Model, _ cause: RecordChange.Cause) throws {
    guard !ids.isEmpty else { return }
    try catalogue.demand(.unlink, on: model, by: subject)
    try expect(.unlink, on: ids, of: model)
    let doomed = try closure(of: ids, in: model)
    try expectUnrestricted(doomed)
    for (name, all) in doomed {
      guard let gone = catalogue[name] else { continue }
      let asked = name == model.name ? all.filter(Set(ids).contains) : []
      try touch(asked, of: gone, .delete, cause)
      try touch(all.filter { !asked.contains($0) }, of: gone, .delete, .deletion)
    }
    for (name, all) in doomed {
      guard let gone = catalogue[name] else { continue }
      for id in all {
        if let row = try row(id, of: gone) { markParentsStale(of: gone, row) }
      }
    }
    for (name, all) in doomed {
      guard let gone = catalogue[name] else { continue }
      try detach(from: gone, all, doomed)
    }
    for (name, all) in doomed {
      guard let gone = catalogue[name] else { continue }
      try remove(all, of: gone)
    }
  }

  /// The records that go, by model: those asked for, what can't be without them, and what is attached to any of them.
  private func closure(of ids: [Int64], in model: Model) throws -> [(String, [Int64])] {
    var found: [RecordKey] = []
    var known: Set<RecordKey> = []
    var next: [(Model, [Int64])] = [(model, ids)]
    while let (model, ids) = next.popLast() {
      let new = ids.filter { known.insert(RecordKey(model: model.name, id: $0)).inserted }
      guard !new.isEmpty else { continue }
      found += new.map { RecordKey(model: model.name, id: $0) }
      guard found.count <= Self.mostDeleted else {
        throw RecordsError(
          .invalidArgument, "More than \(Self.mostDeleted) records would go along.",
          hint: "Delete fewer at once.")
      }
      let list = new.map(SQLValue.integer)
      for (other, field) in catalogue.fields(to: model) where field.onDelete == .cascade {
        guard let column = field.column else { continue }
        let rows = try transaction.run(
          "SELECT \"id\" FROM \(other.table.sql) WHERE \(column.sql) IN \(list: list)")
        next.append((other, rows.map { $0.integer(0) }))
      }
      for other in catalogue.models {
        guard let link = other.document, let name = other[link.model]?.column, let id = other[link.id]?.column
        else { continue }
        let rows = try transaction.run(
          "SELECT \"id\" FROM \(other.table.sql) WHERE \(name.sql) = \(model.name) AND \(id.sql) IN \(list: list)"
        )
        next.append((other, rows.map { $0.integer(0) }))
      }
    }
    var byModel: [(String, [Int64])] = []
    for key in found {
      if let position = byModel.firstIndex(where: { $0.0 == key.model }) {
        byModel[position].1.append(key.id)
      } else {
        byModel.append((key.model, [key.id]))
      }
    }
    return byModel
  }

  /// - Throws: `restricted` when a record that stays leads to one that goes and may not lead nowhere.
  private func expectUnrestricted(_ doomed: [(String, [Int64])]) throws {
    for (name, ids) in doomed {
      guard let model = catalogue[name] else { continue }
      for (other, field) in catalogue.fields(to: model) where field.onDelete == .restrict {
        guard let column = field.column else { continue }
        let staying = Set(doomed.first { $0.0 == other.name }?.1 ?? [])
        let rows = try transaction.run(
          """
          SELECT "id", \(column.sql) FROM \(other.table.sql) WHERE \(column.sql) IN \
          \(list: ids.map(SQLValue.integer)) ORDER BY "id" LIMIT \(Self.mostDeleted * 2)
          """
        ).filter { !staying.contains($0.integer(0)) }
        guard let first = rows.first else { continue }
        let visible =
          catalogue.isVisible(field, to: subject) && other.isReadable(by: subject)
          ? try allowed(rows.prefix(500).map { $0.integer(0) }, of: other, .read) : []
        // Of what the subject may not see nothing is told, only that there is something.
        guard let seen = visible.min() else {
          throw RecordsError(
            .restricted, "Record \(first.integer(1)) of \(name) can't be deleted: other records need it.",
            hint: archivingHint(model))
        }
        throw RecordsError(
          .restricted,
          "Record \(first.integer(1)) of \(name) can't be deleted: '\(field.name)' (\(field.label)) of \(other.name) "
            + "leads to it, of record \(seen) for one.",
          hint: archivingHint(model),
          details: [
            "model": .string(other.name), "field": .string(field.name),
            "ids": .array(visible.sorted().prefix(20).map { .integer($0) }),
          ])
      }
    }
  }

  private func archivingHint(_ model: Model) -> String {
    model["active"] == nil
      ? "Change or delete the records that lead to it first."
      : "Archive it instead: update_record with active false."
  }

  /// Empties what leads to records that go.
  private mutating func detach(from model: Model, _ ids: [Int64], _ doomed: [(String, [Int64])]) throws {
    let list = ids.map(SQLValue.integer)
    for (other, field) in catalogue.fields(to: model) where field.onDelete == .setNull {
      guard let column = field.column else { continue }
      let going = Set(doomed.first { $0.0 == other.name }?.1 ?? [])
      let left = try transaction.run(
        "SELECT \"id\" FROM \(other.table.sql) WHERE \(column.sql) IN \(list: list)"
      )
      .map { $0.integer(0) }.filter { !going.contains($0) }
      guard !left.isEmpty else { continue }
      guard left.count <= Self.mostDeleted else {
        throw RecordsError(
          .restricted, "More than \(Self.mostDeleted) records lead to what would be deleted.",
          hint: archivingHint(model))
      }
      try touch(left, of: other, .update, .deletion)
      for id in left {
        guard let row = try row(id, of: other) else { continue }
        try store([(field, .null)], in: id, of: other, row: row)
      }
    }
  }

  private mutating func remove(_ ids: [Int64], of model: Model) throws {
    // No later record may take the id of one that was there: somebody may still mean the old one.
    try lastNumber(of: model.name) { run throws in try run("SELECT max(\"id\") FROM \(model.table.sql)") }
    let list = ids.map(SQLValue.integer)
    for other in catalogue.models {
      for field in other.fields {
        guard let through = field.through else { continue }
        if other.name == model.name {
          _ = try transaction.run(
            "DELETE FROM \(through.table.sql) WHERE \(through.left.sql) IN \(list: list)")
        }
        if field.relation == model.name {
          _ = try transaction.run(
            "DELETE FROM \(through.table.sql) WHERE \(through.right.sql) IN \(list: list)")
        }
      }
    }
    if model.name == "ir.attachment", let files = model.files {
      _ = try transaction.run("DELETE FROM \(files.sql) WHERE attachment_id IN \(list: list)")
    }
    _ = try transaction.run("DELETE FROM \(model.table.sql) WHERE \"id\" IN \(list: list)")
  }
}

extension ModelCatalogue {
  /// The many2one fields that lead to a model; without those that say who wrote.
  func fields(to model: Model) -> [(Model, ModelField)] {
    models.flatMap { other in
      other.fields.filter { $0.type == .many2one && $0.relation == model.name && !$0.isStamp }.map {
        (other, $0)
      }
    }
  }
}
