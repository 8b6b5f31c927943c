internal import HTTP
internal import JSON
internal import OAuth
internal import Testing

@testable internal import MCP

/// What no client should send, in both eras.
@Suite("MCP, bad input")
struct ErrorTests {
  private static let modern = ["mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"]
  private static let older = ["mcp-protocol-version": "2025-11-25"]

  private static func request(_ id: String, meta: String = "", more: String = "") -> [UInt8] {
    Array(
      """
      {"jsonrpc":"2.0","id":\(id),"method":"tools/list","params":{"_meta":{\
      "io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}\(meta)}\(more)}}
      """.utf8)
  }

  /// For the older revisions, which would take the envelope for that of the newest.
  private static func plain(_ bytes: [UInt8]) -> [UInt8] {
    Array(
      String(decoding: bytes, as: UTF8.self).replacing(
        #""io.modelcontextprotocol/protocolVersion":"2026-07-28","#, with: ""
      ).utf8)
  }

  private func answers(_ body: [UInt8]) async throws -> [Answer] {
    let house = try await House()
    var answers: [Answer] = []
    for (fields, body) in [(Self.modern, body), (Self.older, Self.plain(body))] {
      var all: Fields = ["content-type": "application/json", "accept": "application/json, text/event-stream"]
      for (name, value) in fields { all[name] = value }
      answers.append(
        Answer(
          await house.endpoint.respond(
            to: Request(method: .post, path: "/mcp", fields: all, body: body), caller: makeCaller())))
    }
    return answers
  }

  private static func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }

  @Test(
    arguments: [
      ("a name twice", request("1", meta: #","x":1,"x":2"#)),
      ("nested too deeply", request("1", more: #","x":\#(nested(70))"#)),
      ("a thousand times deeper", request("1", more: #","x":\#(nested(70_000))"#)),
      ("a number that doesn't fit", request("1", more: #","x":123456789012345678901234567890"#)),
      ("half a surrogate", request("1", more: #","x":"\ud800""#)),
      ("a control character", request("1", more: ",\"x\":\"\u{1}\"")),
      ("half of it", Array(request("1").dropLast(9))),
      ("nothing", []), ("two at once", request("1") + request("2")),
      ("a comment", request("1") + Array("//".utf8)),
    ] as [(String, [UInt8])])
  func `JSON-RPC §5.1 what is no JSON is -32700 and 400, and has no id`(
    what: String, body: [UInt8]
  ) async throws {
    for answer in try await answers(body) {
      #expect(answer.status == 400, "\(what)")
      #expect(answer.code == -32700, "\(what): \(answer.text)")
      #expect(answer.json["id"] == .null)
    }
  }

  @Test func `RFC 8259 §8.1 text that is not UTF-8 is -32700`() async throws {
    let house = try await House()
    for (bytes, fields) in [
      ([0xff], Self.modern), ([0xc3, 0x28], Self.older), ([0xed, 0xa0, 0x80], Self.older),
    ]
      as [([UInt8], [String: String])]
    {
      var all: Fields = ["content-type": "application/json", "accept": "application/json, text/event-stream"]
      for (name, value) in fields { all[name] = value }
      let body = Array(#"{"jsonrpc":"2.0","id":1,"method":"ping","x":""#.utf8) + bytes + Array(#""}"#.utf8)
      let answer = Answer(
        await house.endpoint.respond(
          to: Request(method: .post, path: "/mcp", fields: all, body: body), caller: makeCaller()))
      #expect(answer.status == 400)
      #expect(answer.code == -32700)
    }
  }

  @Test(arguments: [
    "0", "-1", "9223372036854775807", "-9223372036854775808", #""""#, #""a\u0000b""#, #""ünï☃""#,
    "\"\(String(repeating: "x", count: 100_000))\"",
  ])
  func `basic: an id of any length comes back as it was`(id: String) async throws {
    for answer in try await answers(Self.request(id)) {
      #expect(answer.status == 200)
      #expect(answer.json["id"] == (try JSONValue(parsing: id)))
    }
  }

  @Test(arguments: ["null", "1.5", "true", "[]", "{}", "9223372036854775808", "1e3"])
  func `basic: an id that is no string and no integer is refused`(id: String) async throws {
    for answer in try await answers(Self.request(id)) {
      #expect(answer.status == 400)
      #expect(answer.code == -32600 || answer.code == -32700)
      #expect(answer.json["id"] == .null)
    }
  }

  @Test func `basic: members of _meta that nobody knows are left alone`() async throws {
    let meta = #","com.example/trace":{"a":[1,null]},"traceparent":"00-0-0-00","progressToken":{"not":"one"}"#
    for answer in try await answers(Self.request("1", meta: meta)) { #expect(answer.status == 200) }
  }

  @Test func `2026-07-28 never hears the codes of the older revisions`() async throws {
    let house = try await House(mayFollow: { _, _ in false })
    let caller = makeCaller(scopes: [.read], perMinute: 1)
    var codes: [Int64] = []
    for _ in 0..<70 {
      for method in ["tools/list", "tools/call", "resources/read", "resources/subscribe", "no/such"] {
        let answer = await house.modern(
          method, #""name":"note","uri":"test://none""#, ["mcp-name": "note"], caller)
        if let code = answer.code { codes.append(code) }
      }
    }
    #expect(Set(codes).count > 3)
    #expect(codes.allSatisfy { !(-32019 ... -32000).contains($0) })
  }
}
