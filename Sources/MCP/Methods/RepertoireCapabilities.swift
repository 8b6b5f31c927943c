internal import Governance
internal import JSON
internal import Tools

extension MCPEndpoint {
  /// Declares what there is besides tools.
  func addRepertoire(to capabilities: inout JSONObject) {
    let changes: JSONObject = repertoire.changes ? ["listChanged": true] : [:]
    if hasResources {
      var resources = changes
      if configuration.mayFollow != nil { resources["subscribe"] = true }
      capabilities["resources"] = .object(resources)
    }
    if hasPrompts { capabilities["prompts"] = .object(changes) }
    if hasCompletions { capabilities["completions"] = [:] }
    // SEP-2133: extensions by their names. Results are text for those who can't show views.
    if catalogue.tools.contains(where: { $0.definition.view != nil }) {
      capabilities["extensions"] = [AppViews.extensionName: ["mimeTypes": [.string(AppViews.mediaType)]]]
    }
  }

  var repertoire: Repertoire { configuration.repertoire }
  var hasResources: Bool { !repertoire.resources.sources.isEmpty }
  var hasPrompts: Bool { !repertoire.prompts.prompts.isEmpty }
  var hasCompletions: Bool { hasPrompts || hasResources }
}
