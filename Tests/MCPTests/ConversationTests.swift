internal import Governance
internal import HTTP
internal import JSON
internal import Testing
internal import World

@testable internal import MCP
@testable internal import Tools

@Suite("MCP 2026-07-28, a request that talks")
struct ConversationTests {
  @Test func `streamable-http: nothing said before the result, and the answer is JSON`() async throws {
    let house = try await House(more: [Talk { _ in .said("done") }])
    let answer = Answer(await house.call("talk"))
    #expect(answer.fields["content-type"] == "application/json")
    #expect(answer.result?["content"]?.array?.first?["text"] == "done")
    #expect(answer.result?["structuredContent"] == nil)
  }

  @Test func `progress: the token of the request, growing values, then the result, and the stream ends`()
    async throws
  {
    let house = try await House(
      more: [
        Talk { talk in
          await talk.progress(0, of: 100)
          await talk.progress(50, of: 100, "half")
          await talk.progress(50, of: 100)
          await talk.progress(.nan)
          await talk.progress(99.5, of: 100)
          return .said("done")
        }
      ])
    let stream = Streaming(await house.call("talk", meta: #""progressToken":"t""#))
    #expect(stream.response.fields["content-type"] == "text/event-stream")
    #expect(stream.response.fields["x-accel-buffering"] == "no")
    #expect(stream.response.finishesByItself)
    let events = await stream.reader.all()
    #expect(
      events.map(\.data) == [
        #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":0,"total":100}}"#,
        #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":50,"total":100,"message":"half"}}"#,
        #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":99.5,"total":100}}"#,
        events.last?.data,
      ])
    #expect(events.last?.json["id"] == "c")
    #expect(events.last?.json["result"]?["resultType"] == "complete")
    #expect(events.allSatisfy { $0.id == nil }, "streams of this revision are not resumed")
  }

  @Test func `progress: without a token there is none`() async throws {
    let house = try await House(
      more: [
        Talk { talk in
          await talk.progress(1)
          return .said("done")
        }
      ])
    #expect(Answer(await house.call("talk")).result?["content"]?.array?.first?["text"] == "done")
  }

  @Test(arguments: [
    ("", 0), (#""io.modelcontextprotocol/logLevel":"debug""#, 3),
    (#""io.modelcontextprotocol/logLevel":"warning""#, 1), (#""io.modelcontextprotocol/logLevel":"loud""#, 0),
  ])
  func `logging: only what the request's _meta asks for`(meta: String, count: Int) async throws {
    let house = try await House(
      more: [
        Talk { talk in
          await talk.log(.debug, "fine")
          await talk.log(.info, "so")
          await talk.log(.error, ["what": "broken"], logger: "disk")
          return .said("done")
        }
      ])
    let response = await house.call("talk", meta: meta)
    guard count > 0 else {
      #expect(Answer(response).result?["isError"] == false)
      return
    }
    let events = await Streaming(response).reader.all()
    #expect(events.count == count + 1)
    #expect(
      events[count - 1].data
        == #"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":{"what":"broken"},"logger":"disk"}}"#
    )
  }

  @Test func `a client that takes no events gets its JSON, and nothing said before`() async throws {
    let house = try await House(
      more: [
        Talk { talk in
          await talk.progress(1)
          return .said("done")
        }
      ])
    let answer = Answer(
      await house.call("talk", meta: #""progressToken":1"#, fields: ["accept": "application/json"]))
    #expect(answer.result?["content"]?.array?.first?["text"] == "done")
  }

  @Test func `cancellation: closing the stream cancels the request`() async throws {
    let (began, ended, cancelled) = (Gate(), Gate(), Gate())
    let house = try await House(
      more: [
        Talk { talk in
          await talk.progress(1)
          await withTaskCancellationHandler {
            await began.wait()
          } onCancel: {
            began.open()
          }
          if talk.isCancelled, Task.isCancelled { cancelled.open() }
          await talk.progress(2)
          ended.open()
          return .said("nobody reads this")
        }
      ])
    let stream = Streaming(await house.call("talk", meta: #""progressToken":1"#))
    #expect(await stream.reader.events(1).count == 1)
    await stream.leave()
    await ended.wait()
    #expect(cancelled.isOpen)
    #expect(await stream.reader.events(1).count == 1, "nothing more is sent for it")
  }

  @Test func `audit: a request that streams is on record before its first event, its end before the last`()
    async throws
  {
    let go = Gate()
    let house = try await House(
      more: [
        Talk { talk in
          await talk.progress(1)
          await go.wait()
          return .said("done")
        }
      ])
    let response = await house.call("talk", meta: #""progressToken":1"#)
    let before = try await house.entries
    #expect(before.map(\.kind) == [.request])
    #expect(before.first?.tool == "talk")
    #expect(before.first?.status == 200)
    let stream = Streaming(response)
    go.open()
    #expect(await stream.reader.all().count == 2)
    let after = try await house.entries
    #expect(after.map(\.kind) == [.request, .response])
    #expect(after.last?.tool == "talk")
    #expect(after.last?.duration != nil)
  }

  @Test func `audit: a stream that can't be recorded is not begun`() async throws {
    let house = try await House(
      migrated: false,
      more: [
        Talk { talk in
          await talk.progress(1)
          return .said("done")
        }
      ])
    let answer = Answer(await house.call("talk", meta: #""progressToken":1"#))
    #expect(answer.status == 500)
    #expect(answer.code == -32603)
  }

  @Test func `a request that is quiet for long becomes a stream with comments, and ends at its limit`()
    async throws
  {
    let house = try await House(
      more: [
        Talk { _ in
          do { try await Task.sleep(for: .seconds(3600)) } catch { return .said("stopped") }
          return .said("slept")
        }
      ])
    async let response = house.call("talk")
    while house.endpoint.census.calls == 0 { await Task.yield() }
    house.clock.advance(.seconds(11))
    await house.endpoint.tick()
    let stream = Streaming(await response)
    #expect(stream.isStream)
    await house.endpoint.tick()
    await stream.reader.comments(1)
    house.clock.advance(.minutes(11))
    await house.endpoint.tick()
    #expect(await stream.reader.all().last?.json["error"]?["code"] == -32603)
    while house.endpoint.census.calls > 0 { await Task.yield() }
  }

  @Test func `a request whose client left before its stream began is cancelled`() async throws {
    let house = try await House(
      more: [
        Talk { talk in
          await talk.progress(1)
          do { try await Task.sleep(for: .seconds(3600)) } catch { return .said("stopped") }
          return .said("slept")
        }
      ])
    let response = await house.call("talk", meta: #""progressToken":1"#)
    #expect(response.fields["content-type"] == "text/event-stream")
    for _ in 0..<4 { await house.endpoint.tick() }
    while house.endpoint.census.calls > 0 { await Task.yield() }
  }

  @Test func `a connection has so many calls at once, and no more`() async throws {
    let go = Gate()
    let house = try await House(
      more: [
        Talk { _ in
          await go.wait()
          return .said("done")
        }
      ])
    let caller = makeCaller(perMinute: 1000)
    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<64 { group.addTask { await house.call("talk", caller).status } }
      while house.endpoint.census.calls < 64 { await Task.yield() }
      let refused = Answer(await house.call("talk", caller))
      #expect(refused.status == 200)
      #expect(refused.result?["isError"] == true)
      #expect(refused.result?["structuredContent"]?["rule"] == "(calls at once)", "\(refused.text)")
      go.open()
      for await status in group { #expect(status == 200) }
    }
    #expect(house.endpoint.census.calls == 0)
  }
}

@Suite("MCP 2026-07-28 multi round-trip requests")
struct RoundTripTests {
  static let form: JSONObject = [
    "type": "object", "properties": ["name": ["type": "string"]], "required": ["name"],
  ]

  static let greeter = Talk { talk throws(Interruption) in
    let answer = try await talk.ask(.form("user_name", "What is your name?", form))
    return .said("Hello, \(answer.content["name"]?.string ?? "nobody")!")
  }

  private func answer(_ key: String, _ text: String) -> String {
    #""inputResponses":{"\#(key)":{"action":"accept","content":{"name":"\#(text)"}}}"#
  }

  @Test func `the client is asked by the result, and comes again with the answer and the state`() async throws
  {
    let house = try await House(more: [Self.greeter])
    let first = Answer(await house.call("talk", capabilities: #"{"elicitation":{}}"#))
    #expect(first.status == 200)
    #expect(first.result?["resultType"] == "input_required")
    #expect(
      first.result?["inputRequests"] == [
        "user_name": [
          "method": "elicitation/create",
          "params": ["message": "What is your name?", "requestedSchema": .object(Self.form)],
        ]
      ])
    let state = try #require(first.result?["requestState"]?.string)
    let second = Answer(
      await house.call(
        "talk", capabilities: #"{"elicitation":{}}"#,
        params: #"\#(answer("user_name", "Ada")),"requestState":"\#(state)""#))
    #expect(second.result?["resultType"] == "complete")
    #expect(second.result?["content"]?.array?.first?["text"] == "Hello, Ada!")
    let entries = try await house.entries
    #expect(entries.map(\.code) == ["input_required", nil])
  }

  @Test func `a person is sent to a page by the result, without an id`() async throws {
    let tool = Talk { talk throws(Interruption) in
      .said(
        try await talk.ask(.page("connect", "Connect your account", url: "https://gate.example/c")).action
          ?? "-")
    }
    let house = try await House(more: [tool])
    let first = Answer(await house.call("talk", capabilities: #"{"elicitation":{"url":{}}}"#))
    #expect(
      first.result?["inputRequests"]?["connect"] == [
        "method": "elicitation/create",
        "params": ["mode": "url", "message": "Connect your account", "url": "https://gate.example/c"],
      ])
    let second = Answer(
      await house.call(
        "talk", capabilities: #"{"elicitation":{"url":{}}}"#,
        params: #""inputResponses":{"connect":{"action":"accept"}}"#))
    #expect(second.result?["content"]?.array?.first?["text"] == "accept")
  }

  @Test func `answers of earlier rounds travel in the state, which differs each time`() async throws {
    let tool = Talk { talk throws(Interruption) in
      let one = try await talk.ask(.form("step1", "Name?", Self.form))
      let two = try await talk.ask(.form("step2", "Color?", Self.form))
      return .said("\(one.content["name"]?.string ?? "-") \(two.content["name"]?.string ?? "-")")
    }
    let house = try await House(more: [tool])
    let can = #"{"elicitation":{"form":{}}}"#
    let first = Answer(await house.call("talk", capabilities: can))
    let one = try #require(first.result?["requestState"]?.string)
    let second = Answer(
      await house.call(
        "talk", capabilities: can, params: #"\#(answer("step1", "Ada")),"requestState":"\#(one)""#))
    #expect(second.result?["inputRequests"]?.object?.members.map(\.name) == ["step2"])
    let two = try #require(second.result?["requestState"]?.string)
    #expect(one != two)
    let third = Answer(
      await house.call(
        "talk", capabilities: can, params: #"\#(answer("step2", "blue")),"requestState":"\#(two)""#))
    #expect(third.result?["content"]?.array?.first?["text"] == "Ada blue")
  }

  @Test func `several questions at once; those that are missing are asked again`() async throws {
    let tool = Talk { talk throws(Interruption) in
      let all = try await talk.ask([
        .form("name", "Name?", Self.form), .sampling("poem", "Rhyme!", maximumTokens: 9), .roots("where"),
      ])
      return .said("\(all["poem"]?.text ?? "-") \(all["where"]?.roots.count ?? -1)")
    }
    let house = try await House(more: [tool])
    let can = #"{"elicitation":{},"sampling":{},"roots":{}}"#
    let first = Answer(await house.call("talk", capabilities: can))
    #expect(first.result?["inputRequests"]?.object?.members.map(\.name) == ["name", "poem", "where"])
    #expect(first.result?["inputRequests"]?["poem"]?["params"]?["maxTokens"] == 9)
    let second = Answer(
      await house.call(
        "talk", capabilities: can,
        params: """
          "requestState":"\(first.result?["requestState"]?.string ?? "")","inputResponses":{\
          "poem":{"role":"assistant","content":{"type":"text","text":"moon"},"model":"m"},"other":{"x":1},\
          "where":{"roots":[{"uri":"file:///a"}]}}
          """))
    #expect(second.result?["inputRequests"]?.object?.members.map(\.name) == ["name"])
    let third = Answer(
      await house.call(
        "talk", capabilities: can,
        params:
          #"\#(answer("name", "Ada")),"requestState":"\#(second.result?["requestState"]?.string ?? "")""#))
    #expect(third.result?["content"]?.array?.first?["text"] == "moon 1")
  }

  @Test(arguments: [
    ("changed", -32602), ("cut", -32602), ("not base64", -32602), ("another call's", -32602),
    ("another connection's", -32602), ("late", -32602), ("good", 0),
  ])
  func `requestState that fails verification, is old, or of another principal or request is refused`(
    what: String, code: Int64
  ) async throws {
    let house = try await House(more: [Self.greeter, Talk("other", Self.greeter.work)])
    let can = #"{"elicitation":{}}"#
    let first = Answer(await house.call(what == "another call's" ? "other" : "talk", capabilities: can))
    var state = try #require(first.result?["requestState"]?.string)
    var caller = makeCaller()
    switch what {
    case "changed": state = (state.first == "A" ? "B" : "A") + state.dropFirst()
    case "cut": state = String(state.dropLast(4))
    case "not base64": state += "-TAMPERED!"
    case "another connection's": caller = makeCaller(connectionID: "con_2")
    case "late": house.clock.advance(.minutes(16))
    default: break
    }
    let answer = Answer(
      await house.call(
        "talk", capabilities: can, params: #"\#(answer("user_name", "Ada")),"requestState":"\#(state)""#,
        caller))
    #expect(answer.code == (code == 0 ? nil : code))
    #expect(answer.status == (code == 0 ? 200 : 400))
  }

  @Test(
    arguments: [
      (#""inputResponses":null"#, -32602), (#""inputResponses":[]"#, -32602),
      (#""inputResponses":{"user_name":12345}"#, -32602), (#""requestState":7"#, -32602),
      (#""inputResponses":{}"#, 0), (#""inputResponses":{"wrong":{}}"#, 0),
    ] as [(String, Int64)])
  func `input responses that are none are -32602; those to something else are not there`(
    params: String, code: Int64
  ) async throws {
    let house = try await House(more: [Self.greeter])
    let answer = Answer(await house.call("talk", capabilities: #"{"elicitation":{}}"#, params: params))
    #expect(answer.code == (code == 0 ? nil : code))
    if code == 0 { #expect(answer.result?["resultType"] == "input_required") }
  }

  @Test(arguments: [
    ("{}", Question.form("k", "?", form), #"{"elicitation":{}}"#),
    (#"{"elicitation":{"url":{}}}"#, .form("k", "?", form), #"{"elicitation":{}}"#),
    (#"{"elicitation":{}}"#, .page("k", "?", url: "https://x.example"), #"{"elicitation":{"url":{}}}"#),
    (#"{"elicitation":{}}"#, .sampling("k", "?", maximumTokens: 1), #"{"sampling":{}}"#),
    (#"{"sampling":{}}"#, .roots("k"), #"{"roots":{}}"#),
  ])
  func `a capability that the client did not declare is -32021 with what is required, and 400`(
    declared: String, question: Question, required: String
  ) async throws {
    let tool = Talk { talk throws(Interruption) in
      _ = try await talk.ask(question)
      return .said("asked")
    }
    let house = try await House(more: [tool])
    let answer = Answer(await house.call("talk", capabilities: declared))
    #expect(answer.status == 400)
    #expect(answer.code == -32021)
    #expect(answer.json["error"]?["data"]?["requiredCapabilities"] == (try JSONValue(parsing: required)))
    #expect(answer.json["id"] == "c")
  }
}

@Suite("MCP 2026-07-28 headers from parameters")
struct ParameterHeaderTests {
  private static let schema: JSONValue = [
    "type": "object",
    "properties": [
      "region": ["type": "string", "x-mcp-header": "Region"],
      "limit": ["type": "integer", "x-mcp-header": "Limit"],
      "dry": ["type": "boolean", "x-mcp-header": "Dry"],
      "deep": ["type": "object", "properties": ["tier": ["type": "string", "x-mcp-header": "Tier"]]],
      "list": ["type": "array", "items": ["type": "string", "x-mcp-header": "Never"]],
      "free": ["type": "string"],
    ],
  ]

  @Test(
    arguments: [
      (#"{}"#, [:], true), (#"{"region":null}"#, [:], true), (#"{"free":"x","list":["a"]}"#, [:], true),
      (#"{"region":"eu"}"#, ["mcp-param-region": "eu"], true), (#"{"region":"eu"}"#, [:], false),
      (#"{"region":"eu"}"#, ["mcp-param-region": "us"], false),
      (#"{"region":"eu"}"#, ["mcp-param-region": "EU"], false),
      (#"{}"#, ["mcp-param-region": "eu"], false), (#"{"region":null}"#, ["mcp-param-region": "null"], false),
      (#"{"region":"Hello, 世界"}"#, ["mcp-param-region": "=?base64?SGVsbG8sIOS4lueVjA==?="], true),
      (#"{"region":"Hello"}"#, ["mcp-param-region": "=?base64?SGVsbG8?="], false),
      (#"{"region":"SGVsbG8="}"#, ["mcp-param-region": "SGVsbG8="], true),
      (#"{"limit":42}"#, ["mcp-param-limit": "42"], true),
      (#"{"limit":42}"#, ["mcp-param-limit": "42.0"], true),
      (#"{"limit":42}"#, ["mcp-param-limit": "42.5"], false),
      (#"{"limit":42}"#, ["mcp-param-limit": "42."], false),
      (#"{"limit":-7}"#, ["mcp-param-limit": "-7"], true),
      (#"{"dry":true}"#, ["mcp-param-dry": "true"], true),
      (#"{"dry":true}"#, ["mcp-param-dry": "True"], false),
      (#"{"deep":{"tier":"a"}}"#, ["mcp-param-tier": "a"], true), (#"{"deep":{"tier":"a"}}"#, [:], false),
      (#"{}"#, ["mcp-param-other": "x"], true),
    ] as [(String, [String: String], Bool)])
  func `x-mcp-header: header and argument agree, or both are away`(
    arguments: String, fields: [String: String], isGood: Bool
  ) throws {
    var all = Fields()
    for (name, value) in fields { all[name] = value }
    let headers = ParameterHeaders(try #require(Self.schema.object))
    let object = try #require(try JSONValue(parsing: arguments).object)
    var code: ProtocolError.Code?
    do throws(ProtocolError) { try headers.check(object, all) } catch { code = error.code }
    #expect(code == (isGood ? nil : .headerMismatch))
  }

  @Test func `x-mcp-header: one that comes twice is refused, and a schema with two of one name has none`()
    throws
  {
    var twice: Fields = ["mcp-param-region": "eu"]
    twice.add("mcp-param-region", "eu")
    let headers = ParameterHeaders(try #require(Self.schema.object))
    #expect(throws: ProtocolError.self) { try headers.check(["region": "eu"], twice) }
    let doubled: JSONObject = [
      "properties": [
        "a": ["type": "string", "x-mcp-header": "X"], "b": ["type": "string", "x-mcp-header": "x"],
      ]
    ]
    #expect(ParameterHeaders(doubled).isEmpty)
  }
}
