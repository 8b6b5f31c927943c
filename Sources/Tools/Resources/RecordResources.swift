package import Authentication
package import Governance
package import JSON
package import Records

/// Single records: `gatehouse://record/sale.order/17`, as `get_record` tells them. None are listed: there are too many.
package struct RecordResources: ResourceSource {
  package let templates = [
    ResourceTemplate(
      "gatehouse://record/{model}/{id}", name: "record", title: "A record",
      description: "One record with every field that you may read; search_records finds ids",
      mediaType: "application/json", completions: ["model": .models, "id": .identifiers(modelIn: "model")])
  ]
  private let records: any Records
  private let getting: GetRecord

  package init(records: any Records) {
    self.records = records
    self.getting = GetRecord(records: records)
  }

  /// Where a record is.
  package static func uri(of key: RecordKey) -> String { "gatehouse://record/\(key.model)/\(key.id)" }

  package var tool: ToolDefinition { getting.definition }

  package func resources(
    for caller: Caller, after key: String?, limit: Int
  ) async throws(ResourceError) -> [Resource] { [] }

  package func arguments(for uri: String) -> JSONObject? {
    guard let (model, id) = record(uri) else { return nil }
    return ["model": .string(model), "id": .integer(id)]
  }

  private func record(_ uri: String) -> (model: String, id: Int64)? {
    guard let values = templates[0].match(uri), let model = values["model"], let text = values["id"],
      let id = Int64(text), id > 0, "\(id)" == text
    else { return nil }
    return (model, id)
  }

  package func read(
    _ uri: String, _ permit: consuming Permit
  ) async throws(ResourceError) -> [ResourceContents] {
    do throws(RecordsError) {
      let result = try await getting.answer(
        RecordArguments(permit.call.arguments), for: Subject(permit.caller))
      return [ResourceContents(uri, mediaType: "application/json", .text(result.structured.text))]
    } catch { throw ResourceError(error) }
  }

  package func exists(_ uri: String, for caller: Caller) async -> Bool {
    guard let (model, id) = record(uri) else { return false }
    do throws(RecordsError) {
      return try await !records.read([id], of: model, fields: [], for: Subject(caller)).isEmpty
    } catch { return false }
  }
}
