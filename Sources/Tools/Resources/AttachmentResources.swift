package import Authentication
package import Governance
package import JSON
package import Records

/// The files that are attached to records: `gatehouse://attachment/3`.
package struct AttachmentResources: ResourceSource {
  /// Bytes that are sent at once; Base64 and JSON make a third more of them.
  package static let mostBytes = 8 * 1024 * 1024
  private static let model = "ir.attachment"

  package let templates = [
    ResourceTemplate(
      "gatehouse://attachment/{id}", name: "attachment", title: "An attachment",
      description: "A file that is attached to a record, as text or bytes",
      mediaType: "application/octet-stream", completions: ["id": .identifiersOf(Self.model)])
  ]
  private let records: any Records
  private let files: any AttachedFiles
  private let getting: GetRecord

  package init(records: any Records, files: any AttachedFiles) {
    self.records = records
    self.files = files
    self.getting = GetRecord(records: records)
  }

  package var tool: ToolDefinition { getting.definition }

  package func resources(
    for caller: Caller, after key: String?, limit: Int
  ) async throws(ResourceError) -> [Resource] {
    do throws(RecordsError) {
      var domain: Domain = try Domain([["type", "=", "binary"]])
      if let id = key.flatMap({ Int64($0) }) { domain = domain.and(try Domain([["id", ">", .integer(id)]])) }
      let page = try await records.searchRead(
        Query(Self.model, where: domain, order: [OrderTerm("id")], limit: limit),
        fields: ["name", "mimetype", "file_size", "res_name", "res_model"], for: Subject(caller))
      return page.elements.map { file in
        let id = file["id"]?.integer ?? 0
        let name = file["name"]?.string ?? "\(id)"
        let owner = file["res_name"]?.string ?? file["res_model"]?.string
        return Resource(
          "gatehouse://attachment/\(id)", key: "\(id)", name: name, title: name,
          description: owner.map { "Attached to \($0)" } ?? "",
          mediaType: file["mimetype"]?.string ?? "application/octet-stream",
          size: file["file_size"]?.integer.map { Int($0) })
      }
    } catch {
      // Who may not read the model has no attachments to list.
      guard ResourceError(error) == .unavailable else { return [] }
      throw .unavailable
    }
  }

  package func arguments(for uri: String) -> JSONObject? {
    guard let id = id(uri) else { return nil }
    return ["model": .string(Self.model), "id": .integer(id)]
  }

  private func id(_ uri: String) -> Int64? {
    guard let text = templates[0].match(uri)?["id"], let id = Int64(text), id > 0, "\(id)" == text else {
      return nil
    }
    return id
  }

  package func read(
    _ uri: String, _ permit: consuming Permit
  ) async throws(ResourceError) -> [ResourceContents] {
    guard let id = id(uri) else { throw .notFound }
    let file: AttachedFile?
    do throws(RecordsError) {
      file = try await files.file(id, limit: Self.mostBytes, for: Subject(permit.caller))
    } catch { throw ResourceError(error) }
    guard let file else { throw .notFound }
    guard let bytes = file.bytes else { throw .tooLarge(file.size) }
    // Text is for models to read; everything else is bytes.
    if file.mediaType.hasPrefix("text/"), let text = String(validating: bytes, as: UTF8.self) {
      return [ResourceContents(uri, mediaType: file.mediaType, .text(text))]
    }
    return [ResourceContents(uri, mediaType: file.mediaType, .bytes(bytes))]
  }

  package func exists(_ uri: String, for caller: Caller) async -> Bool {
    guard let id = id(uri) else { return false }
    do throws(RecordsError) {
      return try await !records.read([id], of: Self.model, fields: [], for: Subject(caller)).isEmpty
    } catch { return false }
  }
}
