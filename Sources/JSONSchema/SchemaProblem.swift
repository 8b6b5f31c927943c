/// One place in which a value does not fit its schema, in words that a model can act on.
package struct SchemaProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// JSON Pointer (RFC 6901) to the part of the value that is wrong or missing; empty for the whole.
  package let pointer: String
  /// The keyword of JSON Schema that it fails.
  package let keyword: String
  /// What is wrong, without its subject: "must be at most 200, is 500".
  package let sentence: String

  package init(pointer: String, keyword: String, sentence: String) {
    self.pointer = pointer
    self.keyword = keyword
    self.sentence = sentence
  }

  /// "/limit must be at most 200, is 500"
  package var description: String { "\(pointer.isEmpty ? "the value" : pointer) \(sentence)" }

  /// The pointer as programs write paths: `values_list[3].name`; empty for the whole.
  package var path: String {
    var path = ""
    for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      let name = Pointer.decoded(part)
      if !name.isEmpty, name.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
        path += "[\(name)]"
      } else {
        path += path.isEmpty ? name : ".\(name)"
      }
    }
    return path
  }
}
