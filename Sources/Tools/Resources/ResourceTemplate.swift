package import JSON

/// A family of resources by a URI with variables (RFC 6570 level 1): `gatehouse://record/{model}/{id}`.
package struct ResourceTemplate: Sendable {
  package let template: String
  package let name: String
  package let title: String
  package let description: String
  package let mediaType: String
  /// What completes each variable.
  package let completions: [String: CompletionKind]
  private let parts: [Part]

  private enum Part: Sendable, Equatable {
    case literal(String)
    case variable(String)
  }

  /// - Parameter completions: what completes each variable, by its name.
  package init(
    _ template: String, name: String, title: String, description: String, mediaType: String,
    completions: [String: CompletionKind] = [:]
  ) {
    self.template = template
    self.name = name
    self.title = title
    self.description = description
    self.mediaType = mediaType
    self.completions = completions
    var parts: [Part] = []
    for (index, piece) in template.split(separator: "{", omittingEmptySubsequences: false).enumerated() {
      guard index > 0, let end = piece.firstIndex(of: "}") else {
        if !piece.isEmpty { parts.append(.literal(String(piece))) }
        continue
      }
      parts.append(.variable(String(piece[..<end])))
      let rest = piece[piece.index(after: end)...]
      if !rest.isEmpty { parts.append(.literal(String(rest))) }
    }
    self.parts = parts
  }

  /// Names of the variables, in their order.
  package var variables: [String] {
    parts.compactMap { part in if case .variable(let name) = part { name } else { nil } }
  }

  /// The values of the variables that make this URI, decoded; nil when none do.
  ///
  /// RFC 6570 §3.2.2: a simple expansion has no reserved characters, so that a value ends at the next `/`.
  package func match(_ uri: String) -> [String: String]? {
    guard uri.utf8.count <= 4096 else { return nil }
    var values: [String: String] = [:]
    var rest = uri[...]
    for part in parts {
      switch part {
      case .literal(let text):
        guard rest.utf8.starts(with: text.utf8) else { return nil }
        rest = Substring(rest.utf8.dropFirst(text.utf8.count))
      case .variable(let name):
        let value = rest.prefix { !"/?#".contains($0) }
        guard !value.isEmpty, let decoded = Self.decoded(value) else { return nil }
        values[name] = decoded
        rest = rest[value.endIndex...]
      }
    }
    return rest.isEmpty ? values : nil
  }

  /// Percent-decoding (RFC 3986 §2.1); nil when it is malformed or not UTF-8.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = Substring(rest.prefix(2))
      guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16)
      else {
        return nil
      }
      rest = rest.dropFirst(2)
      bytes.append(value)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// As `ResourceTemplate` of the schema.
  package var object: JSONObject {
    [
      "uriTemplate": .string(template), "name": .string(name), "title": .string(title),
      "description": .string(description), "mimeType": .string(mediaType),
    ]
  }
}
