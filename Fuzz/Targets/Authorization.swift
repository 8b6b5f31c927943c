internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import HTTP

extension FuzzTarget {
  /// What stands in `Authorization`: a client's identifier and secret (RFC 6749 §2.3.1), or an API key.
  static let authorization = FuzzTarget(name: "authorization") { bytes in
    let field = text(bytes)
    if let basic = BasicCredentials(field) {
      try hold(!basic.id.isEmpty, "a client without an identifier")
      let joined = percentEncoded(basic.id) + ":" + percentEncoded(basic.secret)
      let again = BasicCredentials("Basic " + Base64.encode(Array(joined.utf8)))
      try hold(again?.id == basic.id && again?.secret == basic.secret, "\(basic) is not read as itself")
    }
    // The same text as a client would wrap it.
    if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
      let (id, secret) = (text(bytes[..<colon]), text(bytes[(colon + 1)...]))
      let joined = percentEncoded(id) + ":" + percentEncoded(secret)
      let basic = BasicCredentials("basic " + Base64.encode(Array(joined.utf8)))
      try hold(
        id.isEmpty ? basic == nil : basic?.id == id && basic?.secret == secret,
        "\(id) and \(secret) do not arrive")
      _ = BasicCredentials("Basic " + Base64.encode(bytes))
    }
    if let key = APIKey(field) {
      try hold(key.text == field, "a key was changed")
      try hold(field.hasPrefix("gk_live_\(key.id)_"), "\(key.id) is not the identifier of \(field)")
    }
  }
}
