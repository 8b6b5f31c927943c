package import Governance
package import JSON
package import Records

/// Completions from the records: models, fields, names and ids, under the rights of the caller.
package struct RecordCompletions: CompletionSource {
  private let records: any Records
  private let listing: ListModels
  private let describing: DescribeModel
  private let searching: SearchRecords

  package init(records: any Records) {
    self.records = records
    listing = ListModels(records: records)
    describing = DescribeModel(records: records)
    searching = SearchRecords(records: records)
  }

  package func call(
    for kind: CompletionKind, _ value: String, _ others: [String: String]
  ) -> (tool: ToolDefinition, arguments: JSONObject)? {
    switch kind {
    case .choices: nil
    case .models: (listing.definition, [:])
    case .fields(let argument): others[argument].map { (describing.definition, ["model": .string($0)]) }
    case .names(let model): (searching.definition, search(model, value))
    case .identifiersOf(let model): (searching.definition, search(model, value))
    case .identifiers(let argument): others[argument].map { (searching.definition, search($0, value)) }
    }
  }

  package func complete(
    _ kind: CompletionKind, _ value: String, _ permit: consuming Permit
  ) async -> Completion {
    let subject = Subject(permit.caller)
    let arguments = RecordArguments(permit.call.arguments)
    do throws(RecordsError) {
      switch kind {
      case .choices(let words): return Completion(words, beginning: value)
      case .models:
        return Completion(try await records.models(for: subject).map(\.name), beginning: value)
      case .fields:
        let model = try await records.model(arguments.model, for: subject)
        return Completion(model.fields.map(\.name), beginning: value)
      case .names:
        let page = try await records.search(try arguments.query(), for: subject)
        var names: [String] = []
        for record in page.elements {
          guard let name = record["display_name"]?.string, !names.contains(name) else { continue }
          names.append(name)
        }
        return Completion(names, total: page.hasMore ? page.total : nil)
      case .identifiersOf, .identifiers:
        let page = try await records.search(try arguments.query(), for: subject)
        return Completion(
          page.elements.compactMap { $0["id"]?.integer.map { "\($0)" } },
          total: page.hasMore ? page.total : nil)
      }
    } catch {
      // What may not be read is completed with nothing.
      return Completion([])
    }
  }

  /// Looks for records whose name holds the value, or whose id it is.
  private func search(_ model: String, _ value: String) -> JSONObject {
    let named: JSONValue = ["display_name", "ilike", .string(value)]
    let domain: JSONValue =
      switch (value.isEmpty, Int64(value)) {
      case (true, _): []
      case (false, let id?): ["|", named, ["id", "=", .integer(id)]]
      case (false, nil): [named]
      }
    return ["model": .string(model), "domain": domain, "limit": .integer(Int64(Completion.most))]
  }
}
