package import Authentication
package import Governance
package import JSON
package import Records

/// What models are made of: `gatehouse://model/sale.order`, as `describe_model` tells it.
package struct ModelResources: ResourceSource {
  package let templates = [
    ResourceTemplate(
      "gatehouse://model/{model}", name: "model", title: "A model",
      description: "Fields, types, labels and selections of a model, such as sale.order",
      mediaType: "application/json", completions: ["model": .models])
  ]
  private let records: any Records
  private let describing: DescribeModel

  package init(records: any Records) {
    self.records = records
    self.describing = DescribeModel(records: records)
  }

  package var tool: ToolDefinition { describing.definition }

  package func resources(
    for caller: Caller, after key: String?, limit: Int
  ) async throws(ResourceError) -> [Resource] {
    do throws(RecordsError) {
      let models = try await records.models(for: Subject(caller))
      return models.lazy.filter { model in key.map { model.name > $0 } ?? true }.prefix(limit).map { model in
        Resource(
          "gatehouse://model/\(model.name)", key: model.name, name: model.name, title: model.label,
          description: model.description, mediaType: "application/json")
      }
    } catch { throw ResourceError(error) }
  }

  package func arguments(for uri: String) -> JSONObject? {
    guard let model = templates[0].match(uri)?["model"] else { return nil }
    return ["model": .string(model)]
  }

  package func read(
    _ uri: String, _ permit: consuming Permit
  ) async throws(ResourceError) -> [ResourceContents] {
    do throws(RecordsError) {
      let result = try await describing.answer(
        RecordArguments(permit.call.arguments), for: Subject(permit.caller))
      return [ResourceContents(uri, mediaType: "application/json", .text(result.structured.text))]
    } catch { throw ResourceError(error) }
  }

  package func exists(_ uri: String, for caller: Caller) async -> Bool {
    guard let model = templates[0].match(uri)?["model"] else { return false }
    do throws(RecordsError) {
      _ = try await records.model(model, for: Subject(caller))
      return true
    } catch { return false }
  }
}

extension ResourceError {
  /// What the caller may not read does not exist for them.
  init(_ error: RecordsError) {
    switch error.code {
    case .unavailable, .tooSlow: self = .unavailable
    default: self = .notFound
    }
  }
}
