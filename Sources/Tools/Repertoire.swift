/// What a server offers besides tools: resources, prompts, and the completion of their arguments.
package struct Repertoire: Sendable {
  package let resources: ResourceCatalogue
  package let prompts: PromptCatalogue
  /// Completes what asks for the backend's words; nil where only fixed choices are completed.
  package let completions: (any CompletionSource)?
  /// Whether its lists change while the server runs: then clients are told that they will hear of it.
  package let changes: Bool

  package init(
    resources: ResourceCatalogue = ResourceCatalogue(), prompts: PromptCatalogue = PromptCatalogue(),
    completions: (any CompletionSource)? = nil, changes: Bool = false
  ) {
    self.changes = changes
    self.resources = resources
    self.prompts = prompts
    self.completions = completions
  }
}
