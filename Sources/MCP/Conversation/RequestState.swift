internal import Authentication
package import Crypto
internal import JSON
package import World

/// What a client carries from one round of a request to the next (2026-07-28 basic/patterns/mrtr, `requestState`): the
/// answers that it gave already, sealed, so that it can neither read nor change them.
///
/// What the specification wants inside is there and checked on the way back: the principal, an expiry, and a digest of
/// the request. It may come back more than once until it expires: what must happen once is the tool's to see to.
package struct RequestState: Sendable {
  private let sealer: Sealer
  private let world: World
  private let lifetime: Duration

  private static let purpose = Array("MCP requestState".utf8)
  /// A state that is longer is none of ours: one holds at most this many bytes of answers.
  static let mostBytes = 64 * 1024

  /// - Parameters:
  ///   - key: 32 bytes.
  ///   - lifetime: how long a person may take for an answer.
  /// - Throws: for a key of another length.
  package init(key: Secret, lifetime: Duration = .minutes(15), world: World) throws(CryptoError) {
    sealer = try Sealer(key: key)
    self.world = world
    self.lifetime = lifetime
  }

  /// - Throws: `ProtocolError` for answers that are too long to carry, and when nothing can be sealed.
  func seal(
    _ answers: [String: JSONObject], _ caller: Caller, _ digest: [UInt8]
  ) throws(ProtocolError) -> String {
    let state: JSONObject = [
      "c": .string(caller.connectionID), "u": .integer(caller.userID),
      "d": .string(Base64URL.encode(digest)), "e": .integer((world.now + lifetime).microseconds),
      "a": .object(JSONObject(answers.sorted { $0.key < $1.key }.map { ($0.key, .object($0.value)) })),
    ]
    let bytes = state.serialized()
    guard bytes.count <= Self.mostBytes else { throw .invalidParams("the answers are too long") }
    do {
      return Base64URL.encode(try sealer.seal(bytes, for: Self.purpose))
    } catch {
      throw ProtocolError(.internal, "Internal error: the request state can't be sealed")
    }
  }

  /// "Servers MUST reject state that fails verification", and SHOULD that of another principal, an expired one, and
  /// that of another request.
  ///
  /// - Throws: -32602.
  func open(_ text: String, _ caller: Caller, _ digest: [UInt8]) throws(ProtocolError) -> [String: JSONObject]
  {
    let invalid = ProtocolError.invalidParams("'requestState' is not valid")
    guard text.utf8.count <= Self.mostBytes * 2, let sealed = Base64URL.decode(text) else { throw invalid }
    let state: JSONObject
    do {
      guard let object = try JSONValue(parsing: sealer.open(sealed, for: Self.purpose)).object else {
        throw invalid
      }
      state = object
    } catch { throw invalid }
    guard state["c"]?.string == caller.connectionID, state["u"]?.integer == caller.userID,
      state["d"]?.string == Base64URL.encode(digest)
    else { throw invalid }
    guard let expiry = state["e"]?.integer, world.now < Instant(microseconds: expiry) else {
      throw .invalidParams("'requestState' has expired: begin again without it")
    }
    var answers: [String: JSONObject] = [:]
    for (key, value) in state["a"]?.object?.members ?? [] { answers[key] = value.object }
    return answers
  }

  /// What a request is about: its method and all that it was given, but for the envelope and the answers.
  static func digest(_ method: String, _ params: JSONObject) -> [UInt8] {
    var essence = params
    for name in ["_meta", "inputResponses", "requestState"] { essence[name] = nil }
    return SHA256.hash(Array(method.utf8) + [0] + essence.canonical())
  }
}
