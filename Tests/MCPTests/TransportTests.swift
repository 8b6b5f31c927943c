internal import Authentication
internal import Governance
internal import HTTP
internal import JSON
internal import MCP
internal import OAuth
internal import Storage
internal import Testing
internal import World

@testable internal import Tools

@Suite("MCP transport and governance")
struct TransportTests {
  @Test(arguments: [("GET", 405), ("DELETE", 405), ("HEAD", 405), ("PUT", 405), ("OPTIONS", 204)])
  func `transports: nothing but POST, and Allow says so`(method: String, status: Int) async throws {
    let response = await (try House()).endpoint.respond(
      to: Request(method: Method(method), path: "/mcp"), caller: makeCaller())
    #expect(response.status == status)
    #expect(response.fields["allow"] == "POST, OPTIONS")
  }

  @Test(arguments: [
    ("application/json", 200), ("application/json; charset=utf-8", 200), ("APPLICATION/JSON", 200), ("", 415),
    ("text/plain", 415), ("application/json; charset=utf-16", 415), ("application/jsonp", 415),
    ("application/x-www-form-urlencoded", 415),
  ])
  func `RFC 9110 §15.5.16 a body that is not JSON is 415`(type: String, status: Int) async throws {
    let answer = try await House().post(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, ["content-type": type])
    #expect(answer.status == status)
  }

  @Test(arguments: [
    ("application/json, text/event-stream", 200, "application/json"), ("", 200, "application/json"),
    ("*/*", 200, "application/json"), ("application/*", 200, "application/json"),
    ("application/json", 200, "application/json"), ("text/event-stream", 200, "text/event-stream"),
    ("application/json;q=0, text/event-stream", 200, "text/event-stream"),
    ("text/html", 406, "application/json"),
    ("application/json;q=0, text/html", 406, "application/json"),
  ])
  func `RFC 9110 §12.5.1 what the client can read decides the form of the answer`(
    accept: String, status: Int, type: String
  ) async throws {
    let answer = try await House().post(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, ["accept": accept])
    #expect(answer.status == status)
    #expect(answer.fields["content-type"] == type)
    if type == "text/event-stream" {
      #expect(answer.text == "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n")
    }
  }

  @Test func `authorization: a missing scope is 403 with a challenge that names every scope`() async throws {
    let house = try await House()
    let answer = await house.called("note")
    #expect(answer.status == 403)
    #expect(
      answer.fields["www-authenticate"] == """
        Bearer error="insufficient_scope", scope="mcp:read mcp:write", \
        resource_metadata="https://gate.example/.well-known/oauth-protected-resource/mcp", \
        error_description="this operation needs another scope"
        """)
    #expect(answer.json["id"] == 1)
    #expect(answer.code == 403)
    #expect(house.note.count == 0)
    let legacy = await house.post(
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"note"}}"#,
      ["mcp-protocol-version": "2025-11-25"])
    #expect(legacy.status == 403)
    #expect(legacy.code == -32000)
  }

  @Test func `a call over the limit is a result with its rule and its wait, HTTP 200`() async throws {
    let house = try await House()
    let caller = makeCaller(perMinute: 1)
    #expect(await house.called("echo", #"{"text":"a"}"#, caller).result?["isError"] == false)
    let refused = await house.called("echo", #"{"text":"a"}"#, caller)
    #expect(refused.status == 200)
    #expect(refused.result?["isError"] == true)
    #expect(refused.result?["structuredContent"]?["rule"] == "/connection/limits/per_minute")
    #expect(refused.result?["structuredContent"]?["retry_after_seconds"] == 20)
    house.clock.advance(.seconds(20))
    #expect(await house.called("echo", #"{"text":"a"}"#, caller).result?["isError"] == false)
  }

  @Test func `another method over the limit is 429 with Retry-After, RateLimit and the id`() async throws {
    let house = try await House()
    for _ in 0..<60 { #expect(await house.modern("tools/list").status == 200) }
    let modern = await house.modern("tools/list", id: #""x""#)
    #expect(modern.status == 429)
    #expect(modern.fields["retry-after"] == "60")
    #expect(modern.fields["ratelimit"] == #""per-minute";r=0;t=60"#)
    #expect(modern.fields["ratelimit-policy"] == #""per-minute";q=60;w=60"#)
    #expect(modern.code == 429)
    #expect(modern.json["id"] == "x")
    let legacy = await house.post(#"{"jsonrpc":"2.0","id":5,"method":"ping"}"#)
    #expect(legacy.status == 429)
    #expect(legacy.code == -32000)
    #expect(legacy.json["id"] == 5)
    #expect(await house.called("echo", #"{"text":"a"}"#).status == 200, "calls have a count of their own")
  }

  @Test func `the master switch refuses calls as results and the rest with 503`() async throws {
    let house = try await House()
    try await Rulebook(store: house.store, world: house.clock.world).setOpen(false)
    for tool in ["echo", "nothing"] {
      let call = await house.called(tool)
      #expect(call.status == 200)
      #expect(call.result?["structuredContent"]?["rule"] == "(master switch)")
    }
    #expect(await house.modern("tools/list").status == 503)
    try await Rulebook(store: house.store, world: house.clock.world).setOpen(true)
    #expect(await house.modern("tools/list").status == 200)
  }

  @Test func `whoami tells who, by what connection, and what is left`() async throws {
    let house = try await House()
    let answer = await house.called("whoami")
    #expect(
      answer.result?["structuredContent"]?.text == """
        {"user":{"id":7,"login":"sales","name":"Sam Sales","groups":["sales/user"],"is_administrator":false},\
        "company":{"id":1,"ids":[1]},\
        "connection":{"id":"con_1","name":"Claude","client_id":null,"credential":"api_key"},"scopes":["mcp:read"],\
        "allowed_tools":null,"allowed_models":null,\
        "limits":[{"name":"per_minute","limit":60,"remaining":59,"window_seconds":60,"resets_at":"2026-11-18T11:07:00.000Z"}]}
        """)
  }

  @Test func `whoami keeps what its output schema promises`() async throws {
    for caller in [
      makeCaller(), makeCaller(perMinute: .max),
      makeCaller(scopes: [.admin, .offlineAccess], allowedTools: ["whoami"]),
    ] {
      let structured = await (try House()).called("whoami", "{}", caller).result?["structuredContent"]?.object
      #expect(WhoAmI().definition.misfits(of: try #require(structured)) == [])
    }
    #expect(!WhoAmI().definition.misfits(of: ["user": 7]).isEmpty)
  }

  @Test func `whatever comes, an answer goes out that is JSON, on record, and never 5xx`() async throws {
    let house = try await House()
    let seeds = [
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"a"},\#(House.meta)}}"#,
      #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"}]"#,
      #"{"jsonrpc":"2.0","id":"x","method":"tools/list","params":{"cursor":"after:echo"}}"#,
    ].map { Array($0.utf8) }
    let versions = ["2026-07-28", "2025-11-25", "2025-03-26", "", "x"]
    var state: UInt64 = 42
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for round in 0..<2000 {
      var bytes = seeds[next(seeds.count)]
      for _ in 0...next(4) {
        let place = next(bytes.count)
        switch next(4) {
        case 0: bytes[place] = UInt8(next(256))
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(Array(#"{}[]":,0-\nul"#.utf8)[next(13)], at: place)
        default: bytes.swapAt(place, next(bytes.count))
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      var fields: Fields = [
        "content-type": "application/json", "mcp-method": "tools/call", "mcp-name": "echo",
      ]
      let version = versions[next(versions.count)]
      if !version.isEmpty { fields["mcp-protocol-version"] = version }
      if round % 50 == 0 { house.clock.advance(.seconds(60)) }
      let answer = Answer(
        await house.endpoint.respond(
          to: Request(method: .post, path: "/mcp", fields: fields, body: bytes), caller: makeCaller()))
      #expect(answer.status < 500)
      #expect(answer.status == 202 ? answer.text.isEmpty : !answer.json.isNull, "\(answer.text)")
    }
    #expect(try await house.audit.verify().firstBad == nil)
    #expect(try await house.audit.list(limit: 1).first?.sequence ?? 0 >= 2000)
  }

  @Test func `a catalogue takes no two tools of one name and none that contradicts itself`() throws {
    #expect(throws: CatalogueError(tool: "echo", reason: "two tools have this name")) {
      try ToolCatalogue([Echo(), Echo()])
    }
    struct Sly: Tool {
      let definition = ToolDefinition(
        name: "sly", title: "Sly", description: "Says that it reads.", category: .read, group: .read,
        risk: .low,
        effect: .deletes, results: [.required("done", .boolean, "")])
      func call(_ permit: consuming Permit) async -> ToolResult { ToolResult(["done": true]) }
    }
    #expect(throws: CatalogueError(tool: "sly", reason: "a read tool must only read")) {
      try ToolCatalogue([Echo(), Sly()])
    }
    let catalogue = try ToolCatalogue([Echo(), WhoAmI()])
    #expect(catalogue["whoami"]?.definition.name == "whoami")
    #expect(catalogue["Whoami"] == nil)
  }

  @Test func `the audit log has every answer, and what is written is on record before`() async throws {
    let house = try await House()
    let writer = makeCaller(scopes: [.write])
    _ = await house.called("echo", #"{"text":"secret-argument"}"#)
    _ = await house.called("note", "{}", writer)
    _ = await house.called("note")
    _ = await house.called("nothing")
    _ = await house.called("fail")
    _ = await house.modern("tools/list")
    _ = await house.post("{")
    _ = await house.post(
      #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"no/such"}]"#)
    let records = try await house.audit.list(limit: 100).reversed()
    let lines = records.map(\.entry).map {
      "\($0.kind.rawValue) \($0.method) \($0.tool ?? "-") \($0.status ?? 0) \($0.code ?? "-")"
    }
    #expect(
      lines == [
        "response tools/call echo 200 -", "request tools/call note 0 -", "response tools/call note 200 -",
        "refusal tools/call note 403 insufficient_scope", "refusal tools/call nothing 400 -32602",
        "response tools/call fail 200 unknown_model", "response tools/list - 200 -",
        "refusal (body) - 400 -32700",
        "response ping - 200 -", "refusal no/such - 200 -32601",
      ])
    #expect(records.allSatisfy { $0.entry.connectionID == "con_1" && $0.entry.login == "sales" })
    #expect(records.allSatisfy { !$0.object.text.contains("secret-argument") })
    #expect(try await house.audit.verify().firstBad == nil)
  }

  @Test func `fail closed: without an audit entry there is no answer and nothing is written`() async throws {
    let house = try await House(migrated: false)
    let read = await house.called("echo", #"{"text":"a"}"#)
    #expect(read.status == 500)
    #expect(read.code == -32603)
    #expect(read.json["id"] == 1)
    #expect(read.result == nil)
    _ = await house.called("note", "{}", makeCaller(scopes: [.write]))
    #expect(house.note.count == 0)
  }

  @Test(
    arguments: [
      ("https://claude.ai", "gate.example", nil), (nil, "gate.example", nil), (nil, "GATE.example:8443", nil),
      ("HTTPS://Claude.ai", "gate.example", nil), ("https://evil.example", "gate.example", 403),
      ("null", "gate.example", 403), ("https://claude.ai.evil.example", "gate.example", 403),
      ("http://claude.ai", "gate.example", 403), (nil, "evil.example", 403), (nil, nil, 403),
      (nil, "gate.example.evil.example", 403), (nil, "127.0.0.1:8080", nil), (nil, "127.0.0.1:9999", 403),
      (nil, "[::1]:8080", nil), (nil, "[::1]", nil),
    ] as [(String?, String?, Int?)])
  func `transports: a foreign Origin or Host is 403`(origin: String?, host: String?, status: Int?) {
    let rule = OriginRule(origins: ["https://claude.ai"], hosts: ["gate.example", "127.0.0.1:8080", "[::1]"])
    var request = Request(method: .post, path: "/mcp")
    request.fields["origin"] = origin
    request.fields["host"] = host
    #expect(rule.refusal(of: request)?.status == status)
  }

  @Test func `transports: two Origins or two Hosts are 403`() {
    let rule = OriginRule(origins: ["https://claude.ai"], hosts: ["gate.example"])
    for name in ["origin", "host"] {
      var request = Request(
        method: .post, path: "/mcp", fields: ["origin": "https://claude.ai", "host": "gate.example"])
      request.fields.add(name, request.fields[name] ?? "")
      #expect(rule.refusal(of: request)?.status == 403)
    }
  }
}
