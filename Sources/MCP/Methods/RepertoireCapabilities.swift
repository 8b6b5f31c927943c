internal import Governance
internal import JSON
internal import Tools

extension MCPEndpoint {
  /// Declares what there is besides tools.
  func addRepertoire(to capabilities: inout JSONObject, _ revision: Revision) {
    let changes: JSONObject = repertoire.changes ? ["listChanged": true] : [:]
    if hasResources {
      var resources = changes
      if configuration.mayFollow != nil { resources["subscribe"] = true }
      capabilities["resources"] = .object(resources)
    }
    if hasPrompts { capabilities["prompts"] = .object(changes) }
    if hasCompletions { capabilities["completions"] = [:] }
    // SEP-2133: extensions by their names. Results are text for those who can't show views.
    var extensions = JSONObject()
    if catalogue.tools.contains(where: { $0.definition.view != nil }) {
      extensions[AppViews.extensionName] = ["mimeTypes": [.string(AppViews.mediaType)]]
    }
    if configuration.tasks != nil, revision.isModern { extensions[TaskNames.extension] = [:] }
    if !extensions.isEmpty { capabilities["extensions"] = .object(extensions) }
    if configuration.tasks != nil, revision == .november2025 {
      capabilities["tasks"] = ["list": [:], "cancel": [:], "requests": ["tools": ["call": [:]]]]
    }
  }

  var repertoire: Repertoire { configuration.repertoire }
  var hasResources: Bool { !repertoire.resources.sources.isEmpty }
  var hasPrompts: Bool { !repertoire.prompts.prompts.isEmpty }
  var hasCompletions: Bool { hasPrompts || hasResources }
}
