internal import HTTP
internal import JSON
internal import OAuth
internal import Testing

@Suite("MCP 2025-03-26 to 2025-11-25")
struct HandshakeTests {
  @Test(arguments: [
    ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"),
    ("2024-11-05", "2025-11-25"), ("2026-07-28", "2025-11-25"), ("9", "2025-11-25"),
  ])
  func `lifecycle: a supported version is echoed, another is countered with the latest handshake`(
    asked: String, agreed: String
  ) async throws {
    let answer = try await House().post(
      """
      {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"\(asked)","capabilities":{},\
      "clientInfo":{"name":"test","version":"1"}}}
      """)
    let title = agreed == "2025-03-26" ? "" : #""title":"Gatehouse","#
    #expect(
      answer.transcript == """
        200 {"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"\(agreed)","capabilities":{"tools":{"listChanged":true},"logging":{}},\
        "serverInfo":{"name":"gatehouse",\(title)"version":"1.0.0"},"instructions":"Ask whoami first."}}
        """)
    #expect(answer.fields["mcp-session-id"]?.utf8.count == 32)
  }

  @Test func `lifecycle: initialize without a version is -32602`() async throws {
    let answer = try await House().post(#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#)
    #expect(answer.status == 200)
    #expect(answer.code == -32602)
  }

  @Test func `the first requests of the official client at 2025-11-25`() async throws {
    let house = try await House()
    let version = ["mcp-protocol-version": "2025-11-25"]
    let first = await house.post(
      """
      {"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},\
      "clientInfo":{"name":"mcp","version":"0.1.0"}},"jsonrpc":"2.0","id":0}
      """)
    #expect(first.result?["protocolVersion"] == "2025-11-25")
    #expect(
      await house.post(#"{"method":"notifications/initialized","jsonrpc":"2.0"}"#, version).transcript
        == "202")
    let list = await house.post(#"{"method":"tools/list","jsonrpc":"2.0","id":1}"#, version)
    #expect(list.tools == ["echo", "fail", "whoami"])
    #expect(list.result?["resultType"] == nil)
    #expect(list.result?["ttlMs"] == nil)
    #expect(list.result?["_meta"] == nil)
    let call = await house.post(
      #"{"method":"tools/call","params":{"name":"echo","arguments":{"text":"hi"}},"jsonrpc":"2.0","id":2}"#,
      version)
    #expect(
      call.transcript == #"""
        200 {"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"{\"text\":\"hi\"}"},\#
        {"type":"text","text":"echoed"}],"structuredContent":{"text":"hi"},"isError":false}}
        """#)
    #expect(
      await house.post(#"{"method":"ping","jsonrpc":"2.0","id":3}"#, version).transcript
        == #"200 {"jsonrpc":"2.0","id":3,"result":{}}"#)
  }

  @Test(arguments: [
    ("2025-03-26", false), ("", false), ("2025-06-18", true), ("2025-11-25", true),
  ])
  func `schema: titles, output schemas and structured content come with 2025-06-18`(
    version: String, expected: Bool
  ) async throws {
    let house = try await House()
    let list = await house.post(
      #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, ["mcp-protocol-version": version])
    let tool = try #require(list.result?["tools"]?.array?.first)
    #expect((tool["title"] != nil) == expected)
    #expect((tool["outputSchema"] != nil) == expected)
    #expect(tool["annotations"]?["title"] == "Echo")
    let call = await house.post(
      #"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"fail"}}"#,
      ["mcp-protocol-version": version])
    #expect((call.result?["structuredContent"] != nil) == expected)
    #expect(
      call.result?["content"]?.array?.count == (expected ? 1 : 2), "what has no member of its own is text")
  }

  typealias Row = (case: String, body: String, version: String, status: Int, code: Int64)

  @Test(
    arguments: [
      ("no JSON", "{", "2025-11-25", 400, -32700), ("no JSON, no header", "nope", "", 400, -32700),
      ("a batch", #"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, "2025-06-18", 400, -32600),
      ("a batch", #"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, "2025-11-25", 400, -32600),
      ("an empty batch", "[]", "2025-03-26", 400, -32600),
      ("id null", #"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, "", 400, -32600),
      ("unknown method", #"{"jsonrpc":"2.0","id":1,"method":"no/such"}"#, "2025-11-25", 200, -32601),
      ("server/discover", #"{"jsonrpc":"2.0","id":1,"method":"server/discover"}"#, "2025-11-25", 200, -32601),
      ("resources are not declared", #"{"jsonrpc":"2.0","id":1,"method":"resources/list"}"#, "", 200, -32601),
      (
        "unknown tool", #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}"#,
        "2025-06-18", 200, -32602
      ),
      ("no tool", #"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#, "", 200, -32602),
      (
        "bad cursor", #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}}"#, "", 200,
        -32602
      ),
      ("2024-11-05", #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, "2024-11-05", 400, -32600),
      (
        "a batch with a message of 2026-07-28",
        #"[{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}]"#,
        "", 400, -32600
      ),
      ("an invalid version", #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, "banana", 400, -32602),
    ] as [Row])
  func `transports: each wrong request has its status and its code`(row: Row) async throws {
    let answer = try await House().post(row.body, ["mcp-protocol-version": row.version])
    #expect(answer.status == row.status, "\(row.case)")
    #expect(answer.code == row.code, "\(row.case): \(answer.text)")
  }

  @Test func `transports 2025-03-26: a batch is answered in one array, its notifications not at all`()
    async throws
  {
    let answer = try await House().post(
      """
      [{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},\
      {"jsonrpc":"2.0","id":2,"method":"initialize","params":{"protocolVersion":"2025-03-26"}},7,\
      {"jsonrpc":"2.0","id":"c","method":"no/such"}]
      """)
    #expect(
      answer.transcript == """
        200 [{"jsonrpc":"2.0","id":1,"result":{}},\
        {"jsonrpc":"2.0","id":2,"error":{"code":-32600,"message":"Invalid request: initialize must not be in a batch"}},\
        {"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid request: a message must be a JSON object"}},\
        {"jsonrpc":"2.0","id":"c","error":{"code":-32601,"message":"Method not found: no/such"}}]
        """)
  }

  @Test func `transports 2025-03-26: a batch without requests is 202, one that is too long 400`() async throws
  {
    let house = try await House()
    let one = #"{"jsonrpc":"2.0","method":"notifications/x"}"#
    #expect(await house.post("[\(one),{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}]").transcript == "202")
    #expect(await house.post("[" + repeatElement(one, count: 51).joined(separator: ",") + "]").status == 400)
  }

  @Test func `transports: responses and notifications are 202`() async throws {
    let house = try await House()
    #expect(await house.post(#"{"jsonrpc":"2.0","id":1,"result":{}}"#).transcript == "202")
    #expect(
      await house.post(#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}"#).transcript == "202")
    #expect(
      await house.post(
        #"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"note"}}"#, [:],
        makeCaller(scopes: [.write])
      )
      .transcript == "202")
    #expect(house.note.count == 0)
  }
}
