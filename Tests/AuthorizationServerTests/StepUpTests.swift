internal import Accounts
internal import Authentication
internal import AuthorizationServer
internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Telemetry
internal import Testing
internal import World

@Suite("J12. Step-up (RFC 9470)")
struct StepUpTests {
  private func claims(_ answer: Answer) throws -> JSONValue {
    let part = try #require(try Tokens(answer).access.split(separator: ".").dropFirst().first)
    return try JSONValue(parsing: try #require(Base64URL.decode(part)))
  }

  /// Whether the login form stands on the page.
  private func asksToSignIn(_ answer: Answer) -> Bool { answer.text.contains("name=\"password\"") }

  @Test(
    arguments: [
      (["max_age": "60"], 60, false), (["max_age": "60"], 61, true), (["max_age": "0"], 1, true),
      (["prompt": "login"], 0, true), (["prompt": "login consent"], 0, true),
      (["prompt": "consent"], 900, false),
      ([:], 7200, false), (["max_age": ""], 7200, false),
    ] as [([String: String?], Int64, Bool)])
  func `§4 whoever signed in too long ago has to do it again`(
    changes: [String: String?], age: Int64, asks: Bool
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    house.clock.advance(.seconds(age))
    #expect(asksToSignIn(await house.consentPage(client, changes, cookie: cookie)) == asks)
  }

  @Test(arguments: [["max_age": "0"], ["prompt": "login"], ["max_age": "30", "prompt": "login"]])
  func `§4 once they did, the way goes on, and the token says when and how`(
    changes: [String: String?]
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    let elsewhere = try await house.cookie()
    house.clock.advance(.seconds(100))
    let page = await house.consentPage(client, changes, cookie: cookie)
    let visit = String((page.fields["set-cookie"] ?? "").prefix { $0 != ";" })
    house.clock.advance(.seconds(20))
    let signedIn = await house.post(
      "/login", [("ticket", page.input("ticket") ?? ""), ("login", "sam"), ("password", House.password)],
      ["cookie": "\(visit); \(cookie)"])
    #expect(signedIn.status == 303)
    let fresh = String((signedIn.fields["set-cookie"] ?? "").prefix { $0 != ";" })
    // The session that was too old has ended.
    #expect(try await house.count("browser_session") == 2)
    // The link is worth nothing to a session that is older than the question.
    #expect(asksToSignIn(await house.get(try #require(signedIn.location), ["cookie": elsewhere])))
    house.clock.advance(.seconds(5))
    let consent = await house.get(try #require(signedIn.location), ["cookie": fresh])
    #expect(!asksToSignIn(consent))
    let code = try #require(await house.decide(consent, cookie: fresh).callback?["code"])
    let answer = await house.exchange(code, client)
    #expect(try claims(answer)["auth_time"]?.integer == 1_795_000_120)
    #expect(try claims(answer)["acr"] == "urn:gatehouse:acr:password")
    // RFC 9068 §2.2.1: a refresh is no sign-in.
    house.clock.advance(.seconds(300))
    let renewed = await house.refresh(try Tokens(answer).refresh, client)
    #expect(try claims(renewed)["auth_time"]?.integer == 1_795_000_120)
    // The link is good for what it was asked for: another question asks again.
    let other = await house.get(
      (signedIn.location ?? "").replacing("state=st4te", with: "state=other"), ["cookie": fresh])
    #expect(asksToSignIn(other))
  }

  @Test func `§4 a pushed request is held to its max_age too`() async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    house.clock.advance(.seconds(100))
    let form = try #require(Form(decoding: client.query(["max_age": "60"]).utf8))
    let pushed = await house.post("/oauth/par", form.pairs.map { ($0.name, $0.value) })
    let uri = try #require(pushed.json["request_uri"]?.string)
    let link = Form([(name: "client_id", value: client.id), (name: "request_uri", value: uri)]).encoded
    let page = await house.get("/oauth/authorize?" + link, ["cookie": cookie])
    #expect(asksToSignIn(page))
    let visit = String((page.fields["set-cookie"] ?? "").prefix { $0 != ";" })
    let signedIn = await house.post(
      "/login", [("ticket", page.input("ticket") ?? ""), ("login", "sam"), ("password", House.password)],
      ["cookie": visit])
    let fresh = String((signedIn.fields["set-cookie"] ?? "").prefix { $0 != ";" })
    let consent = await house.get(try #require(signedIn.location), ["cookie": fresh])
    #expect(await house.decide(consent, cookie: fresh).callback?["code"] != nil)
  }

  @Test(arguments: ["-1", "1.5", "x", "+1", "99999999999"])
  func `§4 a max_age that is no number of seconds is refused`(text: String) async throws {
    let house = try await House()
    let answer = await house.get("/oauth/authorize?" + (try await house.client()).query(["max_age": text]))
    #expect(answer.outcome == "RDR invalid_request")
  }

  @Test func `B53 nobody is asked with prompt=none, so a sign-in that is too old is login_required`()
    async throws
  {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    house.clock.advance(.seconds(100))
    let changes = ["prompt": "none", "max_age": "60"]
    #expect(await house.consentPage(client, changes, cookie: cookie).outcome == "RDR login_required")
  }

  @Test(arguments: [
    ("urn:gatehouse:acr:password", true), ("urn:other urn:gatehouse:acr:password", true),
    ("urn:gatehouse:acr:two-factors", false), ("urn:other", false),
  ])
  func `§5 acr_values that can't be reached fail the request`(values: String, isMet: Bool) async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    let answer = await house.consentPage(client, ["acr_values": values], cookie: cookie)
    #expect(answer.outcome == (isMet ? "PAGE 200" : "RDR unmet_authentication_requirements"))
  }

  @Test func `§6_2 introspection tells when and how the person signed in`() async throws {
    let house = try await House()
    let tokens = try await house.tokens(try house.client())
    let asker = try await house.client(method: .secretPost)
    let told = await house.post("/oauth/introspect", [("token", tokens.access)] + asker.credentials).json
    #expect(told["auth_time"]?.integer == 1_795_000_000)
    #expect(told["acr"] == "urn:gatehouse:acr:password")
  }

  @Test func `a service user signs in nowhere, and the token says nothing of it`() async throws {
    let house = try await House()
    let client = try await house.client(
      [], method: .secretPost, grants: [.clientCredentials], serviceUser: house.sam.id)
    let answer = await house.token(client, [("grant_type", "client_credentials")])
    #expect(try claims(answer)["auth_time"] == nil && claims(answer)["acr"] == nil)
  }

  @Test func `§7 the metadata names what can be reached`() async throws {
    let document = await (try House()).get("/.well-known/oauth-authorization-server").json
    #expect(
      document["acr_values_supported"] == [
        "urn:gatehouse:acr:password", "urn:gatehouse:acr:two-factors", "urn:gatehouse:acr:phishing-resistant",
      ])
  }
}
