package import Governance
internal import JSON
package import Records

/// Tool 15, `batch_update`.
package struct BatchUpdate: ConfirmedWriteTool {
  let records: any WritableRecords
  let confirms: Bool
  package let definition: ToolDefinition

  /// - Parameter confirms: whether the client's person is asked first, where the client can ask them.
  package init(records: any WritableRecords, confirms: Bool = true) {
    self.records = records
    self.confirms = confirms
    let words = WriteWords(records: records, verb: "Change")
    definition = ToolDefinition(
      name: "batch_update", title: "Change records",
      description: """
        Changes up to 100 records of one model, all or none: the same values for all (ids and values), or each its own \
        (updates). Use dry_run first to see every change. For a single record use update_record.
        """,
      category: .write, group: .write, risk: .high, effect: .changes,
      parameters: [
        .model, .optional("ids", .recordIDs, "Ids of the records that get the same values, up to 100"),
        .optional("values", .object, "With ids. " + Parameter.valuesText),
        .optional(
          "updates",
          .array(
            of: .record([
              .required("id", .recordID, "Id of the record"),
              .required("values", .object, "As values, for this record alone"),
            ]), count: 1...100), "In place of ids and values, up to 100"), .unchangedSince, .dryRun,
      ],
      results: Parameter.writeResults,
      words: { arguments, caller in await words.sentence(arguments, caller) })
  }

  func write(
    _ arguments: RecordArguments, isDryRun: Bool, for subject: Subject
  ) async throws(RecordsError) -> Written {
    var updates: [RecordUpdate] = []
    switch (arguments.all["ids"]?.array, arguments.all["values"]?.object, arguments.all["updates"]?.array) {
    case (let ids?, let values?, nil): updates = ids.compactMap(\.integer).map { RecordUpdate($0, values) }
    case (nil, nil, let list?):
      for (index, update) in list.enumerated() {
        updates.append(
          RecordUpdate(
            update["id"]?.integer ?? 0, update["values"]?.object ?? JSONObject(),
            at: "updates[\(index)].values"))
      }
    default:
      throw RecordsError(
        .invalidArgument, "Give ids and values, or updates, and not both.",
        hint: "Either {ids: [1, 2], values: {…}} or {updates: [{id: 1, values: {…}}, …]}.")
    }
    return try await records.update(
      updates, of: arguments.model, unchangedSince: try arguments.unchangedSince(), isDryRun: isDryRun,
      for: subject)
  }
}
