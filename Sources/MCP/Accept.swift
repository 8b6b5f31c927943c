internal import HTTP

/// What the client can read (RFC 9110 §12.5.1), as far as this endpoint cares: JSON, events, or neither.
struct Accept: Sendable, Equatable {
  let json: Bool
  let events: Bool

  init(_ fields: Fields) {
    let lines = fields.all("accept")
    guard !lines.isEmpty else {
      // RFC 9110 §12.5.1: no Accept means that anything will do.
      json = true
      events = true
      return
    }
    let ranges = lines.joined(separator: ",").split(separator: ",").map(Self.range)
    json = Self.isAcceptable("application", "json", ranges)
    events = Self.isAcceptable("text", "event-stream", ranges)
  }

  private typealias Range = (type: String, subtype: String, isRefused: Bool)

  private static func range(_ text: Substring) -> Range {
    let parts = text.split(separator: ";").map { trimmed($0).lowercased() }
    let names = (parts.first ?? "").split(separator: "/", omittingEmptySubsequences: false)
    let isRefused = parts.dropFirst().contains { part in
      let pair = part.split(separator: "=", maxSplits: 1).map { trimmed($0) }
      return pair.count == 2 && pair[0] == "q" && pair[1].allSatisfy { $0 == "0" || $0 == "." }
    }
    guard names.count == 2 else { return ("", "", true) }
    return (String(names[0]), String(names[1]), isRefused)
  }

  /// The most specific range decides.
  private static func isAcceptable(_ type: String, _ subtype: String, _ ranges: [Range]) -> Bool {
    let exact = ranges.filter { $0.type == type && $0.subtype == subtype }
    let family = ranges.filter { $0.type == type && $0.subtype == "*" }
    let any = ranges.filter { $0.type == "*" && $0.subtype == "*" }
    let deciding = !exact.isEmpty ? exact : !family.isEmpty ? family : any
    return deciding.contains { !$0.isRefused }
  }
}

/// Without the optional white space around it (RFC 9110 §5.6.3).
func trimmed(_ text: some StringProtocol) -> String {
  let isSpace = { (character: Character) in character == " " || character == "\t" }
  var rest = Substring(text)
  while let first = rest.first, isSpace(first) { rest.removeFirst() }
  while let last = rest.last, isSpace(last) { rest.removeLast() }
  return String(rest)
}

/// Whether a request's body calls itself JSON (`application/json`, in UTF-8 if it names a character set).
func isJSON(_ fields: Fields) -> Bool {
  let lines = fields.all("content-type")
  guard lines.count == 1 else { return false }
  let parts = lines[0].split(separator: ";").map { trimmed($0).lowercased() }
  guard parts.first == "application/json" else { return false }
  return parts.dropFirst().allSatisfy { part in
    !part.hasPrefix("charset=") || part == "charset=utf-8" || part == "charset=\"utf-8\""
  }
}
