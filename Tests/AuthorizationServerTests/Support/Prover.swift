internal import Crypto
internal import JSON
internal import OAuth
internal import World

/// A client's key for DPoP, and what requests carry that prove it.
struct Prover: Sendable {
  let house: House
  let key: SigningKey

  init(_ house: House) throws {
    self.house = house
    key = try SigningKey.generate()
  }

  var thumbprint: String { key.publicKey.thumbprint }

  var jwk: JSONObject {
    [
      "kty": "EC", "crv": "P-256", "x": .string(Base64URL.encode(key.publicKey.x)),
      "y": .string(Base64URL.encode(key.publicKey.y)),
    ]
  }

  /// A good proof with these claims and header members instead; nil takes one away.
  func proof(
    for path: String, _ claims: [String: JSONValue?] = [:], header: [String: JSONValue?] = [:]
  ) throws -> String {
    var body: JSONObject = [
      "htm": "POST", "htu": .string(house.issuer.origin + path), "iat": .integer(house.clock.now.seconds),
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

  /// Asks the token endpoint with a proof.
  func token(
    _ client: TestClient, _ pairs: [(String, String)], _ claims: [String: JSONValue?] = [:],
    header: [String: JSONValue?] = [:]
  ) async throws -> Answer {
    await house.post(
      "/oauth/token", pairs + client.credentials,
      ["dpop": try proof(for: "/oauth/token", claims, header: header)])
  }

  func exchange(
    _ code: String, _ client: TestClient, _ claims: [String: JSONValue?] = [:],
    header: [String: JSONValue?] = [:]
  ) async throws -> Answer {
    try await token(
      client,
      [
        ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", client.redirectURI),
        ("code_verifier", PKCE.verifier),
      ], claims, header: header)
  }

  func refresh(_ token: String, _ client: TestClient) async throws -> Answer {
    try await self.token(client, [("grant_type", "refresh_token"), ("refresh_token", token)])
  }

  /// Bound tokens for `sam`, all the way.
  func tokens(_ client: TestClient, _ changes: [String: String?] = [:]) async throws -> Tokens {
    try Tokens(await exchange(try await house.code(for: client, changes), client))
  }

  /// A request to the protected resource, with these claims instead in its proof.
  func call(
    _ token: String, _ claims: [String: JSONValue?] = [:], scheme: String = "DPoP",
    header: [String: JSONValue?] = [:]
  ) async throws -> Answer {
    let hash = JSONValue.string(Base64URL.encode(SHA256.hash(token)))
    return await house.call([
      "authorization": "\(scheme) \(token)",
      "dpop": try proof(
        for: house.issuer.resourcePaths[0], ["ath": hash].merging(claims) { $1 }, header: header),
    ])
  }
}
