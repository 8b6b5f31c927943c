internal import Authentication
internal import Governance
internal import JSON
internal import OAuth
internal import Tasks
internal import Tools

extension MCPEndpoint {
  /// `tools/call`: through governance to the tool, and back; or on record as a task, which goes that way later.
  ///
  /// - Parameter entry: gets what the audit log should know of the call.
  func callTool(
    _ params: JSONObject, _ caller: Caller, _ revision: Revision, _ exchange: inout Exchange,
    _ entry: inout AuditEntry
  ) async -> Outcome {
    guard let name = params["name"]?.string else { return .error(.invalidParams("'name' must be a string")) }
    entry.tool = AuditEntry.bounded(name)
    let arguments: JSONObject
    switch params["arguments"] {
    case nil, .null?: arguments = JSONObject()
    case .object(let object)?: arguments = object
    default: return .error(.invalidParams("'arguments' must be an object"))
    }
    entry.payload = AuditPayload(arguments: .object(arguments))
    let tools = offering.tools
    guard let tool = tools.catalogue[name] else {
      // Counted as a request, so that guessing names has a limit too.
      if let denial = await governor.admit(caller, method: "tools/call") {
        return refused(ToolResult(denial), denial, .never, revision, &entry)
      }
      return .error(ProtocolError(.invalidParams, "Unknown tool: \(AuditEntry.bounded(name))"))
    }
    let wish: TaskWish
    do throws(ProtocolError) {
      if revision.isModern, let headers = tools.headers[name] {
        try headers.check(arguments, exchange.fields)
      }
      wish = try taskWish(tool.definition, params, revision, exchange.client)
    } catch {
      return .error(error)
    }
    guard wish.isCertain else {
      let admission = await governor.admit(caller, tool.definition, arguments)
      return await outcome(of: admission, tool, params, wish, caller, revision, &exchange, &entry)
    }
    switch await governor.foresee(caller, tool.definition, arguments) {
    case .answered(let admission):
      return await outcome(of: admission, tool, params, wish, caller, revision, &exchange, &entry)
    case .possible(let call):
      entry.model = call.model.map(AuditEntry.bounded)
      var answers = JSONObject()
      if revision.isModern, let tool = tool as? any ConversingTool, let conversation = exchange.conversation {
        // ext-tasks, "Task Creation": rounds of questions SHOULD be resolved before the task is there.
        do throws(Interruption) {
          let questions = tool.questions(before: call.arguments)
          for (key, answer) in try await conversation.ask(questions) { answers[key] = .object(answer.object) }
        } catch {
          return interrupted(error, "tools/call", params, caller, conversation, &entry)
        }
      }
      do throws(Denial) {
        return try await makeTask(
          .call(tool: name), call.arguments, answers: answers, wish, caller, revision, exchange, &entry)
      } catch {
        return refused(ToolResult(error), error, wish, revision, &entry)
      }
    }
  }

  /// What governance's answer comes to.
  private func outcome(
    of admission: consuming Admission, _ tool: any Tool, _ params: JSONObject, _ wish: TaskWish,
    _ caller: Caller, _ revision: Revision, _ exchange: inout Exchange, _ entry: inout AuditEntry
  ) async -> Outcome {
    switch consume admission {
    case .denied(let denial):
      return refused(ToolResult(denial), denial, wish, revision, &entry)
    case .waiting(let request):
      let result = ApprovalAnswer.result(request)
      entry.kind = request.status == .done ? .response : .refusal
      entry.code = result.isError ? result.structured["code"]?.string : nil
      entry.rule = request.id
      entry.policy = request.policy
      entry.payload?.result = result.onRecord
      if wish.isCertain || (wish == .ifItWaits && !request.status.isFinal) {
        do throws(Denial) {
          return try await makeTask(
            .call(tool: tool.definition.name), request.arguments, wish, approval: request, caller, revision,
            exchange, &entry)
        } catch {
          // Where there is no room for a task the call waits all the same, and its outcome is fetched by its own id.
        }
      }
      return told(result, wish, revision, as: .legacyServerError)
    case .misfit(let error):
      entry.kind = .refusal
      entry.code = "invalid_arguments"
      let result = ToolResult(error, tool: tool.definition.name)
      entry.payload?.result = result.onRecord
      return told(result, wish, revision, as: .invalidParams)
    case .insufficientScope(let needed):
      return .insufficientScope(needed: needed)
    case .insufficientAuthentication(let needed):
      return .insufficientAuthentication(needed: needed)
    case .permitted(let permit):
      exchange.allowances = permit.allowances
      entry.model = permit.call.model.map(AuditEntry.bounded)
      entry.policy = permit.policy
      if tool.definition.effect != .reads {
        // What is about to be written is on record before it is, whatever happens then.
        var intent = entry
        intent.kind = .request
        let reservation = permit.reservation
        do {
          try await audit.append(intent)
        } catch {
          notRecorded(error)
          await governor.giveBack(reservation)
          return .error(Self.unrecorded)
        }
      }
      guard let tool = tool as? any ConversingTool, let conversation = exchange.conversation else {
        return answered(await tool.call(permit), revision, &entry)
      }
      let reservation = permit.reservation
      do throws(Interruption) {
        return answered(try await tool.call(permit, in: conversation), revision, &entry)
      } catch {
        // A round that only asks is no call: the one that answers it counts.
        if revision.isModern { await governor.giveBack(reservation) }
        return interrupted(error, "tools/call", params, caller, conversation, &entry)
      }
    }
  }

  private func answered(_ result: ToolResult, _ revision: Revision, _ entry: inout AuditEntry) -> Outcome {
    if result.isError { entry.code = AuditEntry.bounded(result.structured["code"]?.string ?? "error") }
    entry.payload?.result = result.onRecord
    return .result(ToolAnswer(result, revision).members + tail(revision))
  }

  func refused(
    _ result: ToolResult, _ denial: Denial, _ wish: TaskWish, _ revision: Revision,
    _ entry: inout AuditEntry
  ) -> Outcome {
    entry.kind = .refusal
    entry.code = denial.code
    entry.rule = denial.rule
    entry.policy = denial.policy
    entry.payload?.result = result.onRecord
    return told(result, wish, revision, as: .legacyServerError)
  }

  /// A result with `isError`, for who waits for one. Who asked for a task (2025-11-25) can read nothing but a task or an
  /// error.
  private func told(
    _ result: ToolResult, _ wish: TaskWish, _ revision: Revision, as code: ProtocolError.Code
  ) -> Outcome {
    guard wish.isCertain, !revision.isModern else {
      return .result(ToolAnswer(result, revision).members + tail(revision))
    }
    return .error(ProtocolError(code, result.text, data: .object(result.structured)))
  }

  func tail(_ revision: Revision) -> [UInt8] { revision.isModern ? serverInfoMember : [] }
}

extension ToolResult {
  /// What the audit log keeps of it, where that is switched on.
  var onRecord: JSONValue {
    var object: JSONObject = ["structured": .object(structured), "text": .string(text)]
    if isError { object["is_error"] = true }
    if !content.isEmpty { object["content"] = .array(content.map { .object($0.object) }) }
    return .object(object)
  }
}
