package import Crypto
package import JSON

/// A client's public keys: a JWK Set (RFC 7517 §5).
package struct KeySet: Sendable {
  /// As it came.
  package let json: JSONValue
  private let keys: [Key]

  private struct Key: Sendable {
    let identifier: String?
    let key: PublicKey
  }

  /// Why a set can't be used; for the developer of the client.
  package struct Refusal: Error, Sendable {
    package let says: String
    package init(says: String) { self.says = says }
  }

  /// More keys than any client needs for a change of keys; each may cost a verification.
  package static let limit = 16

  /// RFC 7518 §6: the members that hold what only the owner may know.
  static let privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

  /// Reads a set. Keys of other kinds and for other uses are passed over (RFC 7517 §5).
  ///
  /// - Throws: `Refusal` when it is no set, holds a private member, a malformed key, or no key that can sign.
  package init(_ set: JSONValue) throws(Refusal) {
    guard let list = set["keys"]?.array else { throw Refusal(says: "the key set has no list of keys") }
    guard list.count <= Self.limit else { throw Refusal(says: "the key set has too many keys") }
    var keys: [Key] = []
    for value in list {
      guard let member = value.object else { throw Refusal(says: "a key is no object") }
      guard Self.privateMembers.allSatisfy({ member[$0] == nil }) else {
        throw Refusal(says: "the key set holds a private key")
      }
      if let key = try Self.key(member) { keys.append(Key(identifier: member["kid"]?.string, key: key)) }
    }
    guard !keys.isEmpty else { throw Refusal(says: "the key set has no key for ES256, RS256 or EdDSA") }
    self.keys = keys
    json = set
  }

  /// The keys that a signature may be checked with.
  ///
  /// - Parameter identifier: of the one that the signer names; nil tries those of the algorithm.
  package func candidates(_ identifier: String?, _ algorithm: PublicKey.Algorithm) -> [PublicKey] {
    keys.filter { $0.key.algorithm == algorithm && (identifier == nil || $0.identifier == identifier) }
      .map(\.key)
  }

  /// One key.
  ///
  /// - Returns: nil for one of another kind or for another use.
  static func key(_ member: JSONObject) throws(Refusal) -> PublicKey? {
    if let use = member["use"], use.string != "sig" { return nil }
    if let operations = member["key_ops"], !(operations.array?.contains("verify") ?? false) { return nil }
    func bytes(_ name: String) -> [UInt8] { member[name]?.string.flatMap { Base64URL.decode($0) } ?? [] }
    let key: PublicKey
    do {
      switch (member["kty"]?.string, member["crv"]?.string) {
      case ("EC", "P-256"): key = try PublicKey(x: bytes("x"), y: bytes("y"))
      case ("RSA", _): key = try PublicKey(modulus: bytes("n"), exponent: bytes("e"))
      case ("OKP", "Ed25519"): key = try PublicKey(ed25519: bytes("x"))
      default: return nil
      }
    } catch { throw Refusal(says: "a key is malformed, too short or too long") }
    // RFC 7517 §4.4: a key that names an algorithm is for that one alone.
    if let algorithm = member["alg"], algorithm.string != key.algorithm.rawValue { return nil }
    return key
  }
}
