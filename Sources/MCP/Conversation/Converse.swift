internal import Authentication
internal import Governance
internal import HTTP
internal import JSON
internal import Tools

extension MCPEndpoint {
  /// Whether the method may say something before its result. Only those get a task of their own and a way back.
  func mayTalk(_ method: String, _ params: JSONObject) -> Bool {
    if method == "tasks/result" { return configuration.tasks != nil }
    guard method == "tools/call", let name = params["name"]?.string else { return false }
    return offering.tools.catalogue[name] is any ConversingTool
  }

  /// Answers a request that may talk: by JSON if it said nothing before its result, else by a stream.
  func converse(
    _ id: RequestID, _ method: String, _ params: JSONObject, _ caller: Caller, _ revision: Revision,
    _ exchange: inout Exchange
  ) async -> Response {
    let conversation: RequestConversation
    do throws(ProtocolError) {
      conversation = try self.conversation(id, method, params, caller, revision, exchange)
    } catch {
      exchange.note(.response, method)
      return response(.error(error), id: id, revision, &exchange)
    }
    guard conversations.begin(conversation, of: caller.connectionID) else {
      exchange.note(.response, method, tool: params["name"]?.string)
      exchange.refuse(code: Self.tooManyCalls.code, rule: Self.tooManyCalls.rule)
      let result = ToolResult(Self.tooManyCalls)
      return response(
        .result(ToolAnswer(result, revision).members + tail(revision)), id: id, revision, &exchange)
    }
    if let session = exchange.client.session, !session.begin(conversation, id) {
      conversations.end(conversation)
      exchange.note(.response, method, tool: params["name"]?.string)
      return response(
        .error(.invalidRequest("a request with this id is still running")), id: id, revision, &exchange)
    }
    var inner = exchange
    inner.conversation = conversation
    conversation.run { [self, inner] in
      var exchange = inner
      let outcome = await dispatch(method, params, caller, revision, &exchange)
      let response = response(outcome, id: id, revision, &exchange)
      conversations.end(conversation)
      exchange.client.session?.end(id)
      if conversation.isCancelled { exchange.mark(code: "cancelled") }
      exchange.conversation = nil
      // Nobody takes it any more as the whole answer: then it goes on record here, before it leaves.
      guard let stream = conversation.end(response, exchange) else {
        if conversation.isCancelled { _ = await record(&exchange, status: 200) }
        return
      }
      let isRecorded = await record(&exchange, status: 200)
      if case .bytes(let bytes) = response.body, isRecorded {
        stream.finish(bytes)
      } else {
        stream.finish(ProtocolError(.internal, Self.unrecorded.message, id: id).body)
      }
    }
    switch await conversation.beginning() {
    case .answered(let response, let ended):
      exchange.entries = ended.entries
      return response
    case .cancelled(because: let error?):
      exchange.note(.request, method, code: "\(error.code.rawValue)", tool: params["name"]?.string)
      return Self.json(revision.isModern ? error.modernStatus : error.handshakeStatus, error.body)
    case .cancelled(because: nil):
      // basic/utilities/cancellation: a response SHOULD NOT be sent for a request that was cancelled.
      exchange.note(.request, method, code: "cancelled")
      return Self.events { _ in }
    case .open(let stream):
      exchange.note(.request, method, tool: params["name"]?.string)
      var response = Self.events { [revision] reader in
        await stream.serve(reader)
        // 2026-07-28 "Cancellation": closing the SSE response stream MUST be treated as cancellation of that request.
        // Before, "disconnection SHOULD NOT be interpreted as the client cancelling its request".
        if revision.isModern, !stream.isComplete { conversation.cancel() }
      }
      response.finishesByItself = true
      return response
    }
  }

  /// The way back to a client, with what it answered already.
  func conversation(
    _ id: RequestID, _ method: String, _ params: JSONObject, _ caller: Caller, _ revision: Revision,
    _ exchange: Exchange
  ) throws(ProtocolError) -> RequestConversation {
    RequestConversation(
      id: id, revision, exchange.client, meta: params["_meta"]?.object ?? JSONObject(),
      answers: try answers(method, params, caller, revision), patience: configuration.questionTime,
      world: world)
  }

  /// What the client answered in this round, and in those before (mrtr).
  ///
  /// Answers may come without a state: they are to the questions of a first round, which had nothing to remember.
  private func answers(
    _ method: String, _ params: JSONObject, _ caller: Caller, _ revision: Revision
  ) throws(ProtocolError) -> [String: JSONObject] {
    guard revision.isModern else { return [:] }
    var answers: [String: JSONObject] = [:]
    switch params["requestState"] {
    case nil, .null?: break
    case .string(let text)?:
      answers = try requestState.open(text, caller, RequestState.digest(method, params))
    default: throw .invalidParams("'requestState' must be a string")
    }
    switch params["inputResponses"] {
    case nil: break
    case .object(let given)?:
      for (key, value) in given.members {
        guard let answer = value.object else { throw .invalidParams("an input response must be an object") }
        // What was answered in an earlier round stays so: the state is sealed, this is not.
        if answers[key] == nil { answers[key] = answer }
      }
    default: throw .invalidParams("'inputResponses' must be an object")
    }
    return answers
  }

  /// What a method's interruption means to the client.
  func interrupted(
    _ interruption: Interruption, _ method: String, _ params: JSONObject, _ caller: Caller,
    _ conversation: RequestConversation, _ entry: inout AuditEntry
  ) -> Outcome {
    let revision = conversation.revision
    switch interruption {
    case .inputRequired(let questions) where revision.isModern:
      entry.code = "input_required"
      do throws(ProtocolError) {
        let state = try requestState.seal(
          conversation.answers, caller, RequestState.digest(method, params))
        let requests = questions.map { question in
          (
            question.key,
            ["method": .string(question.method), "params": .object(question.params)] as JSONValue
          )
        }
        return .result(
          Reply.members([
            "resultType": "input_required", "inputRequests": .object(JSONObject(requests)),
            "requestState": .string(state),
          ]) + tail(revision))
      } catch {
        return .error(error)
      }
    case .unsupported(let capabilities) where revision.isModern:
      return .error(.missing(capabilities))
    default:
      let result = ToolResult(interruption)
      entry.code = result.structured["code"]?.string
      return .result(ToolAnswer(result, revision).members + tail(revision))
    }
  }

  static let tooManyCalls = Denial(
    rule: "(calls at once)", code: "too_many_calls",
    reason: "This connection has too many calls running. Wait for one to end, then go on.",
    retryAfter: .seconds(1))
}
