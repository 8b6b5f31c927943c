internal import Authentication
internal import Governance
internal import JSON
internal import Tools

extension MCPEndpoint {
  /// `completion/complete`: what an argument of a prompt, or a variable of a template, may become.
  func completeArgument(
    _ params: JSONObject, _ caller: Caller, _ revision: Revision, _ exchange: inout Exchange
  ) async throws(ProtocolError) -> [UInt8] {
    guard hasCompletions else { throw .methodNotFound("completion/complete") }
    guard let argument = params["argument"]?.object, let name = argument["name"]?.string,
      let value = argument["value"]?.string
    else { throw .invalidParams("'argument' must have a name and a value") }
    guard value.utf8.count <= 1024 else { throw .invalidParams("the value has more than 1024 bytes") }
    // 2025-06-18 and later: the arguments that are known already.
    var others: [String: String] = [:]
    for (name, value) in params["context"]?["arguments"]?.object?.members ?? [] {
      others[name] = value.string
    }
    let kind = try completionKind(params["ref"] ?? .null, name, caller)
    let found = await completion(kind, value, others, caller, &exchange)
    var completion: JSONObject = ["values": .array(found.values.map { .string($0) })]
    if let total = found.total { completion["total"] = .integer(Int64(total)) }
    completion["hasMore"] = .bool(found.hasMore)
    let result: JSONObject = ["completion": .object(completion)]
    guard revision.isModern else { return Reply.members(result) }
    return Reply.members(["resultType": "complete"]) + [UInt8(ascii: ",")] + Reply.members(result)
      + serverInfoMember
  }

  private func completion(
    _ kind: CompletionKind?, _ value: String, _ others: [String: String], _ caller: Caller,
    _ exchange: inout Exchange
  ) async -> Completion {
    switch kind {
    case nil: return Completion([])
    case .choices(let words)?: return Completion(words, beginning: value)
    case let kind?:
      guard let source = repertoire.completions, let call = source.call(for: kind, value, others) else {
        return Completion([])
      }
      // A completion tells what a call would: it is asked for, counted and on record like one.
      switch await governor.admit(caller, call.tool, call.arguments, mayWait: false) {
      case .permitted(let permit):
        exchange.note(permit)
        return await source.complete(kind, value, permit)
      case .denied(let denial):
        exchange.note(denial, of: call.tool)
        return Completion([])
      case .waiting: return Completion([])
      case .misfit: return Completion([])
      case .insufficientScope: return Completion([])
      case .insufficientAuthentication: return Completion([])
      }
    }
  }

  /// What completes the argument.
  ///
  /// - Returns: nil for free text.
  /// - Throws: -32602 for a prompt, template or argument that there isn't.
  private func completionKind(
    _ reference: JSONValue, _ argument: String, _ caller: Caller
  ) throws(ProtocolError) -> CompletionKind? {
    switch reference["type"]?.string {
    case "ref/prompt":
      let visible = repertoire.prompts.prompts(for: caller, governor, catalogue).map(\.definition)
      guard let prompt = visible.first(where: { $0.name == reference["name"]?.string }) else {
        throw .invalidParams("there is no such prompt")
      }
      guard let known = prompt.arguments.first(where: { $0.name == argument }) else {
        throw .invalidParams("the prompt has no argument '\(argument.prefix(64))'")
      }
      return known.completion
    case "ref/resource":
      let templates = repertoire.resources.templates(for: caller, governor)
      guard let template = templates.first(where: { $0.template == reference["uri"]?.string }) else {
        throw .invalidParams("there is no such resource template")
      }
      guard template.variables.contains(argument) else {
        throw .invalidParams("the template has no variable '\(argument.prefix(64))'")
      }
      return template.completions[argument]
    default: throw .invalidParams("'ref' must be of type ref/prompt or ref/resource")
    }
  }
}
