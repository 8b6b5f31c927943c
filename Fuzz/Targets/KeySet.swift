internal import Crypto
internal import JSON
internal import OAuth

extension FuzzTarget {
  /// A client's keys (RFC 7517 §5).
  static let keySet = FuzzTarget(name: "key-set") { bytes in
    guard let value = accepted({ try JSONValue(parsing: bytes) }) else { return }
    let set: KeySet
    do throws(KeySet.Refusal) { set = try KeySet(value) } catch {
      try hold(error.says.utf8.count < 200, "a refusal repeats what was sent")
      return
    }
    let keys = PublicKey.Algorithm.allCases.flatMap { set.candidates(nil, $0) }
    try hold(!keys.isEmpty && keys.count <= KeySet.limit, "\(keys.count) keys")
    for member in value["keys"]?.array ?? [] {
      // RFC 7518 §6: nothing that only the owner may know.
      try hold(member["d"] == nil && member["k"] == nil, "a private key is kept")
    }
    for key in keys {
      guard let again = accepted({ try KeySet(["keys": [.object(key.jwk)]]) }) else {
        throw Violation(description: "a key is not read again: \(key.jwk)")
      }
      let same = again.candidates(key.thumbprint, key.algorithm)
      try hold(same.map(\.thumbprint) == [key.thumbprint], "\(key.thumbprint) is another key after reading")
      try hold(!key.isValid([], for: [1]), "no signature is one")
    }
  }
}
