internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Support
internal import Testing
internal import World

@testable internal import Gatehouse

/// The whole way of a client and its person, at both depths.
@Suite struct `The main job` {
  static let orders: JSONObject = [
    "model": "sale.order", "fields": ["name", "amount_total"], "limit": 3,
  ]

  @Test(arguments: Depth.allCases)
  func `a client registers, is let in, reads records, refreshes, and is dead once it gives its token back`(
    depth: Depth
  ) async throws {
    try await withHouse(depth) { client in
      // RFC 9728 §5.1: the challenge leads to the metadata, which leads to the server, which leads to its endpoints.
      let challenge = try await client.mcp("tools/list", bearer: nil)
      #expect(challenge.status == 401)
      let pointer = "/.well-known/oauth-protected-resource/mcp"
      #expect(
        challenge["www-authenticate"]?.contains("resource_metadata=\"\(client.issuer.origin)\(pointer)\"")
          == true)
      let resource = try await client.get(pointer).json
      #expect(resource["resource"]?.string == client.issuer.resource.text)
      #expect(resource["authorization_servers"]?.array == [.string(client.issuer.url)])
      let metadata = try await client.get("/.well-known/oauth-authorization-server").json
      #expect(metadata["issuer"]?.string == client.issuer.url)
      #expect(metadata["registration_endpoint"]?.string == client.issuer.origin + "/oauth/register")

      let application = try await Application(client)
      let person = Person(client)
      let callback = try await person.authorize(application.link())
      #expect(callback.status == 303)
      #expect(callback["location"]?.hasPrefix(Application.redirectURI + "?") == true)
      let form = try #require(callback.callback)
      #expect(form["state"] == "st4te")
      // RFC 9207 §2: the answer names its issuer.
      #expect(form["iss"] == client.issuer.url)
      let tokens = try await application.exchange(try #require(form["code"]))
      #expect(ScopeSet(known: tokens.scope) == [.read, .write, .offlineAccess])

      let list = try await client.mcp("tools/list", bearer: tokens.access)
      #expect(list.status == 200)
      let names = list.result?["tools"]?.array?.compactMap { $0["name"]?.string } ?? []
      #expect(names.contains("search_read") && names.contains("whoami"))

      let read = try await client.call("search_read", Self.orders, bearer: tokens.access)
      #expect(read.status == 200)
      #expect(read.structured?["records"]?.array?.count == 3)
      #expect(read.result?["isError"]?.bool == false)

      let second = try Tokens(await application.refresh(tokens.refresh))
      #expect(second.refresh != tokens.refresh)
      #expect(try await client.call("whoami", bearer: second.access).status == 200)

      #expect(try await application.revoke(second.refresh).status == 200)
      let dead = try await client.call("whoami", bearer: second.access)
      #expect(dead.status == 401)
      #expect(dead["www-authenticate"]?.contains("error=\"invalid_token\"") == true)
      #expect(try await client.call("whoami", bearer: tokens.access).status == 401)
      #expect(try await application.refresh(second.refresh).verdict == "400 invalid_grant")
      #expect(try await client.entries() >= 10)
    }
  }

  @Test(arguments: Depth.allCases)
  func `a person who says no sends the client away without a code`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let application = try await Application(client)
      let answer = try await Person(client).authorize(application.link(), decision: "deny")
      #expect(answer.callback?["error"] == "access_denied")
      #expect(answer.callback?["code"] == nil)
      #expect(answer.callback?["iss"] == client.issuer.url)
    }
  }

  @Test(arguments: Depth.allCases)
  func `OAuth 2.1 §4.1.3 a code is spent once, and spending it again ends what it gave`(
    depth: Depth
  )
    async throws
  {
    try await withHouse(depth) { client in
      let application = try await Application(client)
      let answer = try await Person(client).authorize(application.link())
      let code = try #require(answer.callback?["code"])
      let tokens = try await application.exchange(code)
      #expect(try await client.call("whoami", bearer: tokens.access).status == 200)
      await #expect(throws: Unexpected.self) { try await application.exchange(code) }
      #expect(try await client.call("whoami", bearer: tokens.access).status == 401)
    }
  }

  @Test(arguments: Depth.allCases)
  func `OAuth 2.1 §4.3.1 a refresh token that comes again after its successor was used ends them all`(
    depth: Depth
  ) async throws {
    try await withHouse(depth) { client in
      let application = try await Application(client)
      let tokens = try await application.tokens(of: Person(client))
      let second = try Tokens(await application.refresh(tokens.refresh))
      let third = try Tokens(await application.refresh(second.refresh))
      #expect(try await client.call("whoami", bearer: third.access).status == 200)
      #expect(try await application.refresh(tokens.refresh).verdict == "400 invalid_grant")
      #expect(try await client.call("whoami", bearer: third.access).status == 401)
      #expect(try await application.refresh(third.refresh).verdict == "400 invalid_grant")
    }
  }

  @Test(arguments: Depth.allCases)
  func `OAuth 2.1 §4.2 a client of its own acts as its service user, without a refresh token`(
    depth: Depth
  )
    async throws
  {
    try await withHouse(depth) { client in
      var draft = Clients.Draft(
        name: "Job", method: .secretBasic, redirectURIs: [], grantTypes: [.clientCredentials])
      draft.serviceUserID = try await client.house.user("accountant").id
      draft.scopes = [.read]
      let added = try await client.house.clients.add(draft)
      let (service, secret) = (added.client, added.secret)
      let basic = "Basic " + Base64.encode(Array("\(service.id):\(try #require(secret))".utf8))
      let form = [("grant_type", "client_credentials")]
      let answer = try await client.post("/oauth/token", form, ["authorization": basic])
      let token = try #require(answer.json["access_token"]?.string)
      #expect(answer.json["refresh_token"] == nil)
      let who = try await client.call("whoami", bearer: token)
      #expect(who.structured?["user"]?["login"]?.string == "accountant")
      let wrong = try await client.post("/oauth/token", form, ["authorization": basic + "eA=="])
      #expect(wrong.status == 401)
      #expect(wrong["www-authenticate"]?.hasPrefix("Basic ") == true)
    }
  }

  @Test(arguments: Depth.allCases)
  func `an access token is dead when its ten minutes are over`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let tokens = try await Application(client).tokens(of: Person(client))
      client.clock.advance(.seconds(599))
      #expect(try await client.call("whoami", bearer: tokens.access).status == 200)
      client.clock.advance(.seconds(1))
      #expect(try await client.call("whoami", bearer: tokens.access).status == 401)
    }
  }

  @Test(arguments: Depth.allCases)
  func `clients without metadata find authorize, token and register at the root`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let application = try await Application(client, at: "/register")
      let answer = try await Person(client).authorize(application.link(at: "/authorize"))
      let tokens = try await application.exchange(try #require(answer.callback?["code"]), at: "/token")
      #expect(try await client.call("whoami", bearer: tokens.access).status == 200)
    }
  }

  @Test(arguments: Depth.allCases)
  func `two people of one client see what each of them may see`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let application = try await Application(client)
      let sales = try await application.tokens(of: Person(client, "sales"))
      let portal = try await application.tokens(of: Person(client, "portal"))
      let ofSales = try await client.call("whoami", bearer: sales.access)
      let ofPortal = try await client.call("whoami", bearer: portal.access)
      #expect(ofSales.structured?["user"]?["login"]?.string == "sales")
      #expect(ofPortal.structured?["user"]?["login"]?.string == "portal")
      #expect(
        ofSales.structured?["connection"]?["id"]?.string
          != ofPortal.structured?["connection"]?["id"]?.string)
      let employees: JSONObject = ["model": "hr.employee", "fields": ["name"]]
      #expect(try await client.call("search_read", employees, bearer: portal.access).failure != nil)
    }
  }

  @Test(arguments: Depth.allCases)
  func `the handshake of 2025-11-25 leads to the same tools`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let key = try await client.key().key
      let fields = [
        "accept": "application/json, text/event-stream", "authorization": "Bearer " + key,
        "mcp-protocol-version": "2025-11-25",
      ]
      let hello = try await client.post(
        "/mcp",
        json: """
          {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},\
          "clientInfo":{"name":"test","version":"1"}}}
          """, fields)
      #expect(hello.result?["protocolVersion"]?.string == "2025-11-25")
      let ready = try await client.post(
        "/mcp", json: #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, fields)
      #expect(ready.status == 202)
      let call = try await client.post(
        "/mcp",
        json: #"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"whoami","arguments":{}}}"#,
        fields)
      #expect(call.structured?["user"]?["login"]?.string == "sales")
    }
  }
}
