internal import Crypto
internal import Glibc
internal import JSON
internal import OAuth
internal import Support

/// A client's key for DPoP, and what requests carry that prove it.
struct Prover: Sendable {
  let program: Program
  let key: SigningKey

  init(_ program: Program) throws {
    self.program = program
    key = try SigningKey.generate()
  }

  /// A good proof of now with these claims and header members instead; `iat` is relative, nil takes a member away.
  func proof(
    for path: String, _ claims: [String: JSONValue?] = [:], header: [String: JSONValue?] = [:]
  ) throws -> String {
    let now = Int64(time(nil))
    var body: JSONObject = [
      "htm": "POST", "htu": .string(Program.issuer + path), "iat": .integer(now),
      "jti": .string(Base64URL.encode(Random.bytes(12))),
    ]
    for (name, value) in claims {
      body[name] = name == "iat" ? value?.integer.map { .integer(now + $0) } : value
    }
    let jwk: JSONObject = [
      "kty": "EC", "crv": "P-256", "x": .string(Base64URL.encode(key.publicKey.x)),
      "y": .string(Base64URL.encode(key.publicKey.y)),
    ]
    var head: JSONObject = ["alg": "ES256", "typ": "dpop+jwt", "jwk": .object(jwk)]
    for (name, value) in header { head[name] = value }
    let signed =
      Base64URL.encode(JSONValue.object(head).serialized()) + "."
      + Base64URL.encode(JSONValue.object(body).serialized())
    return try signed + "." + Base64URL.encode(key.sign(Array(signed.utf8)))
  }

  /// Asks the token endpoint with this proof, or a good one.
  func token(_ client: Client, _ pairs: [(String, String)], _ proof: String? = nil) async throws -> Answer {
    try await program.post(
      "/oauth/token", pairs + client.credentials, [("dpop", proof ?? self.proof(for: "/oauth/token"))])
  }

  func exchange(_ code: String, _ client: Client, _ proof: String? = nil) async throws -> Answer {
    try await token(
      client,
      [
        ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", client.redirectURI),
        ("code_verifier", PKCE.verifier),
      ], proof)
  }

  /// A request to the MCP endpoint with this proof, or a good one.
  func call(_ token: String, scheme: String = "DPoP", _ proof: String? = nil) async throws -> Answer {
    let hash = JSONValue.string(Base64URL.encode(SHA256.hash(token)))
    return try await program.mcp(
      "\(scheme) \(token)", fields: [("dpop", proof ?? self.proof(for: "/mcp", ["ath": hash]))])
  }
}
