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

  /// The chart, for those who may group.
  ///
  /// - Parameter tool: `read_group`, whose rules hold.
  package static func chart(for tool: ToolDefinition) -> FixedResources {
    FixedResources(
      tool: tool,
      [
        (
          Resource(
            chart, name: "chart", title: "Chart",
            description: "Shows the groups of read_group as bars or a line",
            mediaType: mediaType, size: PackageResources.chart_html.count),
          ResourceContents(
            chart, mediaType: mediaType, .text(String(decoding: PackageResources.chart_html, as: UTF8.self)),
            meta: sandbox)
        )
      ])
  }

  /// A page that asks the network for nothing: the host's policy is as tight as it can be.
  private static let sandbox: JSONObject = [
    "ui": ["csp": ["connectDomains": [], "resourceDomains": []], "prefersBorder": true]
  ]
}
