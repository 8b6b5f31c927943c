internal import HTTP
internal import JSON
internal import OAuth
internal import Testing
internal import World

@testable internal import Governance
@testable internal import MCP
@testable internal import Tools

@Suite("MCP 2026-07-28 subscriptions/listen")
struct SubscriptionTests {
  private func listen(_ house: House, _ filter: String, id: String = "1") async -> Streaming {
    Streaming(
      await house.send(
        .post,
        #"{"jsonrpc":"2.0","id":\#(id),"method":"subscriptions/listen","params":{\#(House.meta),"notifications":\#(filter)}}"#,
        ["mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen"]))
  }

  @Test func `the acknowledgment comes first, with the subset that is honoured`() async throws {
    let house = try await House(mayFollow: { uri, _ in uri == "test://watched" })
    let stream = await listen(
      house,
      #"{"toolsListChanged":true,"promptsListChanged":false,"unknown":true,"resourceSubscriptions":["test://watched","test://other"]}"#,
      id: #""s""#)
    #expect(stream.response.status == 200)
    #expect(stream.response.fields["x-accel-buffering"] == "no")
    #expect(stream.response.finishesByItself, "a server that stops waits until the farewell was read")
    #expect(
      await stream.reader.events(1).first?.data
        == #"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"s"},"notifications":{"toolsListChanged":true,"resourceSubscriptions":["test://watched"]}}}"#
    )
    await stream.leave()
  }

  @Test func `only what was asked for, each with the subscription's id`() async throws {
    let house = try await House(mayFollow: { _, _ in true })
    let tools = await listen(house, #"{"toolsListChanged":true}"#, id: "7")
    let watched = await listen(house, #"{"resourceSubscriptions":["test://a"]}"#, id: "8")
    let none = await listen(house, "{}", id: "9")
    for stream in [tools, watched, none] { _ = await stream.reader.events(1) }
    house.endpoint.announce(.prompts)
    house.endpoint.announce(.resource(uri: "test://b"))
    house.endpoint.announce(.tools)
    house.endpoint.announce(.resource(uri: "test://a"))
    #expect(
      await tools.reader.events(2).dropFirst().map(\.data) == [
        #"{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":7}}}"#
      ])
    #expect(
      await watched.reader.events(2).dropFirst().map(\.data) == [
        #"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":8},"uri":"test://a"}}"#
      ])
    house.endpoint.farewell()
    #expect(await none.reader.all().count == 2, "the acknowledgment, and the end")
  }

  @Test func `graceful closure: the server's end is the result, with the id`() async throws {
    let house = try await House()
    let stream = await listen(house, #"{"toolsListChanged":true}"#, id: "3")
    _ = await stream.reader.events(1)
    house.endpoint.farewell()
    #expect(
      await stream.reader.all().last?.data
        == #"{"jsonrpc":"2.0","id":3,"result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":3}}}"#
    )
    let late = await listen(house, #"{"toolsListChanged":true}"#, id: "4")
    #expect(await late.reader.all().count == 2, "who comes after it is told at once")
  }

  @Test func `a tool that is switched off changes the list for those who listen`() async throws {
    let house = try await House()
    let stream = await listen(house, #"{"toolsListChanged":true}"#)
    _ = await stream.reader.events(1)
    await house.endpoint.watch()
    try await house.governor.rules.setActive(false, tool: "echo")
    await house.endpoint.watch()
    await house.endpoint.watch()
    #expect(await stream.reader.events(2).last?.method == "notifications/tools/list_changed")
    house.endpoint.farewell()
    #expect(await stream.reader.all().count == 3, "it is told once")
  }

  @Test func `an id that every change would repeat is no longer than 256 bytes`() async throws {
    let house = try await House()
    let long = await listen(house, "{}", id: "\"\(String(repeating: "i", count: 257))\"")
    #expect(Answer(long.response).code == -32600)
    let right = await listen(house, "{}", id: "\"\(String(repeating: "i", count: 256))\"")
    #expect(right.isStream)
    await right.leave()
  }

  @Test func `closing the stream ends the subscription`() async throws {
    let house = try await House()
    let stream = await listen(house, #"{"toolsListChanged":true}"#)
    _ = await stream.reader.events(1)
    #expect(house.endpoint.census.listeners == 1)
    await stream.leave()
    #expect(house.endpoint.census.listeners == 0)
    #expect(house.endpoint.census.streams == 0)
  }

  @Test func `a stream whose client was gone before it began is let go`() async throws {
    let house = try await House()
    let response = await house.send(
      .post,
      #"{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{\#(House.meta),"notifications":{}}}"#,
      ["mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen"])
    #expect(response.status == 200)
    for _ in 0..<4 { await house.endpoint.tick() }
    #expect(house.endpoint.census.listeners == 0)
    #expect(house.endpoint.census.streams == 0)
  }

  @Test(arguments: [
    "null", "[]", #"{"toolsListChanged":1}"#, #"{"resourceSubscriptions":"x"}"#,
    #"{"resourceSubscriptions":[1]}"#,
    #"{"resourceSubscriptions":[""]}"#,
  ])
  func `a filter that is none is -32602`(filter: String) async throws {
    let answer = Answer((await listen(try House(), filter)).response)
    #expect(answer.status == 400)
    #expect(answer.code == -32602)
  }

  @Test func `who takes no events is 406, and in the older revisions there is no such method`() async throws {
    let house = try await House()
    let body =
      #"{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{\#(House.meta),"notifications":{}}}"#
    #expect(
      await house.post(
        body,
        [
          "mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen",
          "accept": "application/json",
        ]
      ).status == 406)
    let older = await house.post(
      #"{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{}}}"#,
      ["mcp-protocol-version": "2025-11-25"])
    #expect(older.code == -32601)
  }

  @Test func `a connection has so many streams, and no more`() async throws {
    let house = try await House(streamsPerConnection: 2)
    let (one, two) = (await listen(house, "{}"), await listen(house, "{}"))
    #expect((await listen(house, "{}")).response.status == 429)
    await one.leave()
    let three = await listen(house, "{}")
    #expect(three.isStream)
    await two.leave()
    await three.leave()
  }

  @Test func `a reader that does not read is dropped, and nobody else waits for it`() async throws {
    let house = try await House()
    let slow = Reader(reads: false)
    let response = await house.send(
      .post,
      #"{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{\#(House.meta),"notifications":{"toolsListChanged":true}}}"#,
      ["mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen"])
    let stuck = Streaming(response, reader: slow)
    let quick = await listen(house, #"{"toolsListChanged":true}"#, id: "2")
    _ = await slow.events(1)
    for round in 0..<(EventStream.mostEvents + 2) {
      house.endpoint.announce(.tools)
      _ = await quick.reader.events(round + 2)
    }
    slow.unstick()
    _ = await slow.all()
    await stuck.leave()
    #expect(house.endpoint.census.listeners == 1)
    await quick.leave()
  }
}
