/// The parts of a URI reference (RFC 3986), as much as schemas need to resolve one against another.
struct URIReference: Sendable, Hashable {
  var scheme: String?
  var authority: String?
  var path: String
  var query: String?
  var fragment: String?

  init(_ text: String) {
    var rest = text[...]
    if let hash = rest.firstIndex(of: "#") {
      fragment = String(rest[rest.index(after: hash)...])
      rest = rest[..<hash]
    }
    if let mark = rest.firstIndex(of: "?") {
      query = String(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    }
    if let colon = rest.firstIndex(of: ":"), let first = rest.utf8.first, UInt8(ascii: "A") <= first,
      !rest[..<colon].contains("/")
    {
      scheme = rest[..<colon].lowercased()
      rest = rest[rest.index(after: colon)...]
    }
    if rest.hasPrefix("//") {
      let start = rest.dropFirst(2)
      let end = start.firstIndex(of: "/") ?? start.endIndex
      authority = String(start[..<end])
      rest = start[end...]
    }
    path = String(rest)
  }

  /// RFC 3986 §5.2.2; `self` is the base.
  func resolving(_ reference: URIReference) -> URIReference {
    var target = reference
    guard reference.scheme == nil else {
      target.path = Self.withoutDots(target.path)
      return target
    }
    target.scheme = scheme
    guard reference.authority == nil else {
      target.path = Self.withoutDots(target.path)
      return target
    }
    target.authority = authority
    if reference.path.isEmpty {
      target.path = path
      if reference.query == nil { target.query = query }
    } else if reference.path.hasPrefix("/") {
      target.path = Self.withoutDots(reference.path)
    } else if authority != nil, path.isEmpty {
      target.path = Self.withoutDots("/" + reference.path)
    } else {
      let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
      target.path = Self.withoutDots(folder + reference.path)
    }
    return target
  }

  /// Without its fragment: what names a resource.
  var resource: URIReference {
    var resource = self
    resource.fragment = nil
    return resource
  }

  /// The fragment without percent-encoding (RFC 3986 §2.1); nil when that is malformed.
  var decodedFragment: String? {
    guard let fragment else { return "" }
    var bytes: [UInt8] = []
    var rest = fragment.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(Substring(rest.prefix(2))), radix: 16) else {
        return nil
      }
      rest = rest.dropFirst(2)
      bytes.append(value)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// RFC 3986 §5.2.4.
  private static func withoutDots(_ path: String) -> String {
    guard path.contains(".") else { return path }
    var kept: [Substring] = []
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      switch part {
      case ".": if isLast { kept.append("") }
      case "..":
        if kept.count > 1 || (kept.count == 1 && kept[0] != "") { kept.removeLast() }
        if isLast { kept.append("") }
      default: kept.append(part)
      }
    }
    return kept.joined(separator: "/")
  }
}
