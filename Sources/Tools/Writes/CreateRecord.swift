package import Governance
internal import JSON
package import Records

/// Tool 11, `create_record`.
package struct CreateRecord: PlainWriteTool {
  let records: any WritableRecords
  package let definition: ToolDefinition

  package init(records: any WritableRecords) {
    self.records = records
    let words = WriteWords(records: records, verb: "Create")
    definition = ToolDefinition(
      name: "create_record", title: "Create a record",
      description: """
        Creates one record, with its lines and relations in the same call: {"partner_id": 7, "order_line": [[0, 0, \
        {"product_id": 3, "product_uom_qty": 2}]]}. Call describe_model first to know its fields, and use dry_run to see \
        what would be stored, defaults and all. For several records use batch_create. Calling it again makes a second one.
        """,
      category: .write, group: .write, risk: .medium, effect: .adds,
      parameters: [
        .model, .required("values", .object, Parameter.valuesText), .dryRun,
      ],
      results: Parameter.writeResults,
      words: { arguments, caller in await words.sentence(arguments, caller) })
  }

  func write(
    _ arguments: RecordArguments, isDryRun: Bool, for subject: Subject
  ) async throws(RecordsError) -> Written {
    let values = arguments.all["values"]?.object ?? JSONObject()
    return try await records.create(
      [RecordInput(values)], in: arguments.model, isDryRun: isDryRun, for: subject)
  }
}
