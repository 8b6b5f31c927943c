internal import Authentication
internal import Governance
internal import JSON
internal import Tools

extension MCPEndpoint {
  /// `tools/list`: what this caller may call, in the catalogue's order, a page at a time.
  func listTools(
    _ params: JSONObject, _ caller: Caller, _ revision: Revision
  ) throws(ProtocolError) -> [UInt8] {
    let cursor: String?
    switch params["cursor"] {
    case nil, .null?: cursor = nil
    case .string(let text)?: cursor = text
    default: throw .invalidParams("'cursor' must be a string")
    }
    let tools = offering.tools
    let visible = tools.catalogue.tools.indices.filter {
      governor.isVisible(tools.catalogue.tools[$0].definition, to: caller)
    }
    let tail = revision.isModern ? cacheHints(configuration.listLifetime) + serverInfoMember : []
    return try tools.listing.page(revision, visible: visible, cursor: cursor, tail: tail)
  }
}
