package import Governance
package import JSON

/// What an argument of a prompt or a variable of a template is completed with.
package enum CompletionKind: Sendable, Equatable {
  /// One of these words.
  case choices([String])
  /// Names of models that the caller may read.
  case models
  /// Names of the fields of the model that another argument names.
  case fields(modelIn: String)
  /// Display names of a model's records.
  case names(of: String)
  /// Ids of the records of a model, by their display names.
  case identifiersOf(String)
  /// Ids of the records of the model that another argument names.
  case identifiers(modelIn: String)
}

/// What a value that was begun may become.
package struct Completion: Sendable, Equatable {
  /// completion/complete: at most 100.
  package static let most = 100

  package let values: [String]
  /// Nil where nobody counted.
  package let total: Int?
  package let hasMore: Bool

  /// - Parameter total: where there are more than these.
  package init(_ values: [String], total: Int? = nil) {
    self.values = Array(values.prefix(Self.most))
    self.total = total ?? values.count
    hasMore = (total ?? values.count) > self.values.count
  }

  /// Those of the words that begin so, then those that hold it.
  package init(_ words: [String], beginning value: String) {
    let begun = value.lowercased()
    let first = words.filter { $0.lowercased().hasPrefix(begun) }
    let later = words.filter { !$0.lowercased().hasPrefix(begun) && $0.lowercased().contains(begun) }
    self.init(first + later)
  }
}

/// Where completions come from that are no fixed choices.
package protocol CompletionSource: Sendable {
  /// The call that tells the same: who may not make it gets no completions.
  ///
  /// - Parameters:
  ///   - value: what was begun.
  ///   - others: the arguments that are known already.
  /// - Returns: nil where nothing can be completed yet.
  func call(
    for kind: CompletionKind, _ value: String, _ others: [String: String]
  ) -> (tool: ToolDefinition, arguments: JSONObject)?

  /// Completes a value, with what the permit's caller may see.
  func complete(_ kind: CompletionKind, _ value: String, _ permit: consuming Permit) async -> Completion
}
