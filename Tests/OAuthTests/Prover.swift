internal import Crypto
internal import JSON
internal import OAuth

/// A client's key, and proofs made with it.
struct Prover: Sendable {
  let key: SigningKey

  init() throws { key = try SigningKey.generate() }

  var thumbprint: String { key.publicKey.thumbprint }

  var jwk: JSONObject {
    [
      "kty": "EC", "crv": "P-256", "x": .string(Base64URL.encode(key.publicKey.x)),
      "y": .string(Base64URL.encode(key.publicKey.y)),
    ]
  }

  /// A good proof for the token endpoint with these claims and header members instead; nil takes one away.
  func proof(_ claims: [String: JSONValue?] = [:], header: [String: JSONValue?] = [:]) throws -> String {
    var body: JSONObject = [
      "htm": "POST", "htu": "https://gate.example/oauth/token", "iat": 1_795_000_000,
      "jti": .string(Base64URL.encode(Random.bytes(12))),
    ]
    for (name, value) in claims { body[name] = value }
    var head: JSONObject = ["alg": "ES256", "typ": "dpop+jwt", "jwk": .object(jwk)]
    for (name, value) in header { head[name] = value }
    let signed =
      Base64URL.encode(JSONValue.object(head).serialized()) + "."
      + Base64URL.encode(JSONValue.object(body).serialized())
    return try signed + "." + Base64URL.encode(key.sign(Array(signed.utf8)))
  }
}
