package import HTTP
package import OAuth
package import World

/// Who calls: a verified token's person and connection, with all that governance asks about them.
///
/// The initialiser is internal, so that a caller is always the outcome of a verification in this module.
package struct Caller: Sendable {
  /// What proved the connection.
  package enum Credential: String, Sendable {
    case accessToken = "access_token"
    case apiKey = "api_key"
  }

  /// A person's proof of who they are, as an access token has it (RFC 9470 §6.1).
  package struct SignIn: Sendable, Equatable {
    package let time: Instant
    /// nil for a way that is not known here, which is as good as none.
    package let context: AuthenticationContext?
  }

  // The person, under whose rights everything runs.
  package let userID: Int64
  package let login: String
  package let userName: String
  package let companyID: Int64?
  package let companyIDs: [Int64]
  /// Names such as `sales/user`.
  package let groups: [String]
  package let isAdministrator: Bool

  // The connection: one person's link with one AI tool.
  package let connectionID: String
  package let connectionName: String
  /// The OAuth client; nil for an API key.
  package let clientID: String?
  /// The client that acts for the connection's own one, by an exchanged token (RFC 8693 §4.1); nil for none.
  package let actor: String?
  package let scopes: ScopeSet
  package let credential: Credential
  package let address: IPAddress
  /// When and how the person proved who they are, where an access token says so.
  package let signIn: SignIn?
  /// Whether the caller proved to hold the key that the access token is bound to (RFC 9449).
  package let isBoundToKey: Bool

  // What the administrator allows the connection.
  /// Tool names; nil allows every tool.
  package let allowedTools: Set<String>?
  /// Model names; nil allows every model that the person may see.
  package let allowedModels: Set<String>?
  /// Who decides on calls that wait for a person; nil is any administrator.
  package let approverID: Int64?
  /// Tool calls a minute; nil for no limit.
  package let perMinute: Int?
  /// Tool calls a day; nil for no limit.
  package let perDay: Int?

  init(
    userID: Int64, login: String, userName: String, companyID: Int64?, companyIDs: [Int64], groups: [String],
    isAdministrator: Bool, connectionID: String, connectionName: String, clientID: String?, scopes: ScopeSet,
    credential: Credential, address: IPAddress, allowedTools: Set<String>? = nil,
    allowedModels: Set<String>? = nil, perMinute: Int? = 60, perDay: Int? = nil, signIn: SignIn? = nil,
    isBoundToKey: Bool = false, actor: String? = nil, approverID: Int64? = nil
  ) {
    self.userID = userID
    self.login = login
    self.userName = userName
    self.companyID = companyID
    self.companyIDs = companyIDs
    self.groups = groups
    self.isAdministrator = isAdministrator
    self.connectionID = connectionID
    self.connectionName = connectionName
    self.clientID = clientID
    self.scopes = scopes
    self.credential = credential
    self.address = address
    self.allowedTools = allowedTools
    self.allowedModels = allowedModels
    self.perMinute = perMinute
    self.perDay = perDay
    self.signIn = signIn
    self.isBoundToKey = isBoundToKey
    self.actor = actor
    self.approverID = approverID
  }
}
