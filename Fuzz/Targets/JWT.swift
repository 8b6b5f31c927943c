internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import World

extension FuzzTarget {
  /// Tokens in compact form (RFC 7515 §3.1): of ours, of clients, of identity providers, and proofs of possession.
  ///
  /// The bytes are taken as they are; and, since no fuzzer guesses base64 or a signature, as a header and claims in
  /// JSON, parted by a line end, which are then signed properly. In a header, `true` for `kid` or `jwk` stands for those
  /// of the key.
  static let jwt = FuzzTarget(name: "jwt") { bytes in
    let notary = try Notary.shared.get()
    try notary.refuse(text(bytes))
    let parts = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
    guard parts.count == 2, var header = accepted({ try JSONValue(parsing: Array(parts[0])) })?.object,
      let claims = accepted({ try JSONValue(parsing: Array(parts[1])) })?.object
    else { return }
    if header["kid"] == true { header["kid"] = .string(notary.key.publicKey.thumbprint) }
    if header["jwk"] == true { header["jwk"] = .object(notary.key.publicKey.jwk) }
    let signed = Base64URL.encode(header.serialized()) + "." + Base64URL.encode(claims.serialized())
    let signature = try notary.key.sign(Array(signed.utf8))
    try notary.check(signed + "." + Base64URL.encode(signature), header, claims)
    for forged in [signature.dropLast() + [signature.last.map { $0 ^ 1 } ?? 0], [], signature + [0]] {
      try notary.refuse(signed + "." + Base64URL.encode(Array(forged)))
    }
    if let jwt = CompactJWT(signed + "." + Base64URL.encode(signature)) {
      for name in ["exp", "iat", "nbf"] {
        guard let moment = jwt.instant(name) else { continue }
        // Sums with it are made without a second look.
        try hold(moment + .days(1000) > moment && moment - .days(1000) < moment, "\(name) overflows")
      }
    }
  }
}
