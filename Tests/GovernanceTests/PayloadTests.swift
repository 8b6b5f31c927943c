internal import Crypto
internal import JSON
internal import Storage
internal import Testing
internal import World

@testable internal import Governance

@Suite struct `Payloads of audit entries` {
  private static let payload = AuditPayload(
    arguments: ["model": "res.partner", "password": "hunter2"], result: ["count": 3])

  @Test func `nothing is kept unless it was switched on`() async throws {
    let log = try await SealedLog()
    try await log.append(1, payload: Self.payload)
    #expect(try await log.store.rows("SELECT * FROM audit_payload").isEmpty)
    #expect(try await log.audit.list(limit: 1).first?.entry.payloadDigest == nil)
  }

  @Test func `it is kept beside its entry, masked, and its digest is in the chain`() async throws {
    let log = try await SealedLog(keepsPayloads: true)
    try await log.append(1, payload: Self.payload)
    try await log.append(1)
    let records = try await log.audit.list(limit: 10)
    let bodies = try await log.audit.payloads(of: records)
    let body = try #require(bodies[1])
    #expect(bodies.count == 1)
    let kept = try JSONValue(parsing: body)
    #expect(kept["arguments"] == ["model": "res.partner", "password": "•••"])
    #expect(kept["result"] == ["count": 3])
    #expect(kept["salt"]?.string?.utf8.count == 22)
    #expect(records.last?.entry.payloadDigest == SHA256.hash(body))
    #expect(records.last?.object["payload"]?.string == SHA256.hash(body).hexadecimal)
    #expect(try await log.verify().firstBad == nil)
    for harm: SQL in [
      "UPDATE audit_payload SET body = CAST(replace(CAST(body AS TEXT), 'res', 'ras') AS BLOB)",
      "DELETE FROM audit_payload",
    ] {
      try await log.tamper(harm)
      #expect(try await log.verify().firstBad?.sequence == 1)
    }
  }

  @Test func `the same payload twice has two digests, so that a dropped one can't be guessed`() async throws {
    let log = try await SealedLog(keepsPayloads: true)
    try await log.append(2, payload: Self.payload)
    let digests = try await log.audit.list(limit: 2).map(\.entry.payloadDigest)
    #expect(digests[0] != digests[1])
  }

  @Test func `what is long is cut, after it was masked`() throws {
    let long = String(repeating: "é", count: 20_000)
    let kept = try JSONValue(
      parsing: AuditPayload(arguments: ["text": .string(long), "token": "abc"], result: ["ok": true]).kept(
        salt: []))
    #expect(kept["arguments"]?["truncated"] == true)
    #expect(kept["arguments"]?["bytes"] == 40_031)
    let start = try #require(kept["arguments"]?["start"]?.string)
    #expect(start.utf8.count <= AuditPayload.limit + 3 && start.hasPrefix(#"{"text":"éé"#))
    #expect(kept["result"] == ["ok": true])
    let secret = AuditPayload(arguments: ["password": .string(long)], result: nil)
    #expect(try JSONValue(parsing: secret.kept(salt: []))["arguments"] == ["password": "•••"])
  }
}

@Suite struct `Masking of secrets` {
  @Test(
    arguments: [
      "password", "Password", "new_password", "PASSWD", "passphrase", "secret", "client_secret",
      "clientSecret",
      "token", "access_token", "refreshToken", "x-auth-token", "Authorization", "api_key", "apiKey",
      "API-KEY",
      "access key", "private_key", "credentials", "Set-Cookie", "pin", "OTP", "jwt", "code_verifier",
      "client_assertion", "passwort",
    ])
  func `what stands under such a name is masked, whatever it is`(name: String) {
    for value: JSONValue in ["x", 1, 1.5, ["a"], ["b": "c"]] {
      #expect(Masking.masked(.object([name: value])) == .object([name: "•••"]))
    }
    #expect(Masking.masked(.object([name: nil])) == .object([name: nil]))
    #expect(Masking.masked(.object([name: true])) == .object([name: true]))
  }

  @Test(arguments: ["name", "model", "description", "spinning", "opinion", "passenger", "key", "code", "id"])
  func `what stands under another name stays`(name: String) {
    #expect(Masking.masked(.object([name: "x"])) == .object([name: "x"]))
  }

  @Test(
    arguments: [
      (["values": [["login": "eve", "password": "x"]]], ["values": [["login": "eve", "password": "•••"]]]),
      (["domain": [["password", "=", "x"]]], ["domain": [["password", "=", "•••"]]]),
      (["domain": [["name", "=", "x"]]], ["domain": [["name", "=", "x"]]]),
      ([["name": "smtp_password", "value": "x"]], [["name": "smtp_password", "value": "•••"]]),
      ([["key": "color", "value": "x"]], [["key": "color", "value": "x"]]),
      (["body": #"{"password":"x","a":[1]}"#], ["body": #"{"password":"•••","a":[1]}"#]),
      (["body": #"{"b":"{\"token\":\"x\"}"}"#], ["body": #"{"b":"{\"token\":\"•••\"}"}"#]),
    ] as [(JSONValue, JSONValue)])
  func `secrets are found where records, domains and documents have them`(value: JSONValue, masked: JSONValue)
  {
    #expect(Masking.masked(value) == masked)
  }

  private static let long = "0123456789abcdefghijABCDEFGHIJ0123456789ab"

  @Test(
    arguments: [
      ("gk_live_0123456789A_\(long)_Ab12Cd", "•••"),
      ("my key is gk_live_0123456789A_\(long)_Ab12Cd, keep it", "my key is •••, keep it"),
      ("gr_\(long)", "•••"), ("gc_\(long)", "•••"), ("gs_\(long)", "•••"), ("gi_\(long)", "•••"),
      ("gm_\(long)", "•••"), ("gd_\(long)", "•••"), ("(gr_\(long))", "(•••)"),
      ("x=gr_\(long)&y=1", "x=•••&y=1"),
      ("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl", "•••"),
      ("Bearer abcdefgh12345", "Bearer •••"), ("bearer  abcdefgh12345 and more", "bearer  ••• and more"),
      ("Authorization: Basic dXNlcjpwYXNz", "Authorization: •••"), ("DPoP abcdefghijkl", "DPoP •••"),
      ("password=hunter2&name=eve", "password=•••&name=eve"), ("password: hunter2", "password: •••"),
      (#"the "api_key": "abc", said"#, #"the "api_key": "•••", said"#),
      ("smtps://eve:hunter2@mail.example/x", "smtps://eve:•••@mail.example/x"),
      ("https://example.com/a@b:c", "https://example.com/a@b:c"),
      (
        "a\n-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\nb",
        "a\n•••\nb"
      ),
      ("-----BEGIN EC PRIVATE KEY-----\nMIIB", "•••"),
      ("-----BEGIN CERTIFICATE-----\nMIIB", "-----BEGIN CERTIFICATE-----\nMIIB"),
      // What people write.
      ("the bearer of good news", "the bearer of good news"), ("a basic idea", "a basic idea"),
      ("your password was changed", "your password was changed"), ("gk_short", "gk_short"),
      ("Größe: 3 €, 日本語", "Größe: 3 €, 日本語"), ("", ""), ("sale.order", "sale.order"),
      ("eyJ", "eyJ"), ("10.1.0.0/16", "10.1.0.0/16"), ("://", "://"),
    ])
  func `secrets are found in texts, and nothing else is`(text: String, masked: String) {
    #expect(Masking.masked(.string(text)) == .string(masked))
  }

  @Test func `a hostile text costs no more than its length`() {
    for piece in ["://", "gk_", "Bearer ", "-----BEGIN", "password=", #"{"a":"#, "\u{301}", "eyJ."] {
      let text = String(repeating: piece, count: 60_000 / piece.utf8.count)
      let began = ContinuousClock.now
      _ = Masking.masked(.string(text))
      #expect(ContinuousClock.now - began < .seconds(2), "\(piece)")
    }
  }
}
