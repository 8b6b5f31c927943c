internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import HTTP
internal import HTTPClient
internal import JSON
internal import OAuth
internal import Storage
internal import Testing
internal import World

@Suite("I. Client ID metadata documents")
struct ClientDocumentTests {
  static let id = "https://client.example/app.json"

  /// A good document with these members instead; nil takes one away.
  static func document(_ changes: [String: JSONValue?] = [:], id: String = id) -> String {
    var members: JSONObject = [
      "client_id": .string(id), "client_name": "Assistant",
      "redirect_uris": ["https://client.example/cb", "http://localhost/callback"],
    ]
    for (name, value) in changes { members[name] = value }
    return JSONValue.object(members).text
  }

  static let client = TestClient(id: id, secret: nil, redirectURI: "https://client.example/cb")

  private func ask(_ house: House, _ changes: [String: String?] = [:]) async -> Answer {
    await house.get("/oauth/authorize?" + Self.client.query(changes))
  }

  @Test func `a document makes a client, all the way to a token, its refresh and its end`() async throws {
    let web = Web()
    web.publish(Self.document(), at: Self.id)
    let house = try await House(web: web)
    let tokens = try await house.tokens(Self.client)
    #expect(await house.verdict(of: tokens.access) == "200")
    let next = try Tokens(await house.refresh(tokens.refresh, Self.client))
    #expect(await house.verdict(of: next.access) == "200")
    let end = await house.post("/oauth/revoke", [("client_id", Self.id), ("token", next.refresh)])
    #expect(end.status == 200)
    #expect(await house.verdict(of: next.access) == "401 invalid_token")
    #expect(web.fetched == [Self.id])
    #expect(try await house.count("client") == 0)
    let digest = try await house.store.rows("SELECT document_digest FROM token_family").first
    #expect(digest?.optionalBytes(0)?.count == 32)
  }

  @Test func `the metadata says so, where it is on`() async throws {
    let path = "/.well-known/oauth-authorization-server"
    let on = try await House(web: Web()).get(path)
    #expect(on.json["client_id_metadata_document_supported"] == true)
    #expect(on.json["token_endpoint_auth_methods_supported"]?.array?.contains("none") ?? false)
    for off in [try await House(), try await House(web: Web(), trust: nil)] {
      #expect(await off.get(path).json["client_id_metadata_document_supported"] == nil)
    }
  }

  @Test func `where it is off a URL is no client, and is not fetched`() async throws {
    let web = Web()
    web.publish(Self.document(), at: Self.id)
    let house = try await House(web: web, trust: nil)
    #expect(await ask(house).outcome == "PAGE 400")
    #expect(web.fetched.isEmpty)
  }

  @Test(arguments: [
    ("I1", "http://client.example/app.json"), ("I1", "HTTPS://client.example/app.json"),
    ("I1", "http://127.0.0.1/app.json"), ("I2", "https://client.example"), ("I2", "https://client.example/"),
    ("I2", "https://client.example?x=/y"), ("I3", "https://client.example/app.json#f"),
    ("I3", "https://client.example/app.json#"), ("I4", "https://u@client.example/app.json"),
    ("I4", "https://u:p@client.example/app.json"), ("I4", "https://@client.example/app.json"),
    ("I5", "https://client.example/./app.json"), ("I5", "https://client.example/a/."),
    ("I6", "https://client.example/../app.json"), ("I6", "https://client.example/a/.."),
    ("I7", "https://client.example/%2e%2e/app.json"), ("I7", "https://client.example/%2E/app.json"),
    ("I7", "https://client.example/.%2e/app.json"), ("I7", "https://client.example/a%2f..%2fapp.json"),
    ("I7", "https://client.example/%zz"), ("I7", "https://client.example\\app.json"),
    ("I7", "https://client.example/app json"), ("I7", "https://cl\u{ed}ent.example/app.json"),
    ("I7", "https://client.example:0x1/app.json"), ("I7", "https://client..example/app.json"),
    ("I7", "https:///app.json"), ("I7", "https:client.example/app.json"),
    ("I7", "https://client.example/" + String(repeating: "a", count: 2048)),
  ])
  func `I1 to I7 a URL that can be no client is not fetched`(row: String, id: String) async throws {
    let web = Web()
    web.publish(Self.document(["client_id": .string(id)]), at: id)
    let house = try await House(web: web)
    #expect(await ask(house, ["client_id": id]).outcome == "PAGE 400")
    #expect(
      await house.post("/oauth/token", [("grant_type", "refresh_token"), ("client_id", id)]).verdict
        == "401 invalid_client")
    #expect(web.fetched.isEmpty)
  }

  @Test(arguments: [
    "https://client.example/a", "https://client.example:8443/app.json", "https://client.example/app.json?v=2",
    "https://client.example/a..b/.well-known/c.json", "https://CLIENT.example/app.json",
    "https://client.example//app.json", "https://client.example/%61pp.json", "https://client.example/a/",
  ])
  func `other URLs are clients, byte for byte`(id: String) async throws {
    let web = Web()
    web.publish(Self.document(id: id), at: id)
    #expect(await ask(try await House(web: web), ["client_id": id]).outcome == "PAGE 200")
  }

  @Test(arguments: [
    HTTPClientError.forbiddenAddress, .unfitURL, .tooLong, .tooSlow, .unreachable("x"), .busy,
  ])
  func `I8 to I21 what can't be fetched is no client`(error: HTTPClientError) async throws {
    let web = Web()
    web.fail(Self.id, error)
    let house = try await House(web: web)
    #expect(await ask(house).outcome == "PAGE 400")
    let isTheirs = [.forbiddenAddress, .unfitURL, .tooLong].contains(error)
    // A client with tokens is not to register anew because its host was away for a moment.
    #expect(
      await house.refresh("gr_x", Self.client).verdict
        == (isTheirs ? "401 invalid_client" : "503 temporarily_unavailable"))
    #expect(web.fetched.count == 1)
  }

  @Test(arguments: [201, 203, 204, 206, 301, 302, 304, 307, 400, 401, 404, 410, 429, 500, 503])
  func `I18 I19 any status but 200 is an error, and is not kept`(status: Int) async throws {
    let web = Web()
    web.publish(Self.document(), at: Self.id, status: status, cache: "max-age=3600")
    let house = try await House(web: web)
    #expect(await ask(house).outcome == "PAGE 400")
    web.publish(Self.document(), at: Self.id)
    #expect(await ask(house).outcome == "PAGE 400")
    #expect(web.fetched.count == 1)
    house.clock.advance(.seconds(6))
    #expect(await ask(house).outcome == "PAGE 200")
  }

  @Test func `I20 a document of more than 5 KiB is not taken`() async throws {
    let web = Web()
    web.publish(Self.document(["x": .string(String(repeating: "a", count: 5 * 1024))]), at: Self.id)
    #expect(await ask(try await House(web: web)).outcome == "PAGE 400")
  }

  @Test(arguments: [
    ("I22", ""), ("I22", "[]"), ("I22", "null"), ("I22", "\"x\""), ("I22", "{"), ("I22", "<html>"),
    (
      "I22", #"{"client_id":"https://client.example/app.json","client_id":"https://client.example/app.json"}"#
    ),
    ("I22", document() + "x"), ("I22", "\u{feff}" + document()),
    ("client_id", document(["client_id": nil])), ("client_id", document(["client_id": 1])),
    ("client_id", document(id: "https://client.example/APP.json")),
    ("client_id", document(id: "https://client.example/app.json/")),
    ("client_id", document(id: "https://client.example:443/app.json")),
    ("client_id", document(id: "https://evil.example/app.json")),
    ("I24", document(["client_secret": "x"])), ("I24", document(["client_secret_expires_at": 0])),
    ("I24", document(["token_endpoint_auth_method": "client_secret_basic"])),
    ("I24", document(["token_endpoint_auth_method": "client_secret_post"])),
    ("I24", document(["token_endpoint_auth_method": "client_secret_jwt"])),
    ("I26", document(["token_endpoint_auth_method": "private_key_jwt"])),
    ("I26", document(["token_endpoint_auth_method": "tls_client_auth"])),
    ("I28", document(["client_name": nil])), ("I28", document(["client_name": ""])),
    ("I28", document(["client_name": 1])), ("I28", document(["redirect_uris": nil])),
    ("I28", document(["redirect_uris": []])),
    ("I28", document(["redirect_uris": "https://client.example/cb"])),
    ("I28", document(["redirect_uris": [1]])), ("I28", document(["redirect_uris": ["javascript:alert(1)"]])),
    ("I29", document(["jwks": ["keys": [["kty": "RSA", "n": "AQ", "e": "AQAB", "d": "AQ"]]]])),
    ("I29", document(["jwks": ["keys": [["kty": "oct", "k": "AQ"]]]])),
    ("I29", document(["jwks": ["keys": []]])), ("I29", document(["jwks": []])),
    ("jwks xor jwks_uri", document(["jwks": ["keys": []], "jwks_uri": "https://client.example/jwks"])),
    ("I30", document(["jwks_uri": "http://client.example/jwks"])),
    ("I30", document(["jwks_uri": "https://client.example/jwks#x"])),
    ("I30", document(["logo_uri": "https://10.0.0.1/l"])),
    ("I30", document(["logo_uri": "data:image/png;base64,AA=="])),
    ("I30", document(["client_uri": "javascript:alert(1)"])),
  ])
  func `I22 to I30 a document that is wrong is no client`(row: String, document: String) async throws {
    let web = Web()
    web.publish(document, at: Self.id)
    let house = try await House(web: web)
    #expect(await ask(house).outcome == "PAGE 400")
    #expect(await house.refresh("gr_x", Self.client).verdict == "401 invalid_client")
    #expect(web.fetched == [Self.id])
  }

  @Test func `I22 a document that is no UTF-8 is no client`() async throws {
    let fetch: Fetch = { _, _ throws(HTTPClientError) in
      var body = Array(Self.document().utf8)
      body.insert(0xff, at: body.count - 3)
      return HTTPClient.Reply(status: 200, fields: ["content-type": "application/json"], body: body)
    }
    #expect(await ask(try await House(fetch: fetch)).outcome == "PAGE 400")
  }

  @Test(arguments: [
    ("application/json", true), ("application/json; charset=utf-8", true), ("application/cimd+json", true),
    ("text/html", false), ("text/plain", false), ("application/octet-stream", false), (nil, false),
  ])
  func `a document is served as JSON`(type: String?, isTaken: Bool) async throws {
    let web = Web()
    web.publish(Self.document(), at: Self.id, type: type)
    #expect(await ask(try await House(web: web)).outcome == (isTaken ? "PAGE 200" : "PAGE 400"))
  }

  @Test(arguments: [
    ("https://client.example/cb", "PAGE 200"), ("http://localhost:51234/callback", "PAGE 200"),
    ("http://127.0.0.1:51234/callback", "PAGE 400"), ("https://client.example/cb2", "PAGE 400"),
    ("https://evil.example/cb", "PAGE 400"), ("javascript:alert(1)", "PAGE 400"),
  ])
  func `I27 the redirect URI is one of the document's`(uri: String, outcome: String) async throws {
    let web = Web()
    web.publish(
      Self.document([
        "redirect_uris": ["https://client.example/cb", "http://localhost/callback", "javascript:alert(1)"]
      ]), at: Self.id)
    #expect(await ask(try await House(web: web), ["redirect_uri": uri]).outcome == outcome)
  }

  @Test func `B54 the client is not told of an error before a person has seen it`() async throws {
    let web = Web()
    web.publish(Self.document(), at: Self.id)
    #expect(await ask(try await House(web: web), ["scope": "nonsense"]).outcome == "PAGE 400")
  }

  @Test func `MCP the consent page shows the host of the document and of the redirect`() async throws {
    let web = Web()
    web.publish(Self.document(["client_name": "<b>Claude"]), at: Self.id)
    let house = try await House(web: web)
    let page = await house.consentPage(Self.client, cookie: try await house.cookie())
    #expect(page.status == 200)
    #expect(page.text.contains("<bdi class=\"host\">client.example</bdi>"))
    #expect(page.text.contains("&lt;b&gt;Claude") && !page.text.contains("<b>Claude"))
    #expect(!page.text.contains("registered itself"))
  }

  @Test func `I30 nothing that a document names is fetched for a page`() async throws {
    let web = Web()
    web.publish(
      Self.document(["logo_uri": "https://client.example/l.png", "jwks_uri": "https://client.example/jwks"]),
      at: Self.id)
    let house = try await House(web: web)
    #expect(await house.consentPage(Self.client, cookie: try await house.cookie()).status == 200)
    #expect(web.fetched == [Self.id])
  }

  @Test func `I31 a thousand first requests at once are one fetch`() async throws {
    let web = Web()
    web.publish(Self.document(), at: Self.id)
    let house = try await House(web: web)
    web.hold()
    let outcomes = await withTaskGroup(of: String.self) { group in
      for _ in 0..<1000 { group.addTask { await self.ask(house).outcome } }
      group.addTask {
        while web.fetched.isEmpty { await Task.yield() }
        web.release()
        return "released"
      }
      return await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(outcomes == ["PAGE 200", "released"])
    #expect(web.fetched.count == 1)
  }

  @Test func `I31 one host is asked thirty times a minute at most, others as before`() async throws {
    let web = Web()
    let house = try await House(web: web)
    for number in 0..<100 {
      _ = await ask(house, ["client_id": "https://client.example/\(number)"])
    }
    #expect(web.fetched.count == 30)
    let other = "https://other.example/app.json"
    web.publish(Self.document(id: other), at: other)
    #expect(await ask(house, ["client_id": other]).outcome == "PAGE 200")
    house.clock.advance(.seconds(60))
    _ = await ask(house, ["client_id": "https://client.example/again"])
    #expect(web.fetched.count == 32)
  }

  @Test func `I33 client_credentials is for clients that an administrator registered`() async throws {
    let web = Web()
    web.publish(Self.document(["grant_types": ["client_credentials", "authorization_code"]]), at: Self.id)
    let house = try await House(web: web)
    #expect(
      await house.token(Self.client, [("grant_type", "client_credentials")]).verdict
        == "400 unauthorized_client")
  }

  @Test(arguments: [
    ("client.example", true), ("CLIENT.example", true), ("other.example", false), ("example", false),
    ("*.example", true), ("*.client.example", false), ("lient.example", false),
  ])
  func `I34 a host that is not on the list is not asked`(domain: String, isAllowed: Bool) async throws {
    let web = Web()
    web.publish(Self.document(), at: Self.id)
    let house = try await House(web: web, trust: DocumentClients.Trust(domains: ["x.example", domain]))
    #expect(await ask(house).outcome == (isAllowed ? "PAGE 200" : "PAGE 400"))
    #expect(web.fetched.count == (isAllowed ? 1 : 0))
  }

  @Test(arguments: [
    (nil, 300), ("max-age=600", 600), ("public, max-age=3600", 3600), ("max-age=0", 60), ("max-age=5", 60),
    ("no-store", 60), ("no-cache, max-age=600", 60), ("max-age=99999999", 86400), ("max-age=x", 60),
    ("MAX-AGE=\"600\"", 600),
  ])
  func `RFC 9111 §5_2_2 a document is kept as long as its publisher says, from a minute to a day`(
    cache: String?, seconds: Int64
  ) async throws {
    let web = Web()
    web.publish(Self.document(), at: Self.id, cache: cache)
    let house = try await House(web: web)
    for (advance, count) in [(Int64(0), 1), (seconds - 1, 1), (1, 2)] {
      house.clock.advance(.seconds(advance))
      #expect(await ask(house).outcome == "PAGE 200")
      #expect(web.fetched.count == count)
    }
  }

  @Test func `a document that changes takes its old redirect URIs away`() async throws {
    let web = Web()
    web.publish(Self.document(), at: Self.id)
    let house = try await House(web: web)
    #expect(await ask(house).outcome == "PAGE 200")
    web.publish(Self.document(["redirect_uris": ["https://client.example/new"]]), at: Self.id)
    house.clock.advance(.minutes(5))
    #expect(await ask(house).outcome == "PAGE 400")
    #expect(await ask(house, ["redirect_uri": "https://client.example/new"]).outcome == "PAGE 200")
  }

  @Test func `a client keeps its tokens for a day while its host is away, and asks nobody meanwhile`()
    async throws
  {
    let web = Web()
    web.publish(Self.document(), at: Self.id)
    let house = try await House(web: web)
    var tokens = try await house.tokens(Self.client)
    web.publish("", at: Self.id, status: 302)
    house.clock.advance(.hours(1))
    #expect(await ask(house).outcome == "PAGE 400")
    tokens = try Tokens(await house.refresh(tokens.refresh, Self.client))
    house.clock.advance(.hours(23))
    #expect(await house.refresh(tokens.refresh, Self.client).verdict == "503 temporarily_unavailable")
    web.publish(Self.document(), at: Self.id)
    house.clock.advance(.seconds(6))
    #expect(await house.refresh(tokens.refresh, Self.client).status == 200)
  }

  @Test func `a document that is gone ends its client at once`() async throws {
    let web = Web()
    web.publish(Self.document(), at: Self.id)
    let house = try await House(web: web)
    let tokens = try await house.tokens(Self.client)
    web.publish("", at: Self.id, status: 404)
    house.clock.advance(.minutes(5))
    #expect(await house.refresh(tokens.refresh, Self.client).verdict == "401 invalid_client")
  }

  @Test func `C12 what a person consented to is on record, and differs when the document does`() async throws
  {
    let web = Web()
    let house = try await House(web: web)
    var seen: Set<[UInt8]> = []
    let documents: [[String: JSONValue?]] = [
      [:], ["tos_uri": "https://client.example/tos"], ["client_name": "Other"],
      ["redirect_uris": ["https://client.example/cb"]], ["token_endpoint_auth_method": "none"],
    ]
    for (index, changes) in documents.enumerated() {
      web.publish(Self.document(changes), at: Self.id)
      _ = try await house.code(for: Self.client)
      house.clock.advance(.minutes(10))
      let row = try await house.store.rows(
        "SELECT document_digest FROM token_family ORDER BY created_at DESC LIMIT 1"
      ).first
      seen.insert(try #require(row?.optionalBytes(0)))
      #expect(seen.count == max(1, index))
    }
  }
}
