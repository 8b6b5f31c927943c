package import HTTP
package import JSON

/// A response in the form that tests look at, whatever way it came.
package struct Answer: Sendable, CustomStringConvertible {
  package let status: Int
  package let fields: Fields
  package let bytes: [UInt8]

  package init(status: Int, fields: Fields, bytes: [UInt8]) {
    self.status = status
    self.fields = fields
    self.bytes = bytes
  }

  package var text: String { String(decoding: bytes, as: UTF8.self) }
  package var description: String {
    "\(status) \(fields.lines.map { "\($0.name): \($0.value)" }) \(text.prefix(400))"
  }

  package var json: JSONValue {
    do { return try JSONValue(parsing: bytes) } catch { return .null }
  }

  package subscript(_ field: String) -> String? { fields[field] }

  /// `400 invalid_grant`; the status alone where the body names no error.
  package var verdict: String { json["error"]?.string.map { "\(status) \($0)" } ?? "\(status)" }

  /// What a redirect brings to the client.
  package var callback: Form? {
    guard let location = fields["location"], let mark = location.firstIndex(of: "?") else { return nil }
    return Form(decoding: location[location.index(after: mark)...].utf8)
  }

  /// The value of the page's first field of that name.
  package func input(_ name: String) -> String? {
    guard let start = text.firstRange(of: "name=\"\(name)\" value=\"") else { return nil }
    return String(text[start.upperBound...].prefix { $0 != "\"" })
  }

  /// Every value of a field of that name.
  package func inputs(_ name: String) -> [String] {
    text.split(separator: "name=\"\(name)\" value=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
  }

  /// What a JSON-RPC answer brings.
  package var result: JSONValue? { json["result"] }
  /// The code of a JSON-RPC error.
  package var code: Int64? { json["error"]?["code"]?.integer }
  /// The structured content of a tool's result.
  package var structured: JSONValue? { result?["structuredContent"] }
  /// The code of a tool's failure.
  package var failure: String? { result?["isError"]?.bool == true ? structured?["code"]?.string : nil }
}
