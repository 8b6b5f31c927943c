internal import Authentication
internal import Governance
internal import JSON
internal import OAuth
internal import Tools

extension MCPEndpoint {
  /// `tools/call`: through governance to the tool, and back.
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
        return refused(ToolResult(denial), denial, revision, &entry)
      }
      return .error(ProtocolError(.invalidParams, "Unknown tool: \(AuditEntry.bounded(name))"))
    }
    if revision.isModern, let headers = tools.headers[name] {
      do throws(ProtocolError) { try headers.check(arguments, exchange.fields) } catch {
        return .error(error)
      }
    }
    switch await governor.admit(caller, tool.definition, arguments) {
    case .denied(let denial):
      return refused(ToolResult(denial), denial, revision, &entry)
    case .waiting(let request):
      let result = ApprovalAnswer.result(request)
      entry.kind = request.status == .done ? .response : .refusal
      entry.code = result.isError ? result.structured["code"]?.string : nil
      entry.rule = request.id
      entry.policy = request.policy
      entry.payload?.result = result.onRecord
      return .result(ToolAnswer(result, revision).members + tail(revision))
    case .misfit(let error):
      entry.kind = .refusal
      entry.code = "invalid_arguments"
      let result = ToolResult(error, tool: tool.definition.name)
      entry.payload?.result = result.onRecord
      return .result(ToolAnswer(result, revision).members + tail(revision))
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

  private func refused(
    _ result: ToolResult, _ denial: Denial, _ revision: Revision, _ entry: inout AuditEntry
  ) -> Outcome {
    entry.kind = .refusal
    entry.code = denial.code
    entry.rule = denial.rule
    entry.policy = denial.policy
    entry.payload?.result = result.onRecord
    return .result(ToolAnswer(result, revision).members + tail(revision))
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
