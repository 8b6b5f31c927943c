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
      throw ProtocolError(.invalidParams, "Unknown prompt: \(name.prefix(64))")
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
    let context = PromptContext(caller: caller, conversation: way) {
      [arrived = exchange.arrived] uri in
      var entry = AuditEntry(time: arrived, kind: .response, method: "prompts/get", caller: caller)
      let reading = await read(uri, caller, &entry)
      readings.withLock { [entry] in $0.append(entry) }
      guard case .contents(let contents) = reading else { return [] }
      return contents
    }
    let messages: [PromptMessage]
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
    exchange.entries.insert(contentsOf: readings.withLock { $0 }, at: max(0, exchange.entries.count - 1))
    guard revision.isModern else { return Reply.members(result) }
    return Reply.members(["resultType": "complete"]) + [UInt8(ascii: ",")] + Reply.members(result)
      + serverInfoMember
  }

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
            "the prompt has no argument '\(name.prefix(64))' (\(known.isEmpty ? "it has none" : "known: \(known)"))"
          )
        }
        guard let text = value.string, text.utf8.count <= 4096 else {
          throw .invalidParams("the argument '\(name.prefix(64))' must be a string of at most 4096 bytes")
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
