package import Governance
internal import JSON
package import Records

/// Tool 13, `delete_record`.
package struct DeleteRecord: ConfirmedWriteTool {
  let records: any WritableRecords
  let confirms: Bool
  package let definition: ToolDefinition

  /// - Parameter confirms: whether the client's person is asked first, where the client can ask them.
  package init(records: any WritableRecords, confirms: Bool = true) {
    self.records = records
    self.confirms = confirms
    let words = WriteWords(records: records, verb: "Permanently delete")
    definition = ToolDefinition(
      name: "delete_record", title: "Delete a record",
      description: """
        Deletes one record for good, with its lines, messages, activities and attachments; dry_run lists what would go. Where \
        the model has the field active, prefer update_record with active false, which archives it. A record that others \
        need is refused (restricted).
        """,
      category: .write, group: .write, risk: .high, effect: .deletes,
      parameters: [
        .model, .recordID, .unchangedSince, .dryRun,
      ],
      results: Parameter.writeResults,
      words: { arguments, caller in await words.sentence(arguments, caller) })
  }

  func write(
    _ arguments: RecordArguments, isDryRun: Bool, for subject: Subject
  ) async throws(RecordsError) -> Written {
    return try await records.delete(
      [arguments.all["id"]?.integer ?? 0], of: arguments.model,
      unchangedSince: try arguments.unchangedSince(),
      isDryRun: isDryRun, for: subject)
  }
}
