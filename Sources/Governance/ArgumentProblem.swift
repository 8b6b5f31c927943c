internal import JSON

/// What is wrong with one argument of a call, in words that a model can act on.
package struct ArgumentProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// Where: `limit`, `values_list[3].name`.
  package let argument: String
  package let sentence: String

  package var description: String { sentence }

  static func unknown(_ argument: String, known: [String]) -> ArgumentProblem {
    let list = known.isEmpty ? "the tool takes none" : "known: " + known.joined(separator: ", ")
    return ArgumentProblem(argument: argument, sentence: "unknown argument '\(excerpt(argument))' (\(list))")
  }

  static func missing(_ argument: String, expected: String) -> ArgumentProblem {
    ArgumentProblem(argument: argument, sentence: "missing argument '\(argument)': expected \(expected)")
  }

  static func wrong(_ argument: String, expected: String, got value: JSONValue) -> ArgumentProblem {
    ArgumentProblem(
      argument: argument,
      sentence: "argument '\(excerpt(argument))': expected \(expected), got \(nameAndValue(value))")
  }

  private static func nameAndValue(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .integer(let whole): "\(whole)"
    case .number(let number): "\(number)"
    case .string(let text): "the string '\(excerpt(text))'"
    case .array(let values): "an array of \(values.count)"
    case .object: "an object"
    }
  }

  private static func excerpt(_ text: String) -> String { text.count > 64 ? text.prefix(63) + "…" : text }
}

/// Why a call's arguments were refused: one or more problems.
package struct ArgumentError: Error, Sendable, Equatable, CustomStringConvertible {
  package let problems: [ArgumentProblem]

  package var description: String { problems.map(\.sentence).joined(separator: "; ") }
}
