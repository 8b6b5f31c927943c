package import JSON

/// What a tool gives back: data for programs and a sentence for models.
package struct ToolResult: Sendable {
  /// Fits the tool's output schema, unless `isError`.
  package var structured: JSONObject
  /// A short summary: "10 of 212 records". May be empty; the data itself is mirrored as text by the protocol layer.
  package var text: String
  /// Whether the call failed in a way that the model can act on.
  package var isError: Bool
  /// Images, sounds, resources and texts of their own, after the text and the mirror of the data.
  package var content: [ContentBlock] = []

  package init(_ structured: JSONObject, text: String = "") {
    self.structured = structured
    self.text = text
    self.isError = false
  }

  /// Content alone, of a tool that has no structured content.
  package static func content(_ blocks: [ContentBlock], isError: Bool = false) -> ToolResult {
    var result = ToolResult(JSONObject())
    result.content = blocks
    result.isError = isError
    return result
  }

  /// A failure that the model can act on.
  ///
  /// - Parameters:
  ///   - code: a word for programs, such as `unknown_model`.
  ///   - sentence: what is wrong; never holds what the caller may not see.
  ///   - hint: what to do instead.
  ///   - details: more members of the structured content.
  package static func failure(
    _ code: String, _ sentence: String, hint: String? = nil, details: JSONObject = JSONObject()
  ) -> ToolResult {
    var structured: JSONObject = ["code": .string(code), "message": .string(sentence)]
    if let hint { structured["hint"] = .string(hint) }
    for (name, value) in details.members { structured[name] = value }
    var result = ToolResult(structured, text: hint.map { "\(sentence) Hint: \($0)" } ?? sentence)
    result.isError = true
    return result
  }
}
