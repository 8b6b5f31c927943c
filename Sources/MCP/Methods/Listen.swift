internal import Authentication
internal import Governance
internal import HTTP
internal import JSON
internal import Tasks

extension MCPEndpoint {
  /// `subscriptions/listen` of 2026-07-28: a stream of changes, for as long as somebody reads it.
  func listen(
    _ id: RequestID, _ params: JSONObject, _ caller: Caller, _ exchange: inout Exchange
  ) async -> Response {
    exchange.note(.response, "subscriptions/listen")
    if let denial = await governor.admit(caller, method: "subscriptions/listen") {
      return limited(denial, id: id, .july2026, &exchange)
    }
    guard exchange.client.takesEvents else {
      exchange.refuse(code: "406")
      return Self.json(406, ProtocolError.invalidRequest("accept text/event-stream", id: id).body)
    }
    // It is kept, and sent again with every change, for as long as the stream is open.
    if case .string(let text) = id, text.utf8.count > Self.longestStreamID {
      let error = ProtocolError.invalidRequest("the id of a stream has at most \(Self.longestStreamID) bytes")
      return response(.error(error), id: id, .july2026, &exchange)
    }
    let interest: Interest
    do throws(ProtocolError) {
      let asked = try Interest(params)
      // ext-tasks, "Task Status Notifications": who asks without the capability MUST be told what is missing.
      if !asked.taskIDs.isEmpty, configuration.tasks != nil, !exchange.client.knowsTasks {
        throw .missing(Self.taskCapability)
      }
      interest = await agreed(asked, caller)
    } catch {
      return response(.error(error), id: id, .july2026, &exchange)
    }
    let stream = EventStream()
    guard streams.add(stream, of: caller.connectionID) else {
      return limited(Self.tooManyStreams, id: id, .july2026, &exchange)
    }
    // "The server MUST send notifications/subscriptions/acknowledged as the first message", with what it honours.
    stream.offer(
      Notification.text(
        "notifications/subscriptions/acknowledged",
        [
          "_meta": ["io.modelcontextprotocol/subscriptionId": id.json],
          "notifications": .object(interest.object),
        ]))
    if !listeners.add(id, interest, stream) { stream.finish(farewell(id)) }
    // What became of a task before this stream began is told as well.
    for task in await tasks(interest.taskIDs, of: caller) { stream.offer(task.message(to: id)) }
    var response = Self.events { [listeners, streams] reader in
      await stream.serve(reader)
      listeners.remove(stream)
      streams.remove(stream)
    }
    // A server that stops has said farewell: then the stream ends once that was read.
    response.finishesByItself = true
    return response
  }

  /// What is honoured of it: changes that can come, and resources that the caller may read.
  private func agreed(_ interest: Interest, _ caller: Caller) async -> Interest {
    var agreed = interest
    let notified = capabilities(.july2026)
    agreed.tools = interest.tools && notified["tools"]?["listChanged"]?.bool == true
    agreed.prompts = interest.prompts && notified["prompts"]?["listChanged"]?.bool == true
    agreed.resources = interest.resources && notified["resources"]?["listChanged"]?.bool == true
    agreed.uris = []
    for uri in interest.uris where await mayFollow(uri, caller) { agreed.uris.insert(uri) }
    agreed.taskIDs = Set(await tasks(interest.taskIDs, of: caller).map(\.id))
    return agreed
  }

  /// The result that ends a stream of changes whose server ends.
  func farewell(_ id: RequestID) -> [UInt8] {
    Reply.result(
      Reply.members([
        "resultType": "complete", "_meta": ["io.modelcontextprotocol/subscriptionId": id.json],
      ]), id: id)
  }

  static let longestStreamID = 256

  static let tooManyStreams = Denial(
    rule: "(open streams)", code: "too_many_streams",
    reason: "This connection has too many streams open. Close some, then go on.", retryAfter: .seconds(15),
    limit: 0)

  /// A response that is a stream of events.
  static func events(_ write: @escaping @Sendable (any ResponseStream) async -> Void) -> Response {
    // "Servers SHOULD include the X-Accel-Buffering: no header": a proxy must not hold events back.
    Response(
      status: 200,
      fields: [
        "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no",
      ], stream: write)
  }
}
