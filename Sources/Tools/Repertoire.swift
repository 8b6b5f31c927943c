/// What a server offers besides tools: resources, prompts, and the completion of their arguments.
package struct Repertoire: Sendable {
  package let resources: ResourceCatalogue
  package let prompts: PromptCatalogue
  /// Completes what asks for the backend's words; nil where only fixed choices are completed.
  package let completions: (any CompletionSource)?

  package init(
    resources: ResourceCatalogue = ResourceCatalogue(), prompts: PromptCatalogue = PromptCatalogue(),
    completions: (any CompletionSource)? = nil
  ) {
    self.resources = resources
    self.prompts = prompts
    self.completions = completions
  }
}
