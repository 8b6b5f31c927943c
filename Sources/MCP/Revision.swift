/// A revision of the Model Context Protocol that this server speaks, oldest first.
package enum Revision: String, Sendable, CaseIterable, Comparable {
  /// Only by the transport that it had: HTTP+SSE.
  case november2024 = "2024-11-05"
  case march2025 = "2025-03-26"
  case june2025 = "2025-06-18"
  case november2025 = "2025-11-25"
  case july2026 = "2026-07-28"

  /// The newest that begins with `initialize`: the counter-offer to a client that asks for what we don't know.
  static let latestHandshake = Revision.november2025

  /// The revision of that name, if Streamable HTTP speaks it.
  init?(streamable name: String) {
    guard let revision = Revision(rawValue: name), revision != .november2024 else { return nil }
    self = revision
  }

  /// Whether it is stateless, with its envelope in `_meta` ("modern" in the specification's terms).
  var isModern: Bool { self == .july2026 }

  /// Tools have a title, an output schema and structured content.
  var hasStructuredContent: Bool { self >= .june2025 }

  /// The body of a request may be an array of messages (2025-03-26 Transports; removed in 2025-06-18).
  var hasBatches: Bool { self == .march2025 }

  /// Every revision of the handshake era by name, the one included that we don't speak: what a header may say
  /// without asking for the modern path.
  static let handshakeNames: Set<String> = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]

  /// Those that Streamable HTTP speaks.
  static let streamable: [Revision] = allCases.filter { $0 != .november2024 }

  /// What `server/discover` and `UnsupportedProtocolVersionError` name.
  static let modern: [Revision] = allCases.filter(\.isModern)

  package static func < (a: Revision, b: Revision) -> Bool { a.rawValue < b.rawValue }
}
