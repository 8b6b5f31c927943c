package import Authentication
package import Governance
internal import Synchronization

/// Every prompt there is, in the order in which clients see them.
///
/// It may get and lose prompts while the server runs; whoever changes it tells clients so
/// (`MCPEndpoint.announce(.prompts)`).
package final class PromptCatalogue: Sendable {
  private let current: Mutex<[any Prompt]>

  package init(_ prompts: [any Prompt] = []) { current = Mutex(prompts) }

  package var prompts: [any Prompt] { current.withLock { $0 } }

  /// Adds a prompt at the end; one of the same name goes.
  package func add(_ prompt: any Prompt) {
    current.withLock { prompts in
      prompts.removeAll { $0.definition.name == prompt.definition.name }
      prompts.append(prompt)
    }
  }

  /// Takes a prompt away.
  ///
  /// - Returns: whether there was one.
  @discardableResult
  package func remove(_ name: String) -> Bool {
    current.withLock { prompts in
      let count = prompts.count
      prompts.removeAll { $0.definition.name == name }
      return prompts.count < count
    }
  }

  /// The prompts whose tools the caller sees.
  package func prompts(for caller: Caller, _ governor: Governor, _ tools: ToolCatalogue) -> [any Prompt] {
    prompts.filter { prompt in
      prompt.definition.tools.allSatisfy { name in
        tools[name].map { governor.isVisible($0.definition, to: caller) } ?? false
      }
    }
  }
}
