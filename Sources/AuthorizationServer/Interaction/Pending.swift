internal import Accounts
internal import Crypto
internal import JSON
internal import World

/// Somebody on the way between the first factor and the second. It travels in the form's sealed ticket; no session
/// knows of it, so it opens nothing.
struct Pending: Sendable {
  let userID: Int64
  let factors: Factors
  let at: Instant
  let authenticatedAt: Instant?
  let link: FederatedIdentities.Link?
  let next: String
  /// The secret of an app that is being added.
  var secret: [UInt8]?
  /// What a passkey has to sign.
  var challenge: [UInt8]?

  /// How long the second step may take.
  static let lifetime: Duration = .minutes(10)

  init(_ proof: SignIn.Proof) {
    userID = proof.user.id
    factors = proof.factors
    at = proof.at
    authenticatedAt = proof.authenticatedAt
    link = proof.link
    next = proof.next
  }

  init?(_ text: String) {
    let content: JSONValue
    do { content = try JSONValue(parsing: text) } catch { return nil }
    guard let userID = content["u"]?.integer, let factors = content["f"]?.string,
      let at = content["t"]?.integer, let next = content["n"]?.string
    else { return nil }
    self.userID = userID
    self.factors = Factors(text: factors)
    self.at = Instant(microseconds: at)
    authenticatedAt = content["a"]?.integer.map(Instant.init(microseconds:))
    self.next = next
    link = content["l"]?["i"]?.string.flatMap { issuer in
      content["l"]?["s"]?.string.map { subject in
        FederatedIdentities.Link(
          issuer: issuer, subject: subject,
          groups: content["l"]?["g"]?.array?.compactMap(\.string) ?? [])
      }
    }
    secret = content["s"]?.string.flatMap { Base64URL.decode($0) }
    challenge = content["c"]?.string.flatMap { Base64URL.decode($0) }
  }

  var text: String {
    let content: JSONValue = [
      "u": .integer(userID), "f": .string(factors.text), "t": .integer(at.microseconds), "n": .string(next),
      "a": authenticatedAt.map { .integer($0.microseconds) } ?? .null,
      "l": link.map {
        ["i": .string($0.issuer), "s": .string($0.subject), "g": .array($0.groups.map(JSONValue.string))]
      } ?? .null,
      "s": secret.map { .string(Base64URL.encode($0)) } ?? .null,
      "c": challenge.map { .string(Base64URL.encode($0)) } ?? .null,
    ]
    return content.text
  }
}
