package import Governance
internal import JSON

/// What hosts show of a tool's result beside its text (MCP Apps, SEP-1865): pages of HTML that live in a sandbox of the
/// host's and get the result from it. A client that can't show them has the text.
package enum AppViews {
  package static let mediaType = "text/html;profile=mcp-app"
  /// The name of the extension.
  package static let extensionName = "io.modelcontextprotocol/ui"
  /// The groups of `read_group` as bars or a line.
  package static let chart = "ui://gatehouse/chart.html"

  /// A call that waits for a person.
  package static let approval = "ui://gatehouse/approval.html"

  /// The chart, for those who may group.
  ///
  /// - Parameter tool: `read_group`, whose rules hold.
  package static func chart(for tool: ToolDefinition) -> FixedResources {
    view(
      chart, "chart", "Chart", "Shows the groups of read_group as bars or a line",
      PackageResources.chart_html, of: tool)
  }

  /// The card of an approval, for those who may ask what became of one.
  ///
  /// - Parameter tool: `get_approval_status`, whose rules hold.
  package static func approval(for tool: ToolDefinition) -> FixedResources {
    view(
      approval, "approval", "Approval", "Shows what get_approval_status tells",
      PackageResources.approval_html, of: tool)
  }

  private static func view(
    _ uri: String, _ name: String, _ title: String, _ description: String, _ page: [UInt8],
    of tool: ToolDefinition
  ) -> FixedResources {
    FixedResources(
      tool: tool,
      [
        (
          Resource(
            uri, name: name, title: title, description: description, mediaType: mediaType, size: page.count),
          ResourceContents(
            uri, mediaType: mediaType, .text(String(decoding: page, as: UTF8.self)), meta: sandbox)
        )
      ])
  }

  /// A page that asks the network for nothing: the host's policy is as tight as it can be.
  private static let sandbox: JSONObject = [
    "ui": ["csp": ["connectDomains": [], "resourceDomains": []], "prefersBorder": true]
  ]
}
