internal import OAuth
internal import World

/// What a grant gives: everything that an access token says and that is not the same for all.
struct Grant: Sendable {
  let userID: Int64
  let clientID: String
  let connectionID: String
  let connectionVersion: Int64
  let scopes: ScopeSet
  let resource: Resource
  let family: String?
  /// A fresh refresh token, where the grant has one.
  let refreshToken: String?
  /// When and how its person proved who they are, where there was one.
  var signedIn: SignedIn?
  /// For whom the token is, where not for our own resource (RFC 8693).
  var audience: String?
  /// When the token ends at the latest.
  var notAfter: Instant?
  /// Who acts, newest first, where it is not the person's own client.
  var actors: [String] = []
  /// Whether the log has it already, by the transaction that made it.
  var isRecorded = false
}
