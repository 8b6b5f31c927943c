package import JSON

/// A tool and its arguments, checked against its parameters: a call with a wrong argument can't be made.
package struct Call: Sendable {
  package let tool: ToolDefinition
  /// As the tool reads them: defaults filled in, integers as integers.
  package let arguments: JSONObject

  /// Checks the arguments.
  ///
  /// - Throws: every argument that is unknown, missing, of a wrong type or out of range, up to ten.
  package init(_ tool: ToolDefinition, _ arguments: JSONObject) throws(ArgumentError) {
    var problems: [ArgumentProblem] = []
    self.tool = tool
    self.arguments = Parameter.checked(arguments, against: tool.parameters, prefix: "", &problems)
    guard problems.isEmpty else { throw ArgumentError(problems: problems) }
  }

  /// The model that the call names, where the tool takes one.
  package var model: String? { arguments["model"]?.string }
}
