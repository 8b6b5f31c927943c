internal import JSON

/// Ready-to-paste set-up for the clients that people use, with URL and key filled in (product row A12).
package struct ClientSetup: Sendable {
  /// One client's.
  package struct Snippet: Sendable {
    package let client: String
    package let text: String
  }

  package let snippets: [Snippet]

  /// - Parameters:
  ///   - url: of the MCP endpoint.
  ///   - key: nil for clients that sign in with a browser.
  package init(url: String, key: String?) {
    let header = key.map { "Bearer \($0)" }
    func configuration(_ server: JSONObject, under name: String = "mcpServers") -> String {
      JSONValue.object([name: ["gatehouse": .object(server)]]).text
    }
    func server(_ url: String, _ member: String = "url", _ more: JSONObject = [:]) -> JSONObject {
      var server = more
      server[member] = .string(url)
      if let header { server["headers"] = ["Authorization": .string(header)] }
      return server
    }
    var all = [
      Snippet(
        client: "Claude Code",
        text: "claude mcp add --transport http gatehouse \(url)"
          + (header.map { " --header \"Authorization: \($0)\"" } ?? "")),
      Snippet(client: "Cursor (~/.cursor/mcp.json)", text: configuration(server(url))),
      Snippet(
        client: "VS Code (.vscode/mcp.json)",
        text: configuration(server(url, "url", ["type": "http"]), under: "servers")),
      Snippet(client: "Gemini CLI (~/.gemini/settings.json)", text: configuration(server(url, "httpUrl"))),
    ]
    if let header {
      all.append(
        Snippet(
          client: "Continue (.continue/mcpServers/gatehouse.json)",
          text: configuration([
            "type": "streamable-http", "url": .string(url),
            "requestOptions": ["headers": ["Authorization": .string(header)]],
          ])))
      let call = #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#
      all.append(
        Snippet(
          client: "curl",
          text: """
            curl -s \(url) -H 'Authorization: \(header)' -H 'Content-Type: application/json' \
            -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2025-11-25' -d '\(call)'
            """))
    } else {
      all.append(Snippet(client: "claude.ai, Claude Desktop, ChatGPT (add a custom connector)", text: url))
      all.append(
        Snippet(
          client: "Continue (.continue/mcpServers/gatehouse.json)",
          text: configuration(["type": "streamable-http", "url": .string(url)])))
    }
    snippets = all
  }
}
