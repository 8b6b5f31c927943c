internal import Governance
internal import JSON
internal import Tools
internal import World

/// A tool's result as the members of a `CallToolResult`.
struct ToolAnswer: Sendable {
  let members: [UInt8]

  init(_ result: ToolResult, _ revision: Revision) {
    // A tool that gives content alone has nothing to mirror.
    let hasStructure = result.content.isEmpty || !result.structured.isEmpty
    let structured = hasStructure ? result.structured.serialized() : []
    var blocks: [String] = []
    // 2025-06-18 and later, "Structured Content": the serialized JSON SHOULD be returned in a text block too. A
    // failure's sentence says all that its data does.
    if hasStructure, !result.isError || !revision.hasStructuredContent {
      blocks.append(String(decoding: structured, as: UTF8.self))
    }
    if !result.text.isEmpty {
      if result.isError { blocks.insert(result.text, at: 0) } else { blocks.append(result.text) }
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(structured.count * 5 / 2 + 512)
    bytes += Array((revision.isModern ? #""resultType":"complete","content":["# : #""content":["#).utf8)
    for (index, text) in blocks.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += Array(#"{"type":"text","text":"#.utf8)
      bytes += JSONValue.string(text).serialized()
      bytes.append(UInt8(ascii: "}"))
    }
    for (index, block) in result.content.enumerated() {
      if index > 0 || !blocks.isEmpty { bytes.append(UInt8(ascii: ",")) }
      bytes += block.object.serialized()
    }
    bytes.append(UInt8(ascii: "]"))
    if revision.hasStructuredContent, hasStructure {
      bytes += Array(#","structuredContent":"#.utf8)
      bytes += structured
    }
    bytes += Array((result.isError ? #","isError":true"# : #","isError":false"#).utf8)
    members = bytes
  }
}

extension ToolResult {
  /// A refusal that a model can read and act on: never 401 or 403, which clients answer with a new login.
  init(_ denial: Denial) {
    var details: JSONObject = ["rule": .string(denial.rule)]
    if let wait = denial.retryAfter { details["retry_after_seconds"] = .integer(wait.wholeSeconds) }
    self = .failure(denial.code, "Refused by \(denial.rule): \(denial.reason)", details: details)
  }

  /// Arguments that don't fit, all of them at once.
  init(_ error: ArgumentError, tool: String) {
    let problems = error.problems.map { problem -> JSONValue in
      ["argument": .string(problem.argument), "problem": .string(problem.sentence)]
    }
    self = .failure(
      "invalid_arguments", "The arguments of '\(tool)' are not valid: \(error.description).",
      details: ["problems": .array(problems)])
  }
}
