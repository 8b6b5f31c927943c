package import Authentication
package import Governance
internal import JSON
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

  package func tool(for kind: CompletionKind) -> ToolDefinition? {
    switch kind {
    case .choices: nil
    case .models: listing.definition
    case .fields: describing.definition
    case .names, .identifiersOf, .identifiers: searching.definition
    }
  }

  package func complete(
    _ kind: CompletionKind, _ value: String, _ others: [String: String], for caller: Caller
  ) async -> Completion {
    let subject = Subject(caller)
    do throws(RecordsError) {
      switch kind {
      case .choices(let words): return Completion(words, beginning: value)
      case .models:
        return Completion(try await records.models(for: subject).map(\.name), beginning: value)
      case .fields(let argument):
        guard let model = others[argument] else { return Completion([]) }
        return Completion(try await records.model(model, for: subject).fields.map(\.name), beginning: value)
      case .names(let model): return try await names(of: model, value, subject)
      case .identifiersOf(let model): return try await identifiers(of: model, value, subject)
      case .identifiers(let argument):
        guard let model = others[argument] else { return Completion([]) }
        return try await identifiers(of: model, value, subject)
      }
    } catch {
      // What may not be read is completed with nothing.
      return Completion([])
    }
  }

  private func names(
    of model: String, _ value: String, _ subject: Subject
  ) async throws(RecordsError) -> Completion {
    let page = try await search(model, value, subject)
    var names: [String] = []
    for record in page.elements {
      guard let name = record["display_name"]?.string, !names.contains(name) else { continue }
      names.append(name)
    }
    return Completion(names, total: page.hasMore ? page.total : nil)
  }

  private func identifiers(
    of model: String, _ value: String, _ subject: Subject
  ) async throws(RecordsError) -> Completion {
    let page = try await search(model, value, subject)
    return Completion(
      page.elements.compactMap { $0["id"]?.integer.map { "\($0)" } }, total: page.hasMore ? page.total : nil)
  }

  /// Records whose name holds the value, or whose id it is.
  private func search(
    _ model: String, _ value: String, _ subject: Subject
  ) async throws(RecordsError) -> Page<Record> {
    var domain: Domain =
      value.isEmpty ? .everything : try Domain([["display_name", "ilike", .string(value)]])
    if let id = Int64(value) { domain = domain.or(try Domain([["id", "=", .integer(id)]])) }
    return try await records.search(Query(model, where: domain, limit: Completion.most), for: subject)
  }
}
