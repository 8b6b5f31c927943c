internal import JSON
internal import Records

extension FuzzTarget {
  /// Odoo's domains, as tools take them.
  static let domain = FuzzTarget(name: "domain") { bytes in
    guard let json = accepted({ try JSONValue(parsing: bytes) }) else { return }
    let domain: Domain
    do throws(RecordsError) { domain = try Domain(json) } catch {
      // The sentence goes to a model, which pays for every word of it.
      try hold(error.sentence.utf8.count < 2000, "a refusal repeats what was sent")
      return
    }
    let written = domain.json
    guard let again = accepted({ try Domain(written) }) else {
      throw Violation(description: "what was read is not read again: \(written)")
    }
    try hold(again.json == written, "\(written) became \(again.json)")
    try hold(
      domain.and(.everything) == domain && domain.or(.nothing) == domain, "\(written) is changed by nothing")
  }
}
