/// Why a text is no pattern.
package struct PatternError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A sentence for whoever wrote the pattern.
  package let description: String
}

/// A pattern that would take too long to decide on a text: to be treated as a refusal, never as a match.
package struct PatternTooCostly: Error, Sendable, Equatable {}
