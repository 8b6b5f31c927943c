package import HTTP
internal import Templates

/// The files that pages refer to. A path names its content, so browsers may keep them for ever.
package enum Assets {
  static let stylesheet = Asset("gatehouse", "css", "text/css; charset=utf-8", Templates.stylesheet)
  static let icon = Asset("icon", "svg", "image/svg+xml", Templates.icon)
  static let passkeyScript = Asset(
    "passkeys", "js", "text/javascript; charset=utf-8", Templates.passkeyScript)
  static let pageScript = Asset("pages", "js", "text/javascript; charset=utf-8", Templates.pageScript)

  /// - Parameter path: of the request, such as `/assets/gatehouse-0123456789abcdef.css`.
  /// - Returns: nil when there is no such asset; also for one of another version.
  package static func response(for path: String) -> Response? {
    [stylesheet, icon, passkeyScript, pageScript].first { $0.path == path }?.response
  }
}

/// One embedded file under its content-addressed path.
struct Asset: Sendable {
  let path: String
  let bytes: [UInt8]
  let response: Response

  init(_ name: String, _ suffix: String, _ type: String, _ bytes: [UInt8]) {
    self.bytes = bytes
    path = "/assets/\(name)-\(Self.fingerprint(bytes)).\(suffix)"
    response = Response(
      status: 200,
      fields: [
        "content-type": type,
        "cache-control": "public, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        // The icon is a document when somebody opens it by itself.
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      ],
      body: bytes)
  }

  /// FNV-1a, 64 bits, in hex. It tells versions of our own files apart; nobody gains by a collision.
  private static func fingerprint(_ bytes: [UInt8]) -> String {
    let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    let hex = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - hex.count) + hex
  }
}
