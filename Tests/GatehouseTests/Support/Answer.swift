internal import HTTP
internal import JSON

/// A response in the form that tests look at, whatever way it came.
struct Answer: Sendable, CustomStringConvertible {
  let status: Int
  let fields: Fields
  let bytes: [UInt8]

  init(status: Int, fields: Fields, bytes: [UInt8]) {
    self.status = status
    self.fields = fields
    self.bytes = bytes
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }
  var description: String {
    "\(status) \(fields.lines.map { "\($0.name): \($0.value)" }) \(text.prefix(400))"
  }

  var json: JSONValue {
    do { return try JSONValue(parsing: bytes) } catch { return .null }
  }

  subscript(_ field: String) -> String? { fields[field] }

  /// `400 invalid_grant`; the status alone where the body names no error.
  var verdict: String { json["error"]?.string.map { "\(status) \($0)" } ?? "\(status)" }

  /// What a redirect brings to the client.
  var callback: Form? {
    guard let location = fields["location"], let mark = location.firstIndex(of: "?") else { return nil }
    return Form(decoding: location[location.index(after: mark)...].utf8)
  }

  /// The value of the page's first field of that name.
  func input(_ name: String) -> String? {
    guard let start = text.firstRange(of: "name=\"\(name)\" value=\"") else { return nil }
    return String(text[start.upperBound...].prefix { $0 != "\"" })
  }

  /// Every value of a field of that name.
  func inputs(_ name: String) -> [String] {
    text.split(separator: "name=\"\(name)\" value=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
  }

  /// What a JSON-RPC answer brings.
  var result: JSONValue? { json["result"] }
  /// The code of a JSON-RPC error.
  var code: Int64? { json["error"]?["code"]?.integer }
  /// The structured content of a tool's result.
  var structured: JSONValue? { result?["structuredContent"] }
  /// The code of a tool's failure.
  var failure: String? { result?["isError"]?.bool == true ? structured?["code"]?.string : nil }
}
