internal import OAuth

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
  /// Whether the log has it already, by the transaction that made it.
  var isRecorded = false
}
