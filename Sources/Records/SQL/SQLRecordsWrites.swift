internal import JSON
internal import Storage
package import World

extension SQLRecords: WritableRecords {
  package func create(
    _ inputs: [RecordInput], in model: String, isDryRun: Bool, for subject: Subject
  ) async throws(RecordsError) -> Written {
    let model = try catalogue.readable(model, by: subject)
    var reader = ValuesReader(catalogue: catalogue, subject: subject)
    var read: [(RecordValues, String)] = []
    for input in inputs {
      read.append((try reader.values(input.values, of: model, for: .create, at: input.place), input.place))
    }
    let (values, targets) = (read, reader.targets)
    return try await run(isDryRun: isDryRun, for: subject) { work in
      try work.expectVisible(targets)
      for (values, place) in values { try work.create(values, .asked, at: place) }
    }
  }

  package func update(
    _ updates: [RecordUpdate], of model: String, unchangedSince: Instant?, isDryRun: Bool,
    for subject: Subject
  ) async throws(RecordsError) -> Written {
    let model = try catalogue.readable(model, by: subject)
    try catalogue.demand(.write, on: model, by: subject)
    var reader = ValuesReader(catalogue: catalogue, subject: subject)
    var read: [(Int64, RecordValues, String)] = []
    var ids: Set<Int64> = []
    for update in updates {
      guard ids.insert(update.id).inserted else {
        throw RecordsError(.invalidArgument, "Record \(update.id) is named twice.")
      }
      let place = update.input.place
      read.append(
        (update.id, try reader.values(update.input.values, of: model, for: .write, at: place), place))
    }
    let (values, targets, order) = (read, reader.targets, updates.map(\.id))
    return try await run(isDryRun: isDryRun, for: subject) { work in
      try work.expect(.write, on: order, of: model)
      try work.expectUnchanged(order, of: model, since: unchangedSince)
      try work.expectVisible(targets)
      for (id, values, place) in values { try work.update(id, values, .asked, at: place) }
    }
  }

  package func delete(
    _ ids: [Int64], of model: String, unchangedSince: Instant?, isDryRun: Bool, for subject: Subject
  ) async throws(RecordsError) -> Written {
    let model = try catalogue.readable(model, by: subject)
    try catalogue.demand(.unlink, on: model, by: subject)
    var known: Set<Int64> = []
    let ids = ids.filter { known.insert($0).inserted }
    return try await run(isDryRun: isDryRun, for: subject) { work in
      try work.expect(.unlink, on: ids, of: model)
      try work.expectUnchanged(ids, of: model, since: unchangedSince)
      try work.delete(ids, of: model, .asked)
    }
  }

  private func run(
    isDryRun: Bool, for subject: Subject, _ body: @escaping @Sendable (inout RecordTransaction) throws -> Void
  ) async throws(RecordsError) -> Written {
    let (catalogue, now) = (catalogue, now())
    let work: @Sendable (Transaction) throws -> (Written, [RecordKey]) = { transaction in
      var work = RecordTransaction(transaction, catalogue: catalogue, subject: subject, now: now)
      try body(&work)
      let written = try work.finish(isDryRun: isDryRun)
      return (written, work.order)
    }
    do {
      if isDryRun { return try await store.rehearse(work).0 }
      let (written, keys) = try await store.write(work)
      changes.tell(keys)
      return written
    } catch let error as RecordsError {
      throw error
    } catch {
      let failure = RecordsError(
        .unavailable, "The records can't be written at the moment; nothing was changed.",
        hint: "Try again in a few seconds.", because: "\(error)")
      report(failure)
      throw failure
    }
  }
}

extension RecordTransaction {
  /// - Throws: `changedSince` with the present date of the first record that was changed after the moment.
  fileprivate func expectUnchanged(_ ids: [Int64], of model: Model, since moment: Instant?) throws {
    guard let moment, let column = model["write_date"]?.column else { return }
    let rows = try transaction.run(
      "SELECT \"id\", \(column.sql) FROM \(model.table.sql) WHERE \"id\" IN \(list: ids.map(SQLValue.integer))"
    )
    for row in rows {
      guard let text = row.optionalText(1), let seconds = MomentText.seconds(text), seconds > moment.seconds
      else {
        continue
      }
      let present = Instant(seconds: seconds).rfc3339
      throw RecordsError(
        .changedSince, "Record \(row.integer(0)) of \(model.name) was changed after that, at \(present).",
        hint: "Read it again, look whether the change is still right, and give its write_date.",
        details: ["id": .integer(row.integer(0)), "write_date": .string(present)])
    }
  }
}
