internal import HTTP
internal import JSON

/// A response in the form that tests look at.
struct Answer: Sendable {
  let status: Int
  let fields: Fields
  let text: String

  init(_ response: Response) {
    status = response.status
    fields = response.fields
    if case .bytes(let bytes) = response.body {
      text = String(decoding: bytes, as: UTF8.self)
    } else {
      text = ""
    }
  }

  var json: JSONValue {
    do { return try JSONValue(parsing: text) } catch { return .null }
  }

  /// `error` of a JSON answer.
  var error: String? { json["error"]?.string }
  /// Status and error in one line: `400 invalid_grant`.
  var verdict: String { error.map { "\(status) \($0)" } ?? "\(status)" }
  var location: String? { fields["location"] }

  /// What a redirect brings to the client, whatever its redirect URI's own query was.
  var callback: Form? {
    guard let location, let mark = location.firstIndex(of: "?") else { return nil }
    return Form(decoding: location[location.index(after: mark)...].utf8)
  }

  /// Where a redirect leads, without its query.
  var target: String? { location.map { String($0.prefix { $0 != "?" }) } }

  /// `PAGE 400`, `RDR invalid_scope` or `RDR code`, as the case table writes it.
  var outcome: String {
    if let callback { return "RDR " + (callback["error"] ?? (callback["code"] == nil ? "?" : "code")) }
    return fields["content-type"]?.hasPrefix("text/html") ?? false ? "PAGE \(status)" : verdict
  }

  /// The value of a hidden or visible field of the page's first form that has it.
  func input(_ name: String) -> String? {
    guard let start = text.firstRange(of: "name=\"\(name)\" value=\"") else { return nil }
    return String(text[start.upperBound...].prefix { $0 != "\"" })
  }

  /// The scopes that stand to be ticked.
  var choices: [String] {
    text.split(separator: "name=\"scope\" value=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
  }

  /// Where the page's forms go.
  var action: String? {
    guard let start = text.firstRange(of: "action=\"") else { return nil }
    return String(text[start.upperBound...].prefix { $0 != "\"" })
  }
}
