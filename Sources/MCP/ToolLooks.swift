internal import Crypto
internal import Governance
internal import JSON

extension ToolDefinition {
  /// Adds what hosts show to people: an icon (since 2025-11-25), and the view of the tool's results (MCP Apps).
  func addLooks(to entry: inout JSONObject, _ revision: Revision) {
    if revision >= .november2025 { entry["icons"] = [.object(group.icon)] }
    if let view, revision.hasStructuredContent { entry["_meta"] = ["ui": ["resourceUri": .string(view)]] }
  }
}

extension ToolDefinition.Group {
  /// `Icon` of the schema. In the answer itself: clients MUST take `data:` URIs, and need not ask anybody for it.
  var icon: JSONObject {
    let picture = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#2f6f8f" stroke-width="2" \
      stroke-linecap="round" stroke-linejoin="round"><path d="\(path)"/></svg>
      """
    return [
      "src": .string("data:image/svg+xml;base64," + Base64.encode(Array(picture.utf8))),
      "mimeType": "image/svg+xml",
      "sizes": ["any"],
    ]
  }

  /// Lines on a sheet of 24 by 24.
  private var path: String {
    switch self {
    case .read: "M10 4a6 6 0 1 0 0 12a6 6 0 0 0 0-12M15 15l6 6"
    case .write: "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4"
    case .workflow: "M4 6h8v4H4zM12 14h8v4h-8zM8 10v6h4"
    case .chatter: "M4 5h16v11H10l-5 4v-4H4z"
    case .email: "M3 6h18v12H3zM3 7l9 7l9-7"
    case .reporting: "M4 20h16M7 20v-6M12 20V6M17 20v-9"
    case .knowledge: "M12 6c-3-2-6-2-9-1v14c3-1 6-1 9 1c3-2 6-2 9-1V5c-3-1-6-1-9 1v14"
    case .visualisation: "M12 3a9 9 0 1 0 9 9h-9zM15 3a6 6 0 0 1 6 6h-6z"
    case .events: "M6 16v-5a6 6 0 0 1 12 0v5l2 2H4zM10 21h4"
    }
  }
}
