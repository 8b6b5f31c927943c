internal import Authentication
internal import JSON
internal import Tools

extension MCPEndpoint {
  /// `prompts/list`: the prompts whose tools this caller sees, a page at a time.
  func listPrompts(
    _ params: JSONObject, _ caller: Caller, _ revision: Revision
  ) throws(ProtocolError) -> [UInt8] {
    guard hasPrompts else { throw .methodNotFound("prompts/list") }
    let all = repertoire.prompts.prompts(for: caller, governor, catalogue).map(\.definition)
    var rest = all[...]
    if let cursor = try Self.cursor(params) {
      // As for tools: the name of the last one on the page before.
      guard cursor.hasPrefix("after:"),
        let last = all.firstIndex(where: { $0.name.utf8.elementsEqual(cursor.utf8.dropFirst(6)) })
      else { throw .invalidParams("the cursor is not valid") }
      rest = all[(last + 1)...]
    }
    let shown = rest.prefix(configuration.pageSize)
    var result: JSONObject = ["prompts": .array(shown.map { .object(Self.shown($0.object, revision)) })]
    if rest.count > shown.count, let last = shown.last {
      result["nextCursor"] = .string("after:\(last.name)")
    }
    return complete(result, revision, configuration.listLifetime)
  }
}
