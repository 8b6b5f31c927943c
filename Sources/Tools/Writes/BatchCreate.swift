package import Governance
internal import JSON
package import Records

/// Tool 14, `batch_create`.
package struct BatchCreate: PlainWriteTool {
  let records: any WritableRecords
  package let definition: ToolDefinition

  package init(records: any WritableRecords) {
    self.records = records
    let words = WriteWords(records: records, verb: "Create")
    definition = ToolDefinition(
      name: "batch_create", title: "Create records",
      description: """
        Creates up to 100 records of one model, all or none: one that is refused keeps back all of them, and the error names \
        its place. Use create_record for a single one. Calling it again makes them a second time.
        """,
      category: .write, group: .write, risk: .medium, effect: .adds,
      parameters: [
        .model,
        .required(
          "values_list", .array(of: .object, count: 1...100),
          "An object for each record. " + Parameter.valuesText), .dryRun,
      ],
      results: Parameter.writeResults,
      words: { arguments, caller in await words.sentence(arguments, caller) })
  }

  func write(
    _ arguments: RecordArguments, isDryRun: Bool, for subject: Subject
  ) async throws(RecordsError) -> Written {
    var inputs: [RecordInput] = []
    for (index, values) in (arguments.all["values_list"]?.array ?? []).enumerated() {
      inputs.append(RecordInput(values.object ?? JSONObject(), at: "values_list[\(index)]"))
    }
    return try await records.create(inputs, in: arguments.model, isDryRun: isDryRun, for: subject)
  }
}
