internal import Crypto
internal import Glibc
internal import JSON

/// A client's key, and assertions signed with it.
struct Signer: Sendable {
  let key: SigningKey
  let identifier: String

  init(_ identifier: String = Base64URL.encode(Random.bytes(6))) throws {
    key = try SigningKey.generate()
    self.identifier = identifier
  }

  /// The public half as a JWK Set.
  var set: JSONValue {
    [
      "keys": [
        [
          "kty": "EC", "crv": "P-256", "kid": .string(identifier), "use": "sig",
          "x": .string(Base64URL.encode(key.publicKey.x)), "y": .string(Base64URL.encode(key.publicKey.y)),
        ]
      ]
    ]
  }

  /// A good assertion of now for the program, with these claims and header members instead; `exp` is relative, nil
  /// takes a member away.
  func assertion(
    _ client: String, _ claims: [String: JSONValue?] = [:], header: [String: JSONValue?] = [:]
  ) throws -> String {
    let now = Int64(time(nil))
    var body: JSONObject = [
      "iss": .string(client), "sub": .string(client), "aud": .string(Program.issuer), "iat": .integer(now),
      "exp": .integer(now + 240), "jti": .string(Base64URL.encode(Random.bytes(12))),
    ]
    for (name, value) in claims {
      body[name] = name == "exp" ? value?.integer.map { .integer(now + $0) } : value
    }
    var head: JSONObject = ["alg": "ES256", "kid": .string(identifier), "typ": "JWT"]
    for (name, value) in header { head[name] = value }
    let signed =
      Base64URL.encode(JSONValue.object(head).serialized()) + "."
      + Base64URL.encode(JSONValue.object(body).serialized())
    return try signed + "." + Base64URL.encode(key.sign(Array(signed.utf8)))
  }
}
