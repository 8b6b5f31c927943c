/// A media type or, in `Accept`, a media range (RFC 9110 §8.3.1, §12.5.1): `text/html; charset=utf-8`, `text/*`.
package struct MediaType: Sendable, Hashable, CustomStringConvertible {
  /// The part before the slash, in lower case; `*` in a range.
  package let type: String
  /// The part after the slash, in lower case; `*` in a range.
  package let subtype: String
  /// Names in lower case, values unquoted. `q` is left out: it weighs a range and is no part of the type.
  package let parameters: [String: String]

  package static let json = MediaType(type: "application", subtype: "json")
  package static let form = MediaType(type: "application", subtype: "x-www-form-urlencoded")
  package static let html = MediaType(type: "text", subtype: "html")
  package static let plainText = MediaType(type: "text", subtype: "plain")
  package static let eventStream = MediaType(type: "text", subtype: "event-stream")
  package static let tokenIntrospectionJWT = MediaType(
    type: "application", subtype: "token-introspection+jwt")
  package static let jwt = MediaType(type: "application", subtype: "jwt")

  private init(type: String, subtype: String) {
    self.type = type
    self.subtype = subtype
    self.parameters = [:]
  }

  /// Reads one media type, such as the value of `Content-Type`.
  ///
  /// - Returns: nil when the text is no media type, or names a parameter twice.
  package init?(_ text: some StringProtocol) {
    guard let (mediaType, _) = Self.weighed(text) else { return nil }
    self = mediaType
  }

  /// `type/subtype` without parameters.
  package var essence: String { type + "/" + subtype }

  package var description: String {
    parameters.sorted { $0.key < $1.key }.reduce(essence) { text, parameter in
      let value = parameter.value
      let isPlain = !value.isEmpty && value.utf8.allSatisfy(isTokenCharacter)
      let quoted = value.utf8.reduce(into: [UInt8]()) { out, byte in
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { out.append(UInt8(ascii: "\\")) }
        out.append(byte)
      }
      return text + "; \(parameter.key)="
        + (isPlain ? value : "\"\(String(decoding: quoted, as: UTF8.self))\"")
    }
  }

  /// Whether both name the same type, whatever their parameters.
  package func isSame(as other: MediaType) -> Bool { type == other.type && subtype == other.subtype }

  /// Whether this, read as a range, takes in `other`; every parameter of the range must be there.
  package func covers(_ other: MediaType) -> Bool {
    guard type == "*" || type == other.type, subtype == "*" || subtype == other.subtype else { return false }
    return parameters.allSatisfy { other.parameters[$0.key]?.lowercased() == $0.value.lowercased() }
  }

  /// A media range with its weight in thousandths.
  init?(range text: some StringProtocol, weight: inout Int) {
    guard let (mediaType, read) = Self.weighed(text) else { return nil }
    weight = read
    self = mediaType
  }

  private static func weighed(_ text: some StringProtocol) -> (MediaType, weight: Int)? {
    let parts = split(text, at: UInt8(ascii: ";"))
    guard let essence = parts.first else { return nil }
    let names = essence.split(separator: "/", omittingEmptySubsequences: false)
    guard names.count == 2, names.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isTokenCharacter) })
    else { return nil }
    let (type, subtype) = (names[0].lowercased(), names[1].lowercased())
    guard type != "*" || subtype == "*" else { return nil }
    var parameters: [String: String] = [:]
    var weight: Int?
    for part in parts.dropFirst() where !part.isEmpty {
      guard let equals = part.firstIndex(of: "=") else { return nil }
      let name = part[..<equals].lowercased()
      guard !name.isEmpty, name.utf8.allSatisfy(isTokenCharacter),
        let value = unquoted(part[part.index(after: equals)...])
      else { return nil }
      if name == "q" {
        guard weight == nil, let read = thousandths(value) else { return nil }
        weight = read
      } else if parameters.updateValue(value, forKey: name) != nil {
        return nil
      }
    }
    return (MediaType(type: type, subtype: subtype, parameters: parameters), weight ?? 1000)
  }

  private init(type: String, subtype: String, parameters: [String: String]) {
    self.type = type
    self.subtype = subtype
    self.parameters = parameters
  }

  /// `qvalue` of RFC 9110 §12.4.2: at most three decimals, at most one.
  private static func thousandths(_ text: String) -> Int? {
    let digits = Array(text.utf8)
    guard let first = digits.first, first == UInt8(ascii: "0") || first == UInt8(ascii: "1") else {
      return nil
    }
    guard digits.count <= 5, digits.count == 1 || digits[1] == UInt8(ascii: ".") else { return nil }
    var value = Int(first - UInt8(ascii: "0")) * 1000
    var scale = 100
    for digit in digits.dropFirst(2) {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value += Int(digit - UInt8(ascii: "0")) * scale
      scale /= 10
    }
    return value <= 1000 ? value : nil
  }
}

/// What a client takes, by its `Accept` field (RFC 9110 §12.5.1).
package struct Accept: Sendable {
  private let ranges: [(range: MediaType, weight: Int)]

  /// Ranges that can't be read are passed over, as if they were not there.
  ///
  /// - Parameter values: every `Accept` line; none at all means that everything is welcome.
  package init(_ values: [String]) {
    guard !values.isEmpty else {
      self.ranges = [(MediaType.anything, 1000)]
      return
    }
    self.ranges = values.flatMap { split($0, at: UInt8(ascii: ",")) }.compactMap { text in
      var weight = 0
      return MediaType(range: text, weight: &weight).map { ($0, weight) }
    }
  }

  package init(_ fields: Fields) { self.init(fields.all("accept")) }

  /// How welcome a type is, from 0 (not at all) to 1000: the weight of the most specific range that covers it.
  package func weight(of mediaType: MediaType) -> Int {
    ranges.filter { $0.range.covers(mediaType) }.max { $0.range.specificity < $1.range.specificity }?.weight
      ?? 0
  }

  package func includes(_ mediaType: MediaType) -> Bool { weight(of: mediaType) > 0 }

  /// Whether the type is named by itself, not by a wildcard, and not refused with `q=0`.
  package func names(_ mediaType: MediaType) -> Bool {
    ranges.contains { $0.range.isSame(as: mediaType) && $0.weight > 0 }
  }

  /// The most welcome of the types on offer; the earlier one where two are equal, nil where none is taken.
  package func preferred(of offers: [MediaType]) -> MediaType? {
    var best: (mediaType: MediaType, weight: Int)?
    for offer in offers {
      let weight = weight(of: offer)
      if weight > (best?.weight ?? 0) { best = (offer, weight) }
    }
    return best?.mediaType
  }
}

extension MediaType {
  fileprivate static let anything = MediaType(type: "*", subtype: "*")

  fileprivate var specificity: Int { (type == "*" ? 0 : 1) + (subtype == "*" ? 0 : 1) + parameters.count }
}

extension Fields {
  /// The `Content-Type`; nil when there is none, more than one, or none that can be read.
  package var contentType: MediaType? {
    let values = all("content-type")
    guard values.count == 1 else { return nil }
    // As nearly everybody sends it: to read it takes longer than to compare.
    switch values[0] {
    case "application/json": return .json
    case "application/x-www-form-urlencoded": return .form
    default: return MediaType(values[0])
    }
  }
}
