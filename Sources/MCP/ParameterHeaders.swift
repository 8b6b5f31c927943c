internal import HTTP
internal import JSON

/// The arguments of a tool that its calls repeat in headers (`x-mcp-header`; 2026-07-28 streamable-http).
struct ParameterHeaders: Sendable {
  private struct Header: Sendable {
    /// `mcp-param-region`
    let name: String
    /// The names that lead to the property.
    let path: [String]
  }
  private let headers: [Header]

  /// Collects the annotations that stand on properties which are reached through `properties` alone, as the
  /// specification wants them. A schema that has two of one name has none: clients drop such a tool.
  init(_ schema: JSONObject) {
    var found: [Header] = []
    Self.collect(schema, [], &found, depth: 0)
    headers = Set(found.map(\.name)).count == found.count ? found : []
  }

  private static func collect(
    _ schema: JSONObject, _ path: [String], _ found: inout [Header], depth: Int
  ) {
    guard depth < 16, let properties = schema["properties"]?.object else { return }
    for (name, property) in properties.members {
      guard let property = property.object else { continue }
      if let header = property["x-mcp-header"]?.string, !header.isEmpty,
        ["string", "integer", "boolean"].contains(property["type"]?.string)
      {
        found.append(Header(name: "mcp-param-" + header.lowercased(), path: path + [name]))
      }
      collect(property, path + [name], &found, depth: depth + 1)
    }
  }

  var isEmpty: Bool { headers.isEmpty }

  /// "Any server that processes the message body MUST validate that encoded header values, after decoding, match the
  /// corresponding values in the request body."
  ///
  /// - Throws: -32020 for the first that does not.
  func check(_ arguments: JSONObject, _ fields: Fields) throws(ProtocolError) {
    for header in headers {
      let given = fields.all(header.name)
      guard given.count <= 1 else { throw .headerMismatch("\(header.name) appears more than once") }
      var value: JSONValue? = .object(arguments)
      for name in header.path { value = value?[name] }
      guard let value, let text = Self.text(value) else {
        // One that routes on a value which the call never carried would be misled.
        guard given.isEmpty else {
          throw .headerMismatch("\(header.name) is there, but its argument is not")
        }
        continue
      }
      // "Client omits header but value is in body: server MUST reject the request."
      guard let field = given.first else { throw .headerMismatch("the \(header.name) header is missing") }
      guard let decoded = HeaderValue.decoded(field) else {
        throw .headerMismatch("\(header.name) is not encoded as it has to be")
      }
      guard decoded.utf8.elementsEqual(text.utf8) || Self.isSameInteger(value, decoded) else {
        throw .headerMismatch("\(header.name) does not match its argument")
      }
    }
  }

  private static func text(_ value: JSONValue) -> String? {
    switch value {
    case .string(let text): text
    case .integer(let number): "\(number)"
    case .bool(let flag): flag ? "true" : "false"
    case .number: value.integer.map { "\($0)" }
    default: nil
    }
  }

  /// "Servers SHOULD compare the header value and the body value numerically": `42.0` is 42.
  private static func isSameInteger(_ value: JSONValue, _ text: String) -> Bool {
    guard let number = value.integer else { return false }
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, Int64(whole) == number else { return false }
    return parts.count == 1 || (!parts[1].isEmpty && parts[1].utf8.allSatisfy { $0 == UInt8(ascii: "0") })
  }
}
