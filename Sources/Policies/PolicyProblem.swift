/// What is wrong with a policy document, for the person who wrote it.
package struct PolicyProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// Counted from 1.
  package let line: Int
  /// JSON Pointer to the value that is wrong; empty for the whole document.
  package let pointer: String
  package let sentence: String

  package var description: String {
    "line \(line): \(pointer.isEmpty ? "the document" : pointer) \(sentence)"
  }
}

/// Why a document is no policy: at least one problem, in the order of their lines.
package struct PolicyError: Error, Sendable, Equatable, CustomStringConvertible {
  package let problems: [PolicyProblem]
  package var description: String { problems.map(\.description).joined(separator: "\n") }
}
