internal import JSON
internal import JSONSchema

extension FuzzTarget {
  /// JSON Schema: the bytes are a schema and a value with a line feed between them.
  static let jsonSchema = FuzzTarget(name: "json-schema") { bytes in
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")),
      let document = accepted({ try JSONValue(parsing: Array(bytes[..<end])) }),
      let value = accepted({ try JSONValue(parsing: Array(bytes[(end + 1)...])) })
    else { return }
    let schema: JSONSchema
    do throws(SchemaError) { schema = try JSONSchema(document, assertsFormats: true) } catch {
      try hold(error.sentence.utf8.count < 1000, "a refusal repeats what was sent")
      return
    }
    let problems = schema.problems(of: value)
    try hold(problems.isEmpty == schema.accepts(value), "what fits has problems, or the other way round")
    try hold(problems.count <= 20, "there are \(problems.count) problems")
    for problem in problems {
      // The sentence goes to a model, which pays for every word of it; schemas are the operator's, and may be longer.
      try hold(problem.sentence.utf8.count < 20_000, "a sentence of \(problem.sentence.utf8.count) bytes")
    }
  }
}
