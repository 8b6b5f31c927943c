package import OAuth
package import World

/// An OAuth client (RFC 7591 §2), registered by itself or by an administrator.
package struct Client: Sendable, Identifiable {
  /// How it proves itself at the token endpoint (RFC 7591 §2 `token_endpoint_auth_method`).
  package enum AuthenticationMethod: String, Sendable, CaseIterable {
    case none
    case secretBasic = "client_secret_basic"
    case secretPost = "client_secret_post"
    case privateKeyJWT = "private_key_jwt"

    /// Whether it needs a secret of ours.
    var hasSecret: Bool { self == .secretBasic || self == .secretPost }
  }

  /// What it may ask the token endpoint for.
  package enum GrantType: String, Sendable, CaseIterable {
    case authorizationCode = "authorization_code"
    case refreshToken = "refresh_token"
    case clientCredentials = "client_credentials"
    case deviceCode = "urn:ietf:params:oauth:grant-type:device_code"
  }

  package let id: String
  package let name: String
  /// Registered by itself (RFC 7591), so nobody here vouches for its name.
  package let isDynamic: Bool
  package let uri: String?
  package let method: AuthenticationMethod
  /// Whether it named its method; a client that took the default may use either way of sending its secret.
  package let isMethodExplicit: Bool
  package let redirectURIs: [RedirectURI]
  package let grantTypes: Set<GrantType>
  /// What it may ask for at most; nil is all that a person may grant.
  package let scopes: ScopeSet?
  /// As whom it acts with `client_credentials`.
  package let serviceUserID: Int64?
  package let createdAt: Instant
  package let isDisabled: Bool
  /// Whether its token requests need a DPoP proof (`dpop_bound_access_tokens`, RFC 9449 §5.2).
  package var needsProof = false
  /// What it signs its assertions with (`private_key_jwt`).
  package var keys: Keys?
  /// Whether it may come without proof, though it has keys.
  package var mayOmitProof = false
  /// The host that published its metadata document, where it is known by one.
  package var host: String?
  /// Of that document, for the record of what a person consented to.
  package var documentDigest: [UInt8]?
}
