internal import Governance
internal import HTTP
internal import JSON
internal import OAuth
internal import Testing

@Suite("MCP 2026-07-28")
struct ModernTests {
  typealias Row = (case: String, body: String, fields: [String: String], status: Int, code: Int64)

  private static func list(_ meta: String, extra: String = "") -> String {
    #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{\#(meta)}\#(extra)}}"#
  }
  private static let version = #""io.modelcontextprotocol/protocolVersion":"2026-07-28""#
  private static let capabilities = #""io.modelcontextprotocol/clientCapabilities":{}"#
  private static let headers = ["mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"]
  private static func headers(_ change: [String: String]) -> [String: String] {
    headers.merging(change) { $1 }
  }
  private static let good = list("\(version),\(capabilities)")

  @Test(
    arguments: [
      ("no JSON", "{", headers, 400, -32700), ("empty body", "", headers, 400, -32700),
      ("a name twice", #"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, headers, 400, -32700),
      ("bytes after", good + " x", headers, 400, -32700),
      ("too large an id", #"{"id":1e999}"#, headers, 400, -32700),
      ("a batch", "[\(good)]", headers, 400, -32600), ("an empty batch", "[]", headers, 400, -32600),
      ("a string", #""x""#, headers, 400, -32600),
      ("no jsonrpc", #"{"id":1,"method":"tools/list"}"#, headers, 400, -32600),
      ("another jsonrpc", #"{"jsonrpc":"1.0","id":1,"method":"tools/list"}"#, headers, 400, -32600),
      ("id null", #"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#, headers, 400, -32600),
      ("id with a fraction", #"{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}"#, headers, 400, -32600),
      ("id true", #"{"jsonrpc":"2.0","id":true,"method":"tools/list"}"#, headers, 400, -32600),
      ("id an array", #"{"jsonrpc":"2.0","id":[],"method":"tools/list"}"#, headers, 400, -32600),
      ("method a number", #"{"jsonrpc":"2.0","id":1,"method":7}"#, headers, 400, -32600),
      ("a response", #"{"jsonrpc":"2.0","id":1,"result":{}}"#, headers, 400, -32600),
      (
        "params an array", #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]}"#, headers, 400,
        -32602
      ),
      ("no params", #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, headers, 400, -32602),
      ("no _meta", #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#, headers, 400, -32602),
      (
        "_meta a string", #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":"x"}}"#, headers,
        400, -32602
      ),
      ("no version in _meta", list(capabilities), headers, 400, -32602),
      ("no capabilities", list(version), headers, 400, -32602),
      (
        "capabilities an array", list(version + #","io.modelcontextprotocol/clientCapabilities":[]"#),
        headers, 400, -32602
      ),
      ("no version header", good, headers(["mcp-protocol-version": ""]), 400, -32020),
      (
        "a handshake version in the header", good, headers(["mcp-protocol-version": "2025-11-25"]), 400,
        -32020
      ),
      ("another version in the header", good, headers(["mcp-protocol-version": "2027-01-01"]), 400, -32020),
      ("no Mcp-Method", good, headers(["mcp-method": ""]), 400, -32020),
      ("another Mcp-Method", good, headers(["mcp-method": "prompts/list"]), 400, -32020),
      ("Mcp-Method in capitals", good, headers(["mcp-method": "TOOLS/LIST"]), 400, -32020),
      (
        "both wrong: the header comes first",
        list(#""io.modelcontextprotocol/protocolVersion":"v9",\#(capabilities)"#), headers, 400, -32020
      ),
      (
        "no envelope and no header match: the envelope comes first", list(version),
        headers(["mcp-method": "x"]), 400, -32602
      ),
      (
        "an unknown version", list(#""io.modelcontextprotocol/protocolVersion":"v9",\#(capabilities)"#),
        headers(["mcp-protocol-version": "v9"]), 400, -32022
      ),
      (
        "a bad cursor", list("\(version),\(capabilities)", extra: #","cursor":"nowhere""#), headers, 400,
        -32602
      ),
      ("an empty cursor", list("\(version),\(capabilities)", extra: #","cursor":"""#), headers, 400, -32602),
      (
        "a cursor that is no string", list("\(version),\(capabilities)", extra: #","cursor":1"#), headers,
        400, -32602
      ),
    ] as [Row])
  func `streamable-http: each wrong request has its status and its code`(row: Row) async throws {
    let answer = try await House().post(row.body, row.fields)
    #expect(answer.status == row.status)
    #expect(answer.code == row.code, "\(row.case): \(answer.text)")
    let id = answer.json["id"]
    #expect(id == (row.code == -32700 || row.code == -32600 ? id : 1), "the request's id comes back")
  }

  @Test(arguments: [#""abc""#, "0", "-7", "9223372036854775807", #""""#, #""\u00e9\"""#])
  func `basic: the id comes back as it was`(id: String) async throws {
    let answer = try await House().modern("server/discover", id: id)
    #expect(answer.status == 200)
    #expect(answer.json["id"] == (try JSONValue(parsing: id)))
  }

  @Test(arguments: [
    "initialize", "ping", "logging/setLevel", "resources/subscribe", "tasks/get", "resources/list", "no/such",
  ])
  func `streamable-http: an unknown or removed method is 404 with -32601`(method: String) async throws {
    let answer = try await House().modern(method)
    #expect(answer.status == 404)
    #expect(answer.code == -32601)
    #expect(answer.json["id"] == 1)
  }

  @Test func `versioning: an unsupported version is told what is supported, and what it asked for`()
    async throws
  {
    let meta =
      #""_meta":{"io.modelcontextprotocol/protocolVersion":"v9","io.modelcontextprotocol/clientCapabilities":{}}"#
    let answer = try await House().post(
      #"{"jsonrpc":"2.0","id":"a","method":"server/discover","params":{\#(meta)}}"#,
      ["mcp-protocol-version": "v9", "mcp-method": "server/discover"])
    #expect(
      answer.transcript == """
        400 {"jsonrpc":"2.0","id":"a","error":{"code":-32022,"message":"Unsupported protocol version",\
        "data":{"supported":["2026-07-28"],"requested":"v9"}}}
        """)
  }

  @Test(arguments: [
    ("echo", 200), ("=?base64?ZWNobw==?=", 200), ("", 400), ("ECHO", 400), ("=?base64?ZWNobw?=", 400),
    ("=?base64?!!?=", 400), ("=?BASE64?ZWNobw==?=", 400), ("ech\u{f6}", 400), ("=?base64?ZWNobx==?=", 400),
  ])
  func `streamable-http: Mcp-Name is decoded and must be the body's name`(
    header: String, status: Int
  ) async throws {
    let answer = try await House().modern(
      "tools/call", #""name":"echo","arguments":{"text":"hi"}"#, ["mcp-name": header])
    #expect(answer.status == status)
    #expect(answer.code == (status == 200 ? nil : -32020))
  }

  @Test(arguments: ["mcp-protocol-version", "mcp-method", "mcp-name"])
  func `streamable-http: a routing header that comes twice is refused`(name: String) async throws {
    let answer = try await House().modern(
      "tools/call", #""name":"echo","arguments":{"text":"hi"}"#, ["mcp-name": "echo"], twice: name)
    #expect(answer.status == 400)
    #expect(answer.code == -32020)
  }

  @Test(arguments: ["notifications/cancelled", "notifications/initialized", "tools/call"])
  func `streamable-http: a notification is 202 without a body and has no effect`(method: String) async throws
  {
    let house = try await House()
    let answer = await house.post(
      #"{"jsonrpc":"2.0","method":"\#(method)","params":{"name":"note"}}"#,
      ["mcp-protocol-version": "2026-07-28"], makeCaller(scopes: [.write]))
    #expect(answer.transcript == "202")
    #expect(house.note.count == 0)
  }

  @Test func `streamable-http: a notification of an unknown version is refused`() async throws {
    let answer = try await House().post(
      #"{"jsonrpc":"2.0","method":"notifications/x"}"#, ["mcp-protocol-version": "v9"])
    #expect(answer.status == 400)
    #expect(answer.code == -32022)
  }

  @Test func `server-discover: versions, capabilities, instructions, cache hints and server info`()
    async throws
  {
    let answer = try await House().modern("server/discover", id: #""discover-1""#)
    #expect(
      answer.transcript == """
        200 {"jsonrpc":"2.0","id":"discover-1","result":{"resultType":"complete","supportedVersions":["2026-07-28"],\
        "capabilities":{"tools":{"listChanged":true}},"instructions":"Ask whoami first.","ttlMs":300000,"cacheScope":"private",\
        "_meta":{"io.modelcontextprotocol/serverInfo":{"name":"gatehouse","title":"Gatehouse","version":"1.0.0"}}}}
        """)
    #expect(answer.fields["content-type"] == "application/json")
    #expect(answer.fields["mcp-session-id"] == nil)
  }

  @Test func `tools-call: structured content and its mirror as text`() async throws {
    let answer = try await House().called("echo", #"{"text":"a\"b"}"#)
    #expect(
      answer.transcript == #"""
        200 {"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","content":[\#
        {"type":"text","text":"{\"text\":\"a\\\"b\"}"},{"type":"text","text":"echoed"}],\#
        "structuredContent":{"text":"a\"b"},"isError":false,\#
        "_meta":{"io.modelcontextprotocol/serverInfo":{"name":"gatehouse","title":"Gatehouse","version":"1.0.0"}}}}
        """#)
  }

  @Test func `tools-call: an unknown tool is -32602 and HTTP 400`() async throws {
    let answer = try await House().called("nothing")
    #expect(answer.status == 400)
    #expect(answer.code == -32602)
    #expect(answer.json["error"]?["message"] == "Unknown tool: nothing")
  }

  @Test(arguments: ["7", "[]", #""x""#])
  func `tools-call: arguments that are no object are -32602`(arguments: String) async throws {
    let answer = try await House().called("echo", arguments)
    #expect(answer.status == 400)
    #expect(answer.code == -32602)
  }

  @Test func `tools-call: a wrong argument is a result that a model can act on`() async throws {
    let answer = try await House().called("echo", #"{"txt":"a"}"#)
    #expect(answer.status == 200)
    #expect(answer.result?["isError"] == true)
    #expect(answer.result?["structuredContent"]?["code"] == "invalid_arguments")
    #expect(
      answer.result?["content"]?.array?.first?["text"] == """
        The arguments of 'echo' are not valid: /text is required: a string; /txt is not known; did you \
        mean 'text'? (known: text).
        """)
  }

  @Test func `tools-call: a tool's failure is a result with its sentence and code`() async throws {
    let answer = try await House().called("fail")
    #expect(answer.status == 200)
    #expect(answer.result?["isError"] == true)
    #expect(answer.result?["content"]?.array?.count == 1)
    #expect(
      answer.result?["content"]?.array?.first?["text"] == "There is no model 'x'. Hint: Use list_models.")
    #expect(answer.result?["structuredContent"]?["code"] == "unknown_model")
  }

  @Test func `tools-list: every page once, in order, and no tool that the caller can't call`() async throws {
    let house = try await House(pageSize: 2)
    var names: [String] = []
    var cursor: String?
    repeat {
      let params = cursor.map { #""cursor":"\#($0)""# } ?? ""
      let answer = await house.modern("tools/list", params, [:], makeCaller(scopes: [.write]))
      names += answer.tools
      #expect(answer.tools.count <= 2)
      #expect(answer.result?["cacheScope"] == "private")
      #expect(answer.result?["ttlMs"] == 0)
      cursor = answer.result?["nextCursor"]?.string
    } while cursor != nil
    #expect(names == ["echo", "note", "fail", "whoami"])
    #expect(await house.modern("tools/list").tools == ["echo", "fail"])
    #expect(
      await house.modern("tools/list", "", [:], makeCaller(allowedTools: ["whoami"])).tools == ["whoami"])
    #expect(await house.modern("tools/list", "", [:], makeCaller(scopes: [])).tools.isEmpty)
    try await Rulebook(store: house.store, world: house.clock.world).setActive(false, tool: "echo")
    #expect(await house.modern("tools/list").tools == ["fail", "whoami"])
  }

  @Test func `tools-list: a tool has its schemas and hints`() async throws {
    let answer = try await House().modern("tools/list")
    var tool = try #require(answer.result?["tools"]?.array?.first?.object)
    // Tools, "icons": pictures that clients can show without asking anybody.
    let icon = try #require(tool["icons"]?.array?.first)
    #expect(icon["src"]?.string?.hasPrefix("data:image/svg+xml;base64,") == true)
    #expect(icon["mimeType"] == "image/svg+xml" && icon["sizes"] == ["any"])
    tool["icons"] = nil
    #expect(
      tool.text == """
        {"name":"echo","title":"Echo","description":"Gives back a text.",\
        "inputSchema":{"type":"object","properties":{"text":{"type":"string","maxLength":100,\
        "description":"What to give back"}},"required":["text"],"additionalProperties":false},\
        "outputSchema":{"type":"object","properties":{"text":{"type":"string","maxLength":65536}},\
        "required":["text"]},"annotations":{"title":"Echo","readOnlyHint":true,"destructiveHint":false,\
        "idempotentHint":true,"openWorldHint":false}}
        """)
  }
}
