internal import Authentication
package import JSON
internal import JSONSchema

/// A tool and its arguments, checked against its parameters: a call with a wrong argument can't be made.
package struct Call: Sendable {
  package let tool: ToolDefinition
  /// As the tool reads them: defaults filled in, integers as integers.
  package let arguments: JSONObject

  /// Checks the arguments against the tool's input schema.
  ///
  /// - Throws: every argument that is unknown, missing, of a wrong type or out of range, up to ten.
  package init(_ tool: ToolDefinition, _ arguments: JSONObject) throws(ArgumentError) {
    self.tool = tool
    self.arguments =
      tool.parameters.isEmpty ? arguments : Parameter.normalised(arguments, tool.parameters)
    // MCP 2026-07-28 Tools, "Security Considerations": servers MUST validate all tool inputs.
    let problems = try tool.argumentSchema.get().problems(
      of: .object(self.arguments), limit: Parameter.mostProblems)
    guard problems.isEmpty else { throw ArgumentError(problems: problems.map { ArgumentProblem($0) }) }
  }

  /// The model that the call names, where the tool takes one.
  package var model: String? { arguments["model"]?.string }
}

extension Call {
  /// Whether it only tries out what it would do.
  var isDryRun: Bool { tool.parameters.contains { $0.name == "dry_run" } && arguments["dry_run"] == true }

  /// What it would do, in a sentence for the person who has to decide: the tool's own, or one made of the arguments.
  func summary(for caller: Caller) async -> String {
    if let words = await tool.words?(arguments, caller) { return Self.excerpt(words, 1000) }
    return summary
  }

  private var summary: String {
    let what = arguments.members.compactMap { name, value -> String? in
      switch value {
      case .null: nil
      case .array(let list) where list.count > 5: "\(name): \(list.count) values"
      case .object(let object) where object.count > 5: "\(name): \(object.count) members"
      default: "\(name): \(Self.excerpt(value.text))"
      }
    }
    let verb =
      switch tool.effect {
      case .reads: "Read"
      case .adds: "Add"
      case .changes: "Change"
      case .deletes: "Permanently delete"
      case .runs: "Run"
      }
    let details = what.isEmpty ? "" : " (" + what.joined(separator: ", ") + ")"
    return Self.excerpt("\(verb) by “\(tool.title)”\(details)", 1000)
  }

  private static func excerpt(_ text: String, _ length: Int = 200) -> String {
    text.unicodeScalars.count > length
      ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(length))) + "…" : text
  }
}
