package import Governance
internal import JSON
package import Records

/// Tool 16, `batch_delete`.
package struct BatchDelete: ConfirmedWriteTool {
  let records: any WritableRecords
  let confirms: Bool
  package let definition: ToolDefinition

  /// - Parameter confirms: whether the client's person is asked first, where the client can ask them.
  package init(records: any WritableRecords, confirms: Bool = true) {
    self.records = records
    self.confirms = confirms
    let words = WriteWords(records: records, verb: "Permanently delete")
    definition = ToolDefinition(
      name: "batch_delete", title: "Delete records",
      description: """
        Deletes up to 100 records of one model for good, all or none, with their lines, messages, activities and attachments. \
        Use dry_run first: it lists everything that would go. Where the model has the field active, prefer batch_update \
        with active false, which archives them.
        """,
      category: .write, group: .write, risk: .high, effect: .deletes,
      parameters: [
        .model, .ids("delete"), .unchangedSince, .dryRun,
      ],
      results: Parameter.writeResults,
      words: { arguments, caller in await words.sentence(arguments, caller) })
  }

  func write(
    _ arguments: RecordArguments, isDryRun: Bool, for subject: Subject
  ) async throws(RecordsError) -> Written {
    return try await records.delete(
      arguments.all["ids"]?.array?.compactMap(\.integer) ?? [], of: arguments.model,
      unchangedSince: try arguments.unchangedSince(), isDryRun: isDryRun, for: subject)
  }
}
