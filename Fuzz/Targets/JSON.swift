internal import JSON

extension FuzzTarget {
  /// JSON texts (RFC 8259), and the canonical form (RFC 8785) that signatures and the audit log rest on.
  static let json = FuzzTarget(name: "json") { bytes in
    let value: JSONValue
    do throws(JSONError) { value = try JSONValue(parsing: bytes) } catch {
      // The sentence goes to the client.
      try hold(error.description.utf8.count < 1000, "a refusal repeats what was sent")
      return
    }
    let written = value.serialized()
    guard let again = accepted({ try JSONValue(parsing: written) }) else {
      throw Violation(description: "what was written is not read: \(text(written))")
    }
    try hold(again == value, "\(value) became \(again)")
    try hold(again.serialized() == written, "what is written is not stable: \(text(written))")
    let canonical = value.canonical()
    var isStable = true
    do throws(JSONError) {
      let fromCanonical = try JSONValue(parsing: canonical)
      isStable = fromCanonical.canonical() == canonical
    } catch {
      // RFC 8785 §3.2.2.3 writes a double below 10²¹ without an exponent: an integer that is not read as one.
      try hold(error == .numberOutOfRange, "the canonical form is not read: \(text(canonical))")
    }
    try hold(isStable, "the canonical form is not stable: \(text(canonical))")
    try hold(
      written.allSatisfy { $0 >= 0x20 } && canonical.allSatisfy { $0 >= 0x20 },
      "a control character is not escaped")
  }
}
