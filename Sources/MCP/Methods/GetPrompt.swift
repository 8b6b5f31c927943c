internal import Authentication
internal import Governance
internal import JSON
internal import Synchronization
internal import Tools
internal import World

extension MCPEndpoint {
  /// `prompts/get`: the messages of a prompt, with the records in them that the caller may read.
  func getPrompt(
    _ params: JSONObject, _ caller: Caller, _ revision: Revision, _ exchange: inout Exchange
  ) async throws(ProtocolError) -> [UInt8] {
    guard hasPrompts else { throw .methodNotFound("prompts/get") }
    guard let name = params["name"]?.string else { throw .invalidParams("'name' must be a string") }
    let visible = repertoire.prompts.prompts(for: caller, governor, catalogue)
    guard let prompt = visible.first(where: { $0.definition.name == name }) else {
      throw ProtocolError(.invalidParams, "Unknown prompt: \(AuditEntry.bounded(name))")
    }
    let arguments = try Self.arguments(params, of: prompt.definition)
    // What a prompt reads counts like any other reading, and is on record like it, before the prompt itself.
    let readings = Mutex<[AuditEntry]>([])
    // Only a revision whose questions go into the answer can ask in the middle of this.
    var conversation: RequestConversation?
    if revision.isModern, let id = exchange.id {
      conversation = try self.conversation(id, "prompts/get", params, caller, revision, exchange)
    }
    let way: any Conversation = conversation ?? Silence()
    let entry = AuditEntry(time: exchange.arrived, kind: .response, method: "prompts/get", caller: caller)
    let context = PromptContext(caller: caller, conversation: way) { uri in
      var entry = entry
      let reading = await read(uri, caller, &entry)
      readings.withLock { [entry] in $0.append(entry) }
      return PromptReading(reading)
    } call: { tool, arguments in
      var entry = entry
      let result = await call(tool, arguments, caller, &entry)
      readings.withLock { [entry] in $0.append(entry) }
      return result
    }
    let messages: [PromptMessage]
    defer {
      exchange.entries.insert(contentsOf: readings.withLock { $0 }, at: max(0, exchange.entries.count - 1))
    }
    do throws(PromptError) { messages = try await prompt.messages(arguments, in: context) } catch {
      guard let interruption = error.interruption, let conversation else {
        throw .invalidParams(error.sentence)
      }
      return try asked(interruption, params, caller, conversation, &exchange)
    }
    let result: JSONObject = [
      "description": .string(prompt.definition.description),
      "messages": .array(messages.map { .object($0.object) }),
    ]
    if !exchange.entries.isEmpty {
      exchange.entries[exchange.entries.count - 1].payload = AuditPayload(
        arguments: ["name": .string(name), "arguments": params["arguments"] ?? .null], result: .object(result)
      )
    }
    guard revision.isModern else { return Reply.members(result) }
    return Reply.members(["resultType": "complete"]) + [UInt8(ascii: ",")] + Reply.members(result)
      + serverInfoMember
  }

  /// Calls a tool that only reads, for a prompt.
  private func call(
    _ tool: any Tool, _ arguments: JSONObject, _ caller: Caller, _ entry: inout AuditEntry
  ) async -> ToolResult {
    entry.tool = tool.definition.name
    let result: ToolResult
    switch await governor.admit(caller, tool.definition, arguments, mayWait: false) {
    case .permitted(let permit):
      entry.model = permit.call.model.map(AuditEntry.bounded)
      entry.policy = permit.policy
      result = await tool.call(permit)
    case .denied(let denial):
      entry.kind = .refusal
      entry.rule = denial.rule
      entry.policy = denial.policy
      result = ToolResult(denial)
    case .misfit(let error): result = ToolResult(error, tool: tool.definition.name)
    case .waiting: result = Self.notAllowed
    case .insufficientScope: result = Self.notAllowed
    case .insufficientAuthentication: result = Self.notAllowed
    }
    if result.isError { entry.code = AuditEntry.bounded(result.structured["code"]?.string ?? "error") }
    entry.payload = AuditPayload(arguments: .object(arguments), result: result.onRecord)
    return result
  }

  private static let notAllowed = ToolResult.failure("not_allowed", "This connection may not look it up.")

  /// What the client has to answer before the prompt can be written (mrtr, "Supported Requests").
  private func asked(
    _ interruption: Interruption, _ params: JSONObject, _ caller: Caller,
    _ conversation: RequestConversation, _ exchange: inout Exchange
  ) throws(ProtocolError) -> [UInt8] {
    var entry = AuditEntry(time: exchange.arrived, kind: .response, method: "prompts/get", caller: caller)
    let outcome = interrupted(interruption, "prompts/get", params, caller, conversation, &entry)
    if let code = entry.code { exchange.mark(code: code) }
    switch outcome {
    case .result(let members): return members
    case .error(let error): throw error
    case .limited, .insufficientScope, .insufficientAuthentication:
      throw .invalidParams(ToolResult(interruption).text)
    }
  }

  /// Prompts, "Error Handling": missing required arguments are -32602; so are those that nobody knows.
  private static func arguments(
    _ params: JSONObject, of prompt: PromptDefinition
  ) throws(ProtocolError) -> [String: String] {
    var values: [String: String] = [:]
    switch params["arguments"] {
    case nil, .null?: break
    case .object(let object)?:
      for (name, value) in object.members {
        guard prompt.arguments.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
          let known = prompt.arguments.map(\.name).joined(separator: ", ")
          throw .invalidParams(
            "the prompt has no argument '\(AuditEntry.bounded(name))' (\(known.isEmpty ? "it has none" : "known: \(known)"))"
          )
        }
        guard let text = value.string, text.utf8.count <= 4096 else {
          throw .invalidParams(
            "the argument '\(AuditEntry.bounded(name))' must be a string of at most 4096 bytes")
        }
        values[name] = text
      }
    default: throw .invalidParams("'arguments' must be an object")
    }
    for argument in prompt.arguments where argument.isRequired && values[argument.name, default: ""].isEmpty {
      throw .invalidParams("the prompt needs the argument '\(argument.name)': \(argument.description)")
    }
    return values
  }
}

extension PromptReading {
  fileprivate init(_ reading: MCPEndpoint.Reading) {
    switch reading {
    case .contents(let contents): self = .contents(contents)
    case .absent: self = .absent
    case .tooLarge(let size): self = .refused("it has \(size) bytes, more than are sent at once.")
    case .unavailable: self = .refused("it can't be read at the moment.")
    case .limited(let denial): self = .refused(denial.reason)
    case .insufficientScope, .insufficientAuthentication:
      self = .refused("this connection may not read it without asking its person again.")
    }
  }
}
