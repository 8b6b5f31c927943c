package import JSON

/// A JSON Schema (2020-12), compiled once and then fast to ask.
///
///     document ─► Documents ($id, anchors) ─► Compiler ─► [Node] ─► Evaluation of a value ─► problems
///
/// All vocabularies of the draft hold: core, applicators, unevaluated, validation; formats are annotations unless they
/// are asked for. A reference leads to this document, or to one that was handed over with it: nothing is fetched. What
/// an evaluation costs has limits, whatever the schema and the value: depth, steps, and time in patterns.
package struct JSONSchema: Sendable {
  let nodes: [Node]
  let root: Int
  let dynamicNodes: [String: [Int: Int]]

  /// Compiles a schema.
  ///
  /// - Parameters:
  ///   - document: an object, `true` or `false`.
  ///   - assertsFormats: whether `date`, `time`, `date-time`, `email`, `ipv4`, `uri` and `uuid` are checked; a dialect with the
  ///     vocabulary `format-assertion` asks for it too.
  ///   - others: more documents that references may lead to, by their URIs.
  /// - Throws: what is wrong with the document, a reference that leads out of it among that.
  package init(
    _ document: JSONValue, assertsFormats: Bool = false, others: [(uri: String, document: JSONValue)] = []
  ) throws(SchemaError) {
    var documents = Documents()
    for other in others {
      let vocabulary = try Self.vocabulary(of: other.document, others, assertsFormats)
      _ = try documents.add(other.document, at: URIReference(other.uri), vocabulary: vocabulary)
    }
    let vocabulary = try Self.vocabulary(of: document, others, assertsFormats)
    let place = try documents.add(document, at: Documents.base, vocabulary: vocabulary)
    var compiler = Compiler(documents)
    root = try compiler.compile(root: place)
    nodes = compiler.nodes
    dynamicNodes = compiler.dynamicNodes
  }

  /// Whether the value fits. It is fastest, and says no more.
  package func accepts(_ value: JSONValue) -> Bool {
    var evaluation = Evaluation(self, mostProblems: 0)
    return evaluation.accepts(value)
  }

  /// Where the value does not fit; empty when it does.
  ///
  /// - Parameter limit: problems to tell at most.
  package func problems(of value: JSONValue, limit: Int = 20) -> [SchemaProblem] {
    // Nearly every value fits, and finding out costs less without words.
    guard !accepts(value) else { return [] }
    var evaluation = Evaluation(self, mostProblems: max(1, limit))
    _ = evaluation.accepts(value)
    return evaluation.problems
  }

  /// What the keywords of a document mean, by the dialect that it names (2020-12 Core §8.1).
  private static func vocabulary(
    of document: JSONValue, _ others: [(uri: String, document: JSONValue)], _ assertsFormats: Bool
  ) throws(SchemaError) -> Documents.Vocabulary {
    var vocabulary = Documents.Vocabulary(validates: true, assertsFormats: assertsFormats)
    guard let dialect = document["$schema"] else { return vocabulary }
    guard let name = dialect.string else { throw SchemaError(pointer: "/$schema", sentence: "must be a URI") }
    let trimmed = name.hasSuffix("#") ? String(name.dropLast()) : name
    if trimmed == Documents.dialect { return vocabulary }
    guard let metaschema = others.first(where: { $0.uri == trimmed })?.document else {
      throw SchemaError(
        pointer: "/$schema", sentence: "names a dialect that is not known; \(Documents.dialect) is")
    }
    guard let names = metaschema["$vocabulary"]?.object else { return vocabulary }
    let prefix = "https://json-schema.org/draft/2020-12/vocab/"
    let known = [
      "core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "format-assertion",
      "content",
    ]
    for (name, isRequired) in names.members where isRequired == true {
      guard name.hasPrefix(prefix), known.contains(String(name.dropFirst(prefix.count))) else {
        throw SchemaError(
          pointer: "/$schema", sentence: "needs a vocabulary that is not known: \(name.prefix(128))")
      }
    }
    vocabulary.validates = names[prefix + "validation"] != nil
    vocabulary.assertsFormats = assertsFormats || names[prefix + "format-assertion"] != nil
    return vocabulary
  }
}
