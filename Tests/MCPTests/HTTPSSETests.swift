internal import Authentication
internal import Governance
internal import HTTP
internal import JSON
internal import Testing
internal import World

@testable internal import MCP
@testable internal import Tools

@Suite("MCP 2024-11-05, HTTP with SSE")
struct HTTPSSETests {
  /// A house with the old transport, and a client whose stream is open.
  private struct Visit {
    let house: House
    let transport: HTTPSSE
    let stream: Streaming

    init(_ house: House, _ caller: Caller = makeCaller()) async {
      self.house = house
      transport = HTTPSSE(house.endpoint, messages: "/t/messages")
      stream = Streaming(
        await transport.open(
          Request(method: .get, path: "/t/sse", fields: ["accept": "text/event-stream"]), caller: caller))
    }

    /// Where the server said to post to.
    var query: String {
      get async { String(await stream.reader.events(1)[0].data.split(separator: "?").last ?? "") }
    }

    func post(_ body: String, _ caller: Caller = makeCaller(), query: String? = nil) async -> Answer {
      let own = await self.query
      return Answer(
        await transport.take(
          Request(
            method: .post, path: "/t/messages", query: query ?? own,
            fields: ["content-type": "application/json"], body: Array(body.utf8)), caller: caller))
    }

    static func initialize(_ version: String = "2024-11-05", capabilities: String = "{}") -> String {
      """
      {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"\(version)",\
      "capabilities":\(capabilities),"clientInfo":{"name":"old","version":"1"}}}
      """
    }
  }

  @Test(arguments: ["2024-11-05", "2025-11-25", "2026-07-28"])
  func `transports: first where to post, then each answer as a message`(asked: String) async throws {
    let visit = try await Visit(House())
    #expect(visit.stream.response.fields["content-type"] == "text/event-stream")
    #expect(visit.stream.reader.text.isEmpty || visit.stream.reader.text.hasPrefix("event: endpoint\n"))
    let first = await visit.stream.reader.events(1)[0].data
    #expect(first.hasPrefix("/t/messages?session_id="))
    let answer = await visit.post(Visit.initialize(asked))
    #expect(answer.transcript == "202")
    // The transport is that revision's, so no other is agreed on.
    let begun = await visit.stream.reader.events(2)[1].json
    #expect(begun["result"]?["protocolVersion"] == "2024-11-05")
    #expect(await visit.post(SessionTests.notification("notifications/initialized")).transcript == "202")
    #expect(await visit.post(SessionTests.list).transcript == "202")
    let listed = await visit.stream.reader.events(3)[2].json
    #expect(listed["id"] == 1)
    #expect(listed["result"]?["tools"]?.array?.isEmpty == false)
    #expect(
      try await visit.house.entries.map(\.method)
        == ["(stream)", "initialize", "notifications/initialized", "tools/list"])
    await visit.stream.leave()
    #expect(visit.house.endpoint.census.sessions == 0)
    #expect(visit.house.endpoint.census.streams == 0)
  }

  @Test func `what the server says of itself comes by the same stream`() async throws {
    let visit = try await Visit(House())
    _ = await visit.post(Visit.initialize())
    _ = await visit.stream.reader.events(2)
    visit.house.endpoint.announce(.tools)
    #expect(await visit.stream.reader.events(3)[2].method == "notifications/tools/list_changed")
    await visit.stream.leave()
  }

  @Test func `a call may talk and ask while it runs`() async throws {
    let house = try await House(more: [
      Talk { talk async throws(Interruption) in
        await talk.progress(1, of: 2, nil)
        let answer = try await talk.ask(.roots("k"))
        return .said("\(answer.object["roots"]?.array?.count ?? 0) roots")
      }
    ])
    let visit = await Visit(house)
    _ = await visit.post(Visit.initialize(capabilities: #"{"roots":{}}"#))
    let call = await visit.post(
      #"{"jsonrpc":"2.0","id":"c","method":"tools/call","params":{"name":"talk","_meta":{"progressToken":5}}}"#
    )
    #expect(call.transcript == "202")
    let asked = await visit.stream.reader.events(4)
    #expect(asked[2].method == "notifications/progress")
    #expect(asked[3].method == "roots/list")
    let id = try #require(asked[3].json["id"])
    _ = await visit.post(#"{"jsonrpc":"2.0","id":\#(id.text),"result":{"roots":[{"uri":"file:///a"}]}}"#)
    let result = await visit.stream.reader.events(5)[4].json
    #expect(result["id"] == "c")
    #expect(result["result"]?["content"]?.array?.first?["text"] == "1 roots")
    await visit.stream.leave()
  }

  @Test func `a session is its connection's, and over with its stream`() async throws {
    let visit = try await Visit(House())
    let query = await visit.query
    #expect(await visit.post(SessionTests.list, makeCaller(connectionID: "con_2")).status == 404)
    for wrong in ["", "session_id=never", "session_id=%zz", "\(query)&\(query)"] {
      #expect(await visit.post(SessionTests.list, query: wrong).status == 404, "\(wrong)")
    }
    #expect(await visit.post(SessionTests.list).status == 202)
    await visit.stream.leave()
    #expect(await visit.post(SessionTests.list, query: query).status == 404)
    #expect(try await visit.house.entries.filter { $0.kind == .refusal }.count == 6)
  }

  @Test func `errors: those of a request by the stream, those of HTTP by HTTP`() async throws {
    let visit = try await Visit(House())
    let unknown = await visit.post(#"{"jsonrpc":"2.0","id":7,"method":"no/such"}"#)
    #expect(unknown.transcript == "202")
    #expect(await visit.stream.reader.events(2)[1].json["error"]?["code"] == -32601)
    let malformed = await visit.post("{")
    #expect(malformed.status == 400)
    #expect(malformed.code == -32700)
    #expect(await visit.stream.reader.events(2).count == 2)
    await visit.stream.leave()
  }

  @Test func `a client that reads no events has no stream, and no more than its share`() async throws {
    let house = try await House(streamsPerConnection: 1)
    let transport = HTTPSSE(house.endpoint, messages: "/messages")
    let json = Request(method: .get, path: "/sse", fields: ["accept": "application/json"])
    #expect(Answer(await transport.open(json, caller: makeCaller())).status == 406)
    let visit = await Visit(house)
    _ = await visit.query
    let second = Answer(
      await visit.transport.open(
        Request(method: .get, path: "/sse", fields: ["accept": "text/event-stream"]), caller: makeCaller()))
    #expect(second.status == 429)
    await visit.stream.leave()
  }
}
