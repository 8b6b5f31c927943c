internal import Governance
internal import HTTP
internal import JSON
internal import OAuth
internal import Testing
internal import World

@testable internal import MCP
@testable internal import Tools

@Suite("MCP 2025-03-26 to 2025-11-25, sessions and streams")
struct SessionTests {
  static let list = #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#
  static func notification(_ method: String, _ params: String = "{}") -> String {
    #"{"jsonrpc":"2.0","method":"\#(method)","params":\#(params)}"#
  }

  @Test func `session management: an id of visible ASCII, 404 after DELETE, and for one that never was`()
    async throws
  {
    let house = try await House()
    let session = try await house.session()
    #expect(session["mcp-session-id"]?.utf8.allSatisfy { (0x21...0x7e).contains($0) } == true)
    #expect(await house.send(.post, Self.list, session).status == 200)
    #expect(await house.send(.delete, "", session).status == 204)
    #expect(house.endpoint.census.sessions == 0)
    let after = Answer(await house.send(.post, Self.list, session))
    #expect(after.status == 404)
    #expect(after.code == -32600)
    #expect(await house.send(.delete, "", session).status == 404)
    #expect(await house.send(.get, "", session).status == 404)
    #expect(await house.send(.post, Self.list, ["mcp-session-id": "never"]).status == 404)
    #expect(try await house.entries.map(\.kind).suffix(4).allSatisfy { $0 == .refusal })
  }

  @Test func `a session is its connection's: to another it does not exist`() async throws {
    let house = try await House()
    let session = try await house.session()
    let other = makeCaller(connectionID: "con_2")
    #expect(await house.send(.post, Self.list, session, other).status == 404)
    #expect(await house.send(.get, "", session, other).status == 404)
    #expect(await house.send(.delete, "", session, other).status == 404)
    #expect(await house.send(.post, Self.list, session).status == 200)
  }

  @Test(arguments: [
    "0-9223372036854775807", "0--1", "9223372036854775807-0", "0-99999999999999999999", "0-", "-", "x-1",
    "0-7",
  ])
  func `resumability: an id that no event had is 400`(id: String) async throws {
    let house = try await House()
    let session = try await house.session()
    let answer = Answer(await house.send(.get, "", session.merging(["last-event-id": id]) { $1 }))
    #expect(answer.status == 400 && answer.code == -32600)
  }

  @Test func `a session keeps of the client's capabilities what it asks for, however many it is told`()
    async throws
  {
    let house = try await House(more: [
      Talk { talk async throws(Interruption) in
        _ = try await talk.ask(.roots("k"))
        return .said("asked")
      }
    ])
    let session = try await house.session(
      capabilities:
        #"{"roots":{"listChanged":true},"experimental":{"x":\#(String(repeating: "[", count: 40))1\#(String(repeating: "]", count: 40))}}"#
    )
    let stream = Streaming(await house.call("talk", in: session))
    #expect(await stream.reader.events(1).last?.method == "roots/list")
    await stream.leave()
  }

  @Test func `a request whose id is still in use is -32600, and the one that runs is left alone`()
    async throws
  {
    let gate = Gate()
    let house = try await House(more: [
      Talk { talk async throws(Interruption) in
        await talk.progress(1, of: 2, nil)
        await gate.wait()
        return .said("done")
      }
    ])
    let session = try await house.session()
    let first = Streaming(await house.call("talk", in: session, meta: #"{"progressToken":1}"#))
    _ = await first.reader.events(1)
    let second = Answer(await house.call("talk", in: session))
    #expect(second.status == 400 && second.code == -32600)
    gate.open()
    #expect(await first.reader.all().last?.json["result"]?["content"]?.array?.first?["text"] == "done")
  }

  @Test(arguments: [("banana", 400), ("2025-11-25", 200), ("2026-07-28", 200), ("2024-11-05", 400)])
  func `protocol version header: an unknown one is 400, in a session too`(
    version: String, status: Int
  )
    async throws
  {
    let house = try await House()
    var session = try await house.session()
    session["mcp-protocol-version"] = version
    #expect(await house.send(.post, Self.list, session).status == status)
  }

  @Test func `A2 the master switch closes what a session says and its end`() async throws {
    let house = try await House()
    let session = try await house.session()
    try await Rulebook(store: house.store, world: house.clock.world).setOpen(false)
    #expect(await house.send(.post, #"{"jsonrpc":"2.0","id":1,"result":{}}"#, session).status == 503)
    #expect(await house.send(.delete, "", session).status == 503)
  }

  @Test func `clients without a session are served as before`() async throws {
    let house = try await House()
    #expect(await house.send(.post, Self.list, ["mcp-protocol-version": "2025-11-25"]).status == 200)
    #expect(await house.send(.get).status == 405)
    #expect(await house.send(.delete).status == 405)
    #expect(
      await house.send(.get, "", ["mcp-protocol-version": "2026-07-28", "mcp-session-id": "x"]).status == 405)
    #expect(house.endpoint.census.sessions == 0)
  }

  @Test func `sessions end when nobody used them for half an hour`() async throws {
    let house = try await House()
    let session = try await house.session()
    house.clock.advance(.minutes(29))
    #expect(await house.send(.post, Self.list, session).status == 200)
    house.clock.advance(.minutes(29))
    await house.endpoint.tick()
    #expect(house.endpoint.census.sessions == 1)
    house.clock.advance(.minutes(2))
    await house.endpoint.tick()
    #expect(house.endpoint.census.sessions == 0)
  }

  @Test func `a connection has 64 sessions: the longest unused ends for a new one, and none that is read`()
    async throws
  {
    let house = try await House()
    let caller = makeCaller(perMinute: 10_000)
    let first = try await house.session("2025-11-25", caller)
    let reading = Streaming(await house.send(.get, "", first, caller))
    _ = await reading.reader.events(0)
    house.clock.advance(.seconds(1))
    let second = try await house.session("2025-11-25", caller)
    for _ in 0..<62 {
      house.clock.advance(.seconds(1))
      _ = try await house.session("2025-11-25", caller)
    }
    #expect(house.endpoint.census.sessions == 64)
    _ = try await house.session("2025-11-25", caller)
    #expect(house.endpoint.census.sessions == 64)
    #expect(await house.send(.post, Self.list, first, caller).status == 200)
    #expect(await house.send(.post, Self.list, second, caller).status == 404)
    await reading.leave()
  }

  @Test func `the session's revision holds where no header says another`() async throws {
    let house = try await House()
    var session = try await house.session("2025-06-18")
    session["mcp-protocol-version"] = nil
    #expect(
      Answer(await house.send(.post, Self.list, session)).result?["tools"]?.array?.first?["outputSchema"]
        != nil)
    // As one client was seen to do: it agrees on an older revision, and names the newest in its header.
    session["mcp-protocol-version"] = "2026-07-28"
    let odd = Answer(await house.send(.post, Self.list, session))
    #expect(odd.status == 200)
    #expect(odd.result?["resultType"] == nil)
    session["mcp-session-id"] = "never"
    #expect(
      Answer(await house.send(.post, Self.list, session)).code == -32602, "without one it means what it says")
  }

  @Test func `a session id that comes twice is refused`() async throws {
    let house = try await House()
    let session = try await house.session()
    let answer = await house.post(Self.list, session, twice: "mcp-session-id")
    #expect(answer.status == 400)
  }

  // MARK: Streams

  @Test(arguments: [("2025-11-25", true), ("2025-06-18", false), ("2025-03-26", false)])
  func `transports: a stream begins with the priming event where the revision has it, and events have ids`(
    version: String, isPrimed: Bool
  ) async throws {
    let house = try await House(
      more: [
        Talk { talk in
          await talk.progress(1)
          return .said("done")
        }
      ])
    let session = try await house.session(version)
    let stream = Streaming(await house.call("talk", in: session, meta: #"{"progressToken":7}"#))
    let events = await stream.reader.all()
    #expect(events.count == (isPrimed ? 3 : 2))
    #expect((events.first?.data.isEmpty == true) == isPrimed)
    #expect((events.first?.retry != nil) == isPrimed)
    #expect(Set(events.compactMap(\.id)).count == events.count, "ids are unique in the session")
    #expect(events.last?.json["result"]?["content"]?.array?.first?["text"] == "done")
  }

  @Test func `resumability: what came after Last-Event-ID is told again, on that stream alone`() async throws
  {
    let go = Gate()
    let house = try await House(
      more: [
        Talk { talk in
          await talk.progress(1)
          await go.wait()
          await talk.progress(2)
          return .said("done")
        }
      ])
    let session = try await house.session()
    let lost = Streaming(await house.call("talk", in: session, meta: #"{"progressToken":7}"#))
    let seen = await lost.reader.events(1)
    let last = try #require(seen.last?.id)
    // Disconnection SHOULD NOT be interpreted as the client cancelling its request.
    await lost.leave()
    go.open()
    while house.endpoint.census.calls > 0 { await Task.yield() }
    house.endpoint.announce(.tools)
    let again = Streaming(await house.send(.get, "", session.merging(["last-event-id": last]) { $1 }))
    let rest = await again.reader.all()
    #expect(rest.map(\.json["params"]?["progress"]) == [2, nil])
    #expect(rest.last?.json["id"] == 1)
    // From the beginning, as often as one likes.
    let first = try #require(seen.first?.id)
    let whole = Streaming(await house.send(.get, "", session.merging(["last-event-id": first]) { $1 }))
    #expect(await whole.reader.all().count == 3)
  }

  @Test(arguments: ["nonsense", "1-99", "99-0", "-1-0", "1", "0-7", ""])
  func `resumability: an id that is not known any more is 400, never a gap`(last: String) async throws {
    let house = try await House(
      more: [
        Talk { talk in
          await talk.progress(1)
          return .said("done")
        }
      ])
    let session = try await house.session()
    let stream = Streaming(await house.call("talk", in: session, meta: #"{"progressToken":7}"#))
    _ = await stream.reader.all()
    var fields: Fields = ["accept": "text/event-stream", "last-event-id": last]
    for (name, value) in session { fields[name] = value }
    let response = await house.endpoint.respond(
      to: Request(method: .get, path: "/mcp", fields: fields), caller: makeCaller())
    #expect(response.status == 400)
  }

  @Test func `polling: the server hangs up, says when to come back, and the result is found there`()
    async throws
  {
    let go = Gate()
    let house = try await House(
      more: [
        Talk { talk in
          await talk.hangUp(comeBackAfter: .milliseconds(500))
          await go.wait()
          return .said("done")
        }
      ])
    let session = try await house.session()
    let first = Streaming(await house.call("talk", in: session))
    let events = await first.reader.all()
    #expect(events.first?.data.isEmpty == true)
    let last = try #require(events.compactMap(\.id).last)
    let second = Streaming(await house.send(.get, "", session.merging(["last-event-id": last]) { $1 }))
    go.open()
    #expect(await second.reader.all().last?.json["result"]?["content"]?.array?.first?["text"] == "done")
  }

  @Test func `polling: where a client can't come back, the server stays`() async throws {
    let house = try await House(
      more: [
        Talk { talk in
          await talk.hangUp(comeBackAfter: .milliseconds(500))
          return .said("done")
        }
      ])
    #expect(Answer(await house.call("talk")).result?["content"]?.array?.first?["text"] == "done")
    let older = try await house.session("2025-06-18")
    #expect(Answer(await house.call("talk", in: older)).result?["isError"] == false)
  }

  @Test func `GET: list changes and comments; a newer reader takes the place of the older`() async throws {
    let house = try await House()
    let session = try await house.session()
    let first = Streaming(await house.send(.get, "", session))
    #expect(first.response.fields["content-type"] == "text/event-stream")
    house.endpoint.announce(.tools)
    #expect(await first.reader.events(1).last?.method == "notifications/tools/list_changed")
    await house.endpoint.tick()
    await first.reader.comments(1)
    let second = Streaming(await house.send(.get, "", session))
    _ = await first.reader.all()
    house.endpoint.announce(.prompts)
    #expect(await second.reader.events(1).last?.method == "notifications/prompts/list_changed")
    #expect(house.endpoint.census.streams == 1)
    await second.leave()
    #expect(house.endpoint.census.streams == 0)
  }

  @Test func `GET: who takes no events is 406`() async throws {
    let house = try await House()
    let session = try await house.session()
    #expect(
      await house.send(.get, "", session.merging(["accept": "application/json"]) { $1 }).status == 406)
  }

  @Test func `what nobody reads is bounded: the oldest go, and a reader learns of it`() async throws {
    let house = try await House()
    let session = try await house.session()
    let reader = Streaming(await house.send(.get, "", session))
    house.endpoint.announce(.tools)
    let last = try #require(await reader.reader.events(1).last?.id)
    await reader.leave()
    for _ in 0..<(EventStream.mostEvents + 1) { house.endpoint.announce(.tools) }
    #expect(
      await house.send(.get, "", session.merging(["last-event-id": last]) { $1 }).status == 400)
    let fresh = Streaming(await house.send(.get, "", session))
    #expect(await fresh.reader.events(200).filter { !$0.data.isEmpty }.count <= EventStream.mostEvents)
    #expect(!fresh.isOver, "who begins anew is not sent away for what went by")
    await fresh.leave()
  }

  // MARK: Questions to the client

  @Test func `elicitation: a request on the call's stream, its answer by POST`() async throws {
    let house = try await House(
      more: [
        Talk { talk throws(Interruption) in
          let answer = try await talk.ask(.form("k", "Name?", RoundTripTests.form))
          return .said("\(answer.action ?? "-") \(answer.content["name"]?.string ?? "-")")
        }
      ])
    let session = try await house.session(capabilities: #"{"elicitation":{}}"#)
    let stream = Streaming(await house.call("talk", in: session))
    let question = try #require(await stream.reader.events(1).last?.json)
    #expect(question["method"] == "elicitation/create")
    #expect(question["params"]?["mode"] == "form")
    let id = try #require(question["id"]?.integer)
    let answer =
      #"{"jsonrpc":"2.0","id":\#(id),"result":{"action":"accept","content":{"name":"Ada"}}}"#
    // From another connection it answers nothing.
    #expect(await house.send(.post, answer, session, makeCaller(connectionID: "con_2")).status == 404)
    #expect(await house.send(.post, answer, session).status == 202)
    #expect(await stream.reader.all().last?.json["result"]?["content"]?.array?.first?["text"] == "accept Ada")
    #expect(await house.send(.post, answer, session).status == 202, "once more it answers nothing")
  }

  @Test func `elicitation by URL (2025-11-25): an id, which the notification of its end repeats`()
    async throws
  {
    let house = try await House(
      more: [
        Talk { talk throws(Interruption) in
          let answer = try await talk.ask(
            .page("k", "Connect your account", url: "https://gate.example/connect"))
          await talk.completed("k")
          await talk.completed("another")
          return .said(answer.action ?? "-")
        }
      ])
    let session = try await house.session(capabilities: #"{"elicitation":{"url":{}}}"#)
    let stream = Streaming(await house.call("talk", in: session))
    let question = try #require(await stream.reader.events(1).last?.json)
    #expect(question["params"]?["mode"] == "url")
    #expect(question["params"]?["url"] == "https://gate.example/connect")
    let elicitation = try #require(question["params"]?["elicitationId"]?.string)
    let id = try #require(question["id"]?.integer)
    _ = await house.send(.post, #"{"jsonrpc":"2.0","id":\#(id),"result":{"action":"accept"}}"#, session)
    let events = await stream.reader.all().filter { !$0.data.isEmpty }
    #expect(events.count == 3)
    #expect(events[1].method == "notifications/elicitation/complete")
    #expect(events[1].json["params"]?["elicitationId"]?.string == elicitation)
    #expect(events[2].json["result"]?["content"]?.array?.first?["text"] == "accept")
  }

  @Test func `a client that answers with an error, or not in time, gives the tool a result to say so`()
    async throws
  {
    let house = try await House(
      more: [
        Talk { talk throws(Interruption) in
          _ = try await talk.ask(.sampling("k", "?", maximumTokens: 5))
          return .said("answered")
        }
      ])
    let session = try await house.session(capabilities: #"{"sampling":{}}"#)
    let refused = Streaming(await house.call("talk", in: session))
    let id = try #require(await refused.reader.events(1).last?.json["id"]?.integer)
    _ = await house.send(
      .post, #"{"jsonrpc":"2.0","id":\#(id),"error":{"code":-1,"message":"the person said no"}}"#, session)
    let result = await refused.reader.all().last?.json["result"]
    #expect(result?["isError"] == true)
    #expect(result?["structuredContent"]?["code"] == "client_refused")
    let late = Streaming(await house.call("talk", in: session, id: "2"))
    _ = await late.reader.events(1)
    house.clock.advance(.minutes(6))
    await house.endpoint.tick()
    #expect(
      await late.reader.all().last?.json["result"]?["structuredContent"]?["code"] == "client_did_not_answer")
  }

  @Test(arguments: [
    ("2025-11-25", "{}"), ("2025-03-26", #"{"elicitation":{}}"#), ("none", ""),
  ])
  func `a client that can't be asked is told so by the tool's result`(
    version: String, capabilities: String
  )
    async throws
  {
    let house = try await House(
      more: [
        Talk { talk throws(Interruption) in
          _ = try await talk.ask(.form("k", "?", RoundTripTests.form))
          return .said("answered")
        }
      ])
    let session =
      version == "none"
      ? ["mcp-protocol-version": "2025-11-25"] : try await house.session(version, capabilities: capabilities)
    let answer = Answer(await house.call("talk", in: session))
    #expect(answer.status == 200)
    #expect(answer.result?["isError"] == true)
    #expect(answer.text.contains("can't be asked"))
  }

  @Test func `cancelled: the tool is told, nothing more is sent, and no response`() async throws {
    let (began, ended) = (Gate(), Gate())
    let house = try await House(
      more: [
        Talk { talk in
          await talk.progress(1)
          await withTaskCancellationHandler {
            await began.wait()
          } onCancel: {
            began.open()
          }
          ended.open()
          return .said("late")
        }
      ])
    let session = try await house.session()
    let stream = Streaming(await house.call("talk", in: session, id: #""x""#, meta: #"{"progressToken":1}"#))
    _ = await stream.reader.events(1)
    // One of another session is nobody's.
    let other = try await house.session()
    _ = await house.send(.post, Self.notification("notifications/cancelled", #"{"requestId":"x"}"#), other)
    #expect(!ended.isOpen)
    let answer = await house.send(
      .post, Self.notification("notifications/cancelled", #"{"requestId":"x"}"#), session)
    #expect(answer.status == 202)
    await ended.wait()
    let events = await stream.reader.all()
    #expect(events.allSatisfy { $0.json["result"] == nil })
    while house.endpoint.census.calls > 0 { await Task.yield() }
    while !(try await house.entries.contains { $0.code == "cancelled" }) { await Task.yield() }
  }

  @Test func `logging/setLevel: from that level on, for the session`() async throws {
    let house = try await House(
      more: [
        Talk { talk in
          await talk.log(.info, "so")
          await talk.log(.error, "broken")
          return .said("done")
        }
      ])
    let session = try await house.session()
    #expect(
      await Streaming(house.call("talk", in: session)).reader.all().count == 4, "info is what nobody set")
    let set = { (level: String) in
      #"{"jsonrpc":"2.0","id":5,"method":"logging/setLevel","params":{"level":"\#(level)"}}"#
    }
    #expect(Answer(await house.send(.post, set("warning"), session)).result == [:])
    #expect(await Streaming(house.call("talk", in: session)).reader.all().count == 3)
    #expect(Answer(await house.send(.post, set("loud"), session)).code == -32602)
  }

  @Test func `batches of 2025-03-26: a tool that would talk is silent`() async throws {
    let house = try await House(
      more: [
        Talk { talk in
          await talk.progress(1)
          return .said("done")
        }
      ])
    let session = try await house.session("2025-03-26")
    let answer = Answer(
      await house.send(
        .post,
        #"[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"talk","_meta":{"progressToken":1}}}]"#,
        session))
    #expect(answer.json.array?.count == 1)
  }

  @Test func `resources/subscribe: an update comes to those who follow, and to no other`() async throws {
    let house = try await House(mayFollow: { uri, _ in uri == "test://watched" })
    let (one, two) = (try await house.session(), try await house.session())
    let follow = { (method: String, uri: String) in
      #"{"jsonrpc":"2.0","id":5,"method":"resources/\#(method)","params":{"uri":"\#(uri)"}}"#
    }
    #expect(Answer(await house.send(.post, follow("subscribe", "test://watched"), one)).result == [:])
    let unknown = Answer(await house.send(.post, follow("subscribe", "test://other"), one))
    #expect(unknown.code == -32002)
    #expect(unknown.json["error"]?["data"]?["uri"] == "test://other")
    let (a, b) = (Streaming(await house.send(.get, "", one)), Streaming(await house.send(.get, "", two)))
    house.endpoint.announce(.resource(uri: "test://watched"))
    house.endpoint.announce(.resources)
    #expect(
      await a.reader.events(2).map(\.method).suffix(2) == [
        "notifications/resources/updated", "notifications/resources/list_changed",
      ])
    #expect(await b.reader.events(1).last?.method == "notifications/resources/list_changed")
    #expect(Answer(await house.send(.post, follow("unsubscribe", "test://watched"), one)).result == [:])
    house.endpoint.announce(.resource(uri: "test://watched"))
    house.endpoint.announce(.tools)
    #expect(await a.reader.events(3).last?.method == "notifications/tools/list_changed")
    await a.leave()
    await b.leave()
  }

  @Test func `a connection that is none any more loses its sessions and streams`() async throws {
    let house = try await House(isConnected: { $0 != "con_1" })
    let session = try await house.session()
    let reading = Streaming(await house.send(.get, "", session))
    _ = await reading.reader.events(0)
    await house.endpoint.tick()
    _ = await reading.reader.all()
    #expect(house.endpoint.census.sessions == 0)
  }
}
