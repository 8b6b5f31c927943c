package import Governance
internal import JSON
package import Records

/// Tool 12, `update_record`.
package struct UpdateRecord: PlainWriteTool {
  let records: any WritableRecords
  package let definition: ToolDefinition

  package init(records: any WritableRecords) {
    self.records = records
    let words = WriteWords(records: records, verb: "Change")
    definition = ToolDefinition(
      name: "update_record", title: "Change a record",
      description: """
        Changes fields of one record; what you don't name stays. Pass the write_date that you read as if_unchanged_since, so \
        that nobody's change in between is lost. States that a workflow moves are readonly here. For several records use \
        batch_update. Changes of tracked fields are noted in the record's chatter.
        """,
      category: .write, group: .write, risk: .medium, effect: .changes,
      parameters: [
        .model, .recordID, .required("values", .object, Parameter.valuesText), .unchangedSince, .dryRun,
      ],
      results: Parameter.writeResults,
      words: { arguments, caller in await words.sentence(arguments, caller) })
  }

  func write(
    _ arguments: RecordArguments, isDryRun: Bool, for subject: Subject
  ) async throws(RecordsError) -> Written {
    let update = RecordUpdate(
      arguments.all["id"]?.integer ?? 0, arguments.all["values"]?.object ?? JSONObject())
    return try await records.update(
      [update], of: arguments.model, unchangedSince: try arguments.unchangedSince(), isDryRun: isDryRun,
      for: subject)
  }
}
