internal import JSONSchema

/// What is wrong with one argument of a call, in words that a model can act on.
package struct ArgumentProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// Where: `limit`, `values_list[3].name`; empty for all of them together.
  package let argument: String
  /// "/limit must be at most 200, is 500"
  package let sentence: String

  package var description: String { sentence }

  init(_ problem: SchemaProblem) {
    argument = problem.path
    sentence = problem.description
  }
}

/// Why a call's arguments were refused: one or more problems.
package struct ArgumentError: Error, Sendable, Equatable, CustomStringConvertible {
  package let problems: [ArgumentProblem]

  package var description: String { problems.map(\.sentence).joined(separator: "; ") }
}
