internal import Crypto
internal import JSON
internal import OAuth

/// A client's key, and assertions signed with it.
struct Signer: Sendable {
  let key: SigningKey
  let identifier: String

  init(_ identifier: String = "k1") throws {
    key = try SigningKey.generate()
    self.identifier = identifier
  }

  /// The public half as a JWK.
  var jwk: JSONValue {
    [
      "kty": "EC", "crv": "P-256", "kid": .string(identifier), "use": "sig",
      "x": .string(Base64URL.encode(key.publicKey.x)), "y": .string(Base64URL.encode(key.publicKey.y)),
    ]
  }

  var set: JSONValue { ["keys": [jwk]] }

  /// A good assertion for the test's issuer with these claims and header members instead; nil takes one away.
  func assertion(
    _ client: String, at now: Int64, _ claims: [String: JSONValue?] = [:], header: [String: JSONValue?] = [:]
  ) throws -> String {
    var body: JSONObject = [
      "iss": .string(client), "sub": .string(client), "aud": "https://gate.example", "iat": .integer(now),
      "exp": .integer(now + 300), "jti": .string(Base64URL.encode(Random.bytes(12))),
    ]
    for (name, value) in claims { body[name] = value }
    var head: JSONObject = ["alg": "ES256", "kid": .string(identifier), "typ": "JWT"]
    for (name, value) in header { head[name] = value }
    let signed =
      Base64URL.encode(JSONValue.object(head).serialized()) + "."
      + Base64URL.encode(JSONValue.object(body).serialized())
    return try signed + "." + Base64URL.encode(key.sign(Array(signed.utf8)))
  }
}

/// What a request carries with an assertion.
func proof(_ assertion: String) -> [(String, String)] {
  [
    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
    ("client_assertion", assertion),
  ]
}
