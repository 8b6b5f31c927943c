internal import Authentication
internal import Governance
internal import HTTP
internal import JSON
internal import MCP
internal import OAuth
internal import Storage
internal import Testing
internal import Tools

/// Asks for a name.
struct Greeting: Prompt {
  let definition = PromptDefinition(
    name: "greeting", title: "Greeting", description: "Greets somebody.",
    arguments: [
      .required("name", "Name", "Whom to greet", .choices(["Ada", "Adele", "Grace"])),
      .optional("uri", "Resource", "What to put in"),
    ], tools: ["echo"])

  func messages(
    _ arguments: [String: String], in context: PromptContext
  ) async throws(PromptError) -> [PromptMessage] {
    if arguments["name"] == "nobody" { throw PromptError("nobody can't be greeted") }
    var messages: [PromptMessage] = []
    if case .contents(let contents) = await context.read(arguments["uri"] ?? "test://none") {
      messages = contents.map { .resource($0) }
    }
    if arguments["name"] == "the house" {
      messages.append(.text(await context.call(Echo(), ["text": "looked up"]).text))
    }
    return messages + [.text("Hello, \(arguments["name"] ?? "")!")]
  }
}

/// Has a blank that is completed from records.
struct Asking: Prompt {
  let definition = PromptDefinition(
    name: "asking", title: "Asking", description: "Asks.",
    arguments: [.optional("record", "Record", "Which one", .names(of: "res.partner"))])

  func messages(
    _ arguments: [String: String], in context: PromptContext
  ) async throws(PromptError) -> [PromptMessage] { [.text("Hello")] }
}

/// Completes with what `echo` answers.
struct EchoedCompletions: CompletionSource {
  func call(
    for kind: CompletionKind, _ value: String, _ others: [String: String]
  ) -> (tool: ToolDefinition, arguments: JSONObject)? { (Echo().definition, ["text": .string(value)]) }

  func complete(_ kind: CompletionKind, _ value: String, _ permit: consuming Permit) async -> Completion {
    let text = permit.call.arguments["text"]?.string ?? ""
    return Completion([text + text])
  }
}

/// Has a view.
struct Viewed: Tool {
  let definition = ToolDefinition(
    name: "viewed", title: "Viewed", description: "Is seen.", category: .read, group: .read, risk: .low,
    effect: .reads, results: [.required("done", .boolean, "")], view: "ui://test/view")

  func call(_ permit: consuming Permit) async -> ToolResult { ToolResult(["done": true]) }
}

extension Repertoire {
  /// Two resources and a template that the rules of `echo` hold for, and prompts.
  static func fixed(prompts: Int = 1) -> Repertoire {
    let resources = FixedResources(
      tool: Echo().definition,
      [
        (
          Resource("test://b", name: "b", title: "B", description: "Bytes", mediaType: "image/png", size: 3),
          ResourceContents("test://b", mediaType: "image/png", .bytes([1, 2, 255]))
        ),
        (
          Resource("test://a", name: "a", title: "A", description: "Text", mediaType: "text/plain"),
          ResourceContents("test://a", mediaType: "text/plain", .text("hello"), meta: ["x": 1])
        ),
      ],
      templates: [
        ResourceTemplate(
          "test://t/{id}/data", name: "t", title: "T", description: "By id", mediaType: "application/json",
          completions: ["id": .choices((0..<150).map { "n\($0)" })])
      ]
    ) { uri, values in
      values["id"] == "none"
        ? nil : ResourceContents(uri, mediaType: "application/json", .text(values["id"] ?? ""))
    }
    return Repertoire(
      resources: ResourceCatalogue([resources]),
      prompts: PromptCatalogue(prompts == 0 ? [] : [Greeting()]))
  }
}

@Suite("Resources, prompts, completion")
struct RepertoireTests {
  private func modern(
    _ method: String, _ params: String = "", _ name: String? = nil, _ caller: Caller = makeCaller(),
    house: House? = nil
  ) async throws -> Answer {
    let house = if let house { house } else { try await House(repertoire: .fixed()) }
    return await house.modern(method, params, name.map { ["mcp-name": $0] } ?? [:], caller)
  }

  private func old(
    _ revision: String, _ method: String, _ params: String = "{}", house: House? = nil
  ) async throws -> Answer {
    let house = if let house { house } else { try await House(repertoire: .fixed()) }
    return await house.post(
      #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(params)}"#,
      ["mcp-protocol-version": revision])
  }

  // MARK: - Declared

  @Test func `server-discover and initialize: what there is is declared, what is not is not answered`()
    async throws
  {
    let full = try await modern("server/discover").result?["capabilities"]
    #expect(full?["resources"] != nil && full?["prompts"] != nil && full?["completions"] == [:])
    let bare = try await House()
    let none = await bare.modern("server/discover").result?["capabilities"]
    #expect(none?["resources"] == nil && none?["prompts"] == nil && none?["completions"] == nil)
    for method in ["resources/list", "resources/templates/list", "prompts/list", "completion/complete"] {
      let answer = await bare.modern(method)
      #expect(answer.status == 404 && answer.code == -32601, "\(method)")
    }
    #expect(
      await bare.modern("resources/read", #""uri":"test://a""#, ["mcp-name": "test://a"]).code == -32601)
    #expect(await bare.modern("prompts/get", #""name":"x""#, ["mcp-name": "x"]).code == -32601)
  }

  @Test(arguments: [("2025-03-26", false, false), ("2025-06-18", false, true), ("2025-11-25", true, true)])
  func `MCP Apps: a tool with a view names it where the revision has _meta, and icons come with 2025-11-25`(
    revision: String, hasIcons: Bool, hasView: Bool
  ) async throws {
    let house = try await House(more: [Viewed()])
    let tool = try await old(revision, "tools/list", house: house).result?["tools"]?.array?.last
    #expect(tool?["name"] == "viewed")
    #expect((tool?["icons"] != nil) == hasIcons)
    #expect((tool?["_meta"]?["ui"]?["resourceUri"] == "ui://test/view") == hasView)
    #expect(
      await house.modern("server/discover").result?["capabilities"]?["extensions"]
        == ["io.modelcontextprotocol/ui": ["mimeTypes": ["text/html;profile=mcp-app"]]])
    #expect(try await House().modern("server/discover").result?["capabilities"]?["extensions"] == nil)
  }

  // MARK: - Resources

  @Test func `resources-list: a page of 2026-07-28 is complete, says how long it holds and for whom`()
    async throws
  {
    let answer = try await modern("resources/list")
    #expect(answer.result?["resultType"] == "complete")
    #expect(answer.result?["ttlMs"] == 0)
    #expect(answer.result?["cacheScope"] == "private")
    #expect(answer.result?["_meta"]?["io.modelcontextprotocol/serverInfo"] != nil)
    #expect(
      answer.result?["resources"]?.array?.first == [
        "uri": "test://a", "name": "a", "title": "A", "description": "Text", "mimeType": "text/plain",
      ])
    #expect(answer.result?["resources"]?.array?.last?["size"] == 3)
  }

  @Test(arguments: [("2025-03-26", false), ("2025-06-18", true), ("2025-11-25", true)])
  func `resources-list, prompts-list: titles came with 2025-06-18`(
    revision: String, hasTitle: Bool
  ) async throws {
    let resource = try await old(revision, "resources/list").result?["resources"]?.array?.first
    #expect((resource?["title"] != nil) == hasTitle)
    let result = try await old(revision, "prompts/list").result
    let prompt = result?["prompts"]?.array?.first
    #expect((prompt?["title"] != nil) == hasTitle)
    #expect((prompt?["arguments"]?.array?.first?["title"] != nil) == hasTitle)
    #expect(prompt?["arguments"]?.array?.first?["required"] == true)
    #expect(result?["resultType"] == nil && result?["ttlMs"] == nil)
  }

  @Test func `resources-list: every page once, in order; a cursor of nobody is -32602`() async throws {
    let house = try await House(pageSize: 1, repertoire: .fixed())
    var uris: [String?] = []
    var cursor = ""
    for _ in 0..<5 {
      let answer = await house.modern("resources/list", cursor)
      uris += answer.result?["resources"]?.array?.map { $0["uri"]?.string } ?? []
      guard let next = answer.result?["nextCursor"]?.string else { break }
      cursor = #""cursor":"\#(next)""#
    }
    #expect(uris == ["test://a", "test://b"])
    for wrong in [#""x""#, #""9:a""#, #""-1:a""#, "7"] {
      #expect(await house.modern("resources/list", #""cursor":\#(wrong)"#).code == -32602)
      #expect(await house.modern("resources/templates/list", #""cursor":\#(wrong)"#).code == -32602)
      #expect(await house.modern("prompts/list", #""cursor":\#(wrong)"#).code == -32602)
    }
  }

  @Test func `resources-templates-list: templates of what the caller may read`() async throws {
    let answer = try await modern("resources/templates/list")
    #expect(answer.result?["resourceTemplates"]?.array?.first?["uriTemplate"] == "test://t/{id}/data")
    #expect(answer.result?["cacheScope"] == "private")
    let nobody = try await modern("resources/templates/list", "", nil, makeCaller(allowedTools: ["whoami"]))
    #expect(nobody.result?["resourceTemplates"] == [])
  }

  @Test(arguments: [
    ("test://a", #"{"uri":"test://a","mimeType":"text/plain","text":"hello","_meta":{"x":1}}"#),
    ("test://b", #"{"uri":"test://b","mimeType":"image/png","blob":"AQL/"}"#),
    ("test://t/a%20b/data", #"{"uri":"test://t/a%20b/data","mimeType":"application/json","text":"a b"}"#),
  ])
  func `resources-read: text as it is, bytes as Base64`(uri: String, contents: String) async throws {
    let answer = try await modern("resources/read", #""uri":"\#(uri)""#, uri)
    #expect(answer.status == 200)
    #expect(answer.result?["contents"] == .array([try JSONValue(parsing: contents)]))
    #expect(answer.result?["resultType"] == "complete" && answer.result?["cacheScope"] == "private")
  }

  @Test(arguments: [
    "test://none", "test://t/none/data", "test://t//data", "test://t/a/b/data", "file:///etc/passwd", "x",
  ])
  func `resources-read: what is not there is -32602, before -32002, with its URI`(uri: String) async throws {
    let answer = try await modern("resources/read", #""uri":"\#(uri)""#, uri)
    #expect(answer.status == 400 && answer.code == -32602)
    #expect(answer.json["error"]?["data"]?["uri"]?.string == uri)
    for revision in ["2025-03-26", "2025-06-18", "2025-11-25"] {
      let answer = try await old(revision, "resources/read", #"{"uri":"\#(uri)"}"#)
      #expect(answer.status == 200 && answer.code == -32002)
      #expect(answer.json["error"]?["data"]?["uri"]?.string == uri)
    }
  }

  @Test(arguments: ["{}", #"{"uri":7}"#, #"{"uri":""}"#])
  func `resources-read: what is no URI is -32602`(params: String) async throws {
    #expect(try await old("2025-11-25", "resources/read", params).code == -32602)
  }

  @Test func `resources-read: Mcp-Name names the URI`() async throws {
    #expect(try await modern("resources/read", #""uri":"test://a""#).code == -32020)
    #expect(try await modern("resources/read", #""uri":"test://a""#, "test://b").code == -32020)
  }

  @Test func `B3 a resource whose tool the caller may not use is as if it were not there`() async throws {
    let caller = makeCaller(allowedTools: ["whoami"])
    let house = try await House(repertoire: .fixed())
    let read = await house.modern("resources/read", #""uri":"test://a""#, ["mcp-name": "test://a"], caller)
    let absent = await house.modern("resources/read", #""uri":"test://z""#, ["mcp-name": "test://z"], caller)
    #expect(read.code == absent.code && read.status == absent.status)
    #expect(await house.modern("resources/list", "", [:], caller).result?["resources"] == [])
    try await Rulebook(store: house.store, world: house.clock.world).setActive(false, tool: "echo")
    #expect(
      await house.modern("resources/read", #""uri":"test://a""#, ["mcp-name": "test://a"]).code == -32602)
    #expect(await house.modern("prompts/list").result?["prompts"] == [])
  }

  @Test func `A11 reading without the scope asks for it`() async throws {
    let answer = try await modern("resources/read", #""uri":"test://a""#, "test://a", makeCaller(scopes: []))
    #expect(answer.status == 403)
    #expect(answer.fields["www-authenticate"]?.contains(#"scope="mcp:read""#) == true)
  }

  @Test func `B5 reading counts as a call, and is refused with the time to wait`() async throws {
    let house = try await House(repertoire: .fixed())
    let caller = makeCaller(perMinute: 2)
    for status in [200, 200, 429] {
      let answer = await house.modern(
        "resources/read", #""uri":"test://a""#, ["mcp-name": "test://a"], caller)
      #expect(answer.status == status)
    }
    #expect(await house.called("echo", #"{"text":"a"}"#, caller).result?["isError"] == true)
  }

  @Test func `A2 the master switch closes resources and prompts`() async throws {
    let house = try await House(repertoire: .fixed())
    try await Rulebook(store: house.store, world: house.clock.world).setOpen(false)
    for (method, params, name) in [
      ("resources/list", "", ""), ("resources/read", #""uri":"test://a""#, "test://a"),
      ("prompts/get", #""name":"greeting""#, "greeting"), ("completion/complete", "", ""),
    ] {
      #expect(await house.modern(method, params, ["mcp-name": name]).status == 503, "\(method)")
    }
  }

  @Test func `B8 reading is on record with its tool, in a prompt too`() async throws {
    let house = try await House(repertoire: .fixed())
    _ = await house.modern("resources/read", #""uri":"test://a""#, ["mcp-name": "test://a"])
    _ = await house.modern("resources/read", #""uri":"test://z""#, ["mcp-name": "test://z"])
    _ = await house.modern(
      "prompts/get", #""name":"greeting","arguments":{"name":"Ada","uri":"test://b"}"#,
      ["mcp-name": "greeting"])
    let entries = try await house.audit.list(limit: 10).map(\.entry).reversed()
    #expect(entries.map(\.method) == ["resources/read", "resources/read", "prompts/get", "prompts/get"])
    #expect(entries.map(\.tool) == ["echo", nil, "echo", nil])
    #expect(entries.map(\.kind) == [.response, .refusal, .response, .response])
    #expect(entries.allSatisfy { $0.status != nil })
  }

  @Test(
    arguments: [
      (#"{"echo":{"deny_if":[{"conditions":[]}]}}"#, 400, -32602),
      (#"{"echo":{"require_approval":true}}"#, 400, -32602),
      (#"{"echo":{"limits":[{"counter":"c","window":"hour","max":1}]}}"#, 429, 429),
      (#"{"echo":{}}"#, 200, nil),
      (#"{"other":{}}"#, 400, -32602),
    ] as [(String, Int, Int64?)])
  func `B4 a policy on a tool holds for the resources that tell the same`(
    tools: String, status: Int, code: Int64?
  ) async throws {
    let house = try await House(repertoire: .fixed())
    // Who asks for approval is somebody of the house.
    try await house.store.write { transaction in
      _ = try transaction.run(
        """
        INSERT INTO account (id, login, name, groups, company_ids, is_administrator, created_at)
        VALUES (7, 'sales', 'Sam Sales', '[]', '[]', 0, 0)
        """)
      _ = try transaction.run(
        """
        INSERT INTO connection (id, account_id, kind, name, scope, version, per_minute, created_at)
        VALUES ('con_1', 7, 'browser', 'Claude', 'mcp:read', 1, 60, 0)
        """)
    }
    try await Rulebook(store: house.store, world: house.clock.world).set(
      Array(#"{"version":"1","default":"deny","tools":\#(tools)}"#.utf8), for: .everything)
    // The first one uses up a limit of one.
    _ = await house.modern("resources/read", #""uri":"test://a""#, ["mcp-name": "test://a"])
    let answer = await house.modern("resources/read", #""uri":"test://a""#, ["mcp-name": "test://a"])
    #expect(answer.status == status && answer.code == code, "\(answer.transcript)")
    let mayFollow = await Repertoire.fixed().resources.mayRead("test://a", makeCaller(), house.governor)
    #expect(mayFollow == (status == 200 || status == 429), "a limit is no secret")
  }

  @Test func `B7 a resource never waits for a person: the tool does`() async throws {
    let house = try await House(repertoire: .fixed())
    try await Rulebook(store: house.store, world: house.clock.world).set(
      Array(#"{"version":"1","default":"allow","tools":{"echo":{"require_approval":true}}}"#.utf8),
      for: .everything)
    #expect(
      await house.modern("resources/read", #""uri":"test://a""#, ["mcp-name": "test://a"]).code == -32602)
    #expect(try await house.governor.approvals.list().isEmpty)
    #expect(await house.modern("resources/list").result?["resources"] == [])
    let entry = try #require(try await house.entries.first { $0.method == "resources/read" })
    #expect(
      entry.kind == .refusal && entry.code == "needs_approval" && entry.rule == "/tools/echo/require_approval"
    )
  }

  @Test func `B8 what a prompt looks up is a call of its tool: counted, refused and on record like one`()
    async throws
  {
    let house = try await House(repertoire: .fixed())
    func greet() async -> String {
      let answer = await house.modern(
        "prompts/get", #""name":"greeting","arguments":{"name":"the house"}"#, ["mcp-name": "greeting"],
        makeCaller(perMinute: 1))
      return answer.result?["messages"]?.array?.first?["content"]?["text"]?.string ?? ""
    }
    #expect(await greet() == "echoed")
    #expect(await greet().contains("This connection has used 1 tool calls a minute."))
    let entries = try await house.entries.filter { $0.tool == "echo" }
    #expect(entries.map(\.kind) == [.response, .refusal])
    #expect(entries.map(\.rule) == [nil, "/connection/limits/per_minute"])
  }

  @Test func `B8 a completion is a call of the tool that tells the same`() async throws {
    let house = try await House(
      repertoire: Repertoire(prompts: PromptCatalogue([Asking()]), completions: EchoedCompletions()))
    func complete(_ caller: Caller = makeCaller()) async -> JSONValue? {
      await house.modern(
        "completion/complete",
        #""ref":{"type":"ref/prompt","name":"asking"},"argument":{"name":"record","value":"a"}"#, [:], caller
      ).result?["completion"]?["values"]
    }
    #expect(await complete() == ["aa"])
    #expect(await complete(makeCaller(perMinute: 1, connectionID: "con_2")) == ["aa"])
    #expect(await complete(makeCaller(perMinute: 1, connectionID: "con_2")) == [])
    try await Rulebook(store: house.store, world: house.clock.world).set(
      Array(
        #"{"version":"1","default":"allow","tools":{"echo":{"deny_if":[{"path":"args.text","op":"eq","value":"a"}]}}}"#
          .utf8), for: .everything)
    #expect(await complete() == [])
    let entries = try await house.entries
    #expect(entries.map(\.tool) == ["echo", "echo", "echo", "echo"])
    #expect(entries.map(\.kind) == [.response, .response, .refusal, .refusal])
    #expect(entries.map(\.code) == [nil, nil, "rate_limited", "policy_denied"])
  }

  @Test func `whether a caller may follow a resource uses nothing of their limit`() async throws {
    let house = try await House(repertoire: .fixed())
    let resources = Repertoire.fixed().resources
    for _ in 0..<100 {
      #expect(await resources.mayRead("test://a", makeCaller(perMinute: 1), house.governor))
    }
    #expect(await !resources.mayRead("test://z", makeCaller(), house.governor))
    #expect(await !resources.mayRead("test://a", makeCaller(allowedTools: []), house.governor))
    #expect(await !resources.mayRead("test://a", makeCaller(scopes: []), house.governor))
    try await Rulebook(store: house.store, world: house.clock.world).setActive(false, tool: "echo")
    #expect(await !resources.mayRead("test://a", makeCaller(), house.governor))
  }

  // MARK: - Prompts

  @Test func `prompts-get: messages with what the caller may read in them`() async throws {
    let answer = try await modern(
      "prompts/get", #""name":"greeting","arguments":{"name":"Ada","uri":"test://a"}"#, "greeting")
    #expect(answer.result?["resultType"] == "complete")
    #expect(answer.result?["ttlMs"] == nil, "what a prompt gives is not kept")
    #expect(
      answer.result?["messages"] == [
        [
          "role": "user",
          "content": [
            "type": "resource",
            "resource": ["uri": "test://a", "mimeType": "text/plain", "text": "hello", "_meta": ["x": 1]],
          ],
        ], ["role": "user", "content": ["type": "text", "text": "Hello, Ada!"]],
      ])
    let without = try await old(
      "2025-06-18", "prompts/get", #"{"name":"greeting","arguments":{"name":"Ada","uri":"test://z"}}"#)
    #expect(without.result?["messages"]?.array?.count == 1)
  }

  @Test(arguments: [
    (#"{"name":"nothing"}"#, "Unknown prompt: nothing"), (#"{"name":7}"#, "'name' must be a string"),
    (#"{"name":"greeting"}"#, "needs the argument 'name': Whom to greet"),
    (#"{"name":"greeting","arguments":{"name":""}}"#, "needs the argument 'name'"),
    (#"{"name":"greeting","arguments":{"name":7}}"#, "must be a string"),
    (#"{"name":"greeting","arguments":[]}"#, "'arguments' must be an object"),
    (#"{"name":"greeting","arguments":{"nmae":"x"}}"#, "no argument 'nmae' (known: name, uri)"),
    (#"{"name":"greeting","arguments":{"name":"nobody"}}"#, "nobody can't be greeted"),
  ])
  func `prompts-get: what is wrong with it is -32602, in a sentence`(
    params: String, sentence: String
  ) async throws {
    let answer = try await old("2025-11-25", "prompts/get", params)
    #expect(answer.code == -32602)
    #expect(answer.json["error"]?["message"]?.string?.contains(sentence) == true)
  }

  @Test func `prompts come and go while the server runs`() async throws {
    let repertoire = Repertoire.fixed()
    let house = try await House(repertoire: repertoire)
    #expect(repertoire.prompts.remove("greeting") && !repertoire.prompts.remove("greeting"))
    #expect(await house.modern("prompts/list").code == -32601)
    repertoire.prompts.add(Greeting())
    repertoire.prompts.add(Greeting())
    #expect(await house.modern("prompts/list").result?["prompts"]?.array?.count == 1)
  }

  // MARK: - Completion

  @Test(arguments: [
    (
      #""ref":{"type":"ref/prompt","name":"greeting"},"argument":{"name":"name","value":"ad"}"#,
      ["Ada", "Adele"]
    ),
    (#""ref":{"type":"ref/prompt","name":"greeting"},"argument":{"name":"name","value":"race"}"#, ["Grace"]),
    (#""ref":{"type":"ref/prompt","name":"greeting"},"argument":{"name":"uri","value":""}"#, []),
    (
      #""ref":{"type":"ref/resource","uri":"test://t/{id}/data"},"argument":{"name":"id","value":"n14"}"#,
      ["n14", "n140", "n141", "n142", "n143", "n144", "n145", "n146", "n147", "n148", "n149"]
    ),
  ])
  func `completion-complete: those that begin so, then those that hold it`(
    params: String, values: [String]
  ) async throws {
    let completion = try await modern("completion/complete", params).result?["completion"]
    #expect(completion?["values"]?.array?.compactMap(\.string) == values)
    #expect(completion?["total"]?.integer == Int64(values.count) && completion?["hasMore"] == false)
  }

  @Test func `completion-complete: at most 100 values, and how many there are`() async throws {
    let completion = try await modern(
      "completion/complete",
      #""ref":{"type":"ref/resource","uri":"test://t/{id}/data"},"argument":{"name":"id","value":""}"#
    ).result?["completion"]
    #expect(completion?["values"]?.array?.count == 100)
    #expect(completion?["total"] == 150 && completion?["hasMore"] == true)
  }

  @Test(arguments: [
    "", #""ref":{"type":"ref/prompt","name":"greeting"}"#, #""ref":{},"argument":{"name":"a","value":"b"}"#,
    #""ref":{"type":"ref/prompt","name":"none"},"argument":{"name":"a","value":"b"}"#,
    #""ref":{"type":"ref/prompt","name":"greeting"},"argument":{"name":"none","value":"b"}"#,
    #""ref":{"type":"ref/resource","uri":"test://none/{x}"},"argument":{"name":"x","value":"b"}"#,
    #""ref":{"type":"ref/resource","uri":"test://t/{id}/data"},"argument":{"name":"x","value":"b"}"#,
    #""ref":{"type":"ref/prompt","name":"greeting"},"argument":{"name":"name","value":7}"#,
  ])
  func `completion-complete: what it can't be of is -32602`(params: String) async throws {
    #expect(try await modern("completion/complete", params).code == -32602)
  }
}
