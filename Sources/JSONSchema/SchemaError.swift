/// Why a document is no schema that can be used.
package struct SchemaError: Error, Sendable, Equatable, CustomStringConvertible {
  /// JSON Pointer into the document.
  package let pointer: String
  package let sentence: String

  package var description: String { "\(pointer.isEmpty ? "the schema" : pointer) \(sentence)" }
}
