internal import Crypto

/// A secret that a webhook is signed with, as Standard Webhooks writes it: `whsec_` and 24 to 64 bytes in Base 64.
package struct WebhookSecret: Sendable {
  private let key: HMACKey

  /// - Returns: nil for anything else.
  package init?(_ text: String) {
    guard text.hasPrefix(Self.prefix), let bytes = Base64.decode(text.dropFirst(Self.prefix.count)),
      (24...64).contains(bytes.count)
    else { return nil }
    key = HMACKey(Secret(bytes))
  }

  private static let prefix = "whsec_"

  /// The signature of a message at one of its attempts: HMAC-SHA-256 over `id.timestamp.body`.
  ///
  /// - Parameter timestamp: seconds since the epoch, as they are sent.
  package func signature(of body: [UInt8], id: String, timestamp: Int64) -> String {
    "v1," + Base64.encode(key.code(for: Array("\(id).\(timestamp).".utf8) + body))
  }
}
