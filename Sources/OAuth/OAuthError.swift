/// An error that OAuth has a word for, with one text for the client and one for the log.
package struct OAuthError: Error, Sendable {
  /// Error codes of RFC 6749 §4.1.2.1 and §5.2, RFC 7591 §3.2.2, RFC 8707 §2, RFC 9101 §6.3, RFC 8628 §3.5,
  /// RFC 9449 §5 and §8, OpenID Connect Core §3.1.2.6, RFC 9470 §5.
  package enum Code: String, Sendable, CaseIterable {
    case invalidRequest = "invalid_request"
    case invalidClient = "invalid_client"
    case invalidGrant = "invalid_grant"
    case unauthorizedClient = "unauthorized_client"
    case unsupportedGrantType = "unsupported_grant_type"
    case unsupportedResponseType = "unsupported_response_type"
    case invalidScope = "invalid_scope"
    case accessDenied = "access_denied"
    case serverError = "server_error"
    case temporarilyUnavailable = "temporarily_unavailable"
    case invalidTarget = "invalid_target"
    case invalidRedirectURI = "invalid_redirect_uri"
    case invalidClientMetadata = "invalid_client_metadata"
    case invalidSoftwareStatement = "invalid_software_statement"
    case invalidToken = "invalid_token"
    case insufficientScope = "insufficient_scope"
    case loginRequired = "login_required"
    case consentRequired = "consent_required"
    case requestNotSupported = "request_not_supported"
    case requestURINotSupported = "request_uri_not_supported"
    case invalidRequestURI = "invalid_request_uri"
    case authorizationPending = "authorization_pending"
    case slowDown = "slow_down"
    case expiredToken = "expired_token"
    case unsupportedTokenType = "unsupported_token_type"
    case invalidDPoPProof = "invalid_dpop_proof"
    case useDPoPNonce = "use_dpop_nonce"
    case unmetAuthenticationRequirements = "unmet_authentication_requirements"
  }

  package let code: Code
  /// What the client may read: ASCII without quotes (RFC 6749 §5.2), no value that came from outside.
  package let says: String
  /// What the log needs; never leaves the house.
  package let because: String

  package init(_ code: Code, says: String, because: String = "") {
    self.code = code
    self.says = says
    self.because = because
  }

  /// Whether the client only has to ask again, later (RFC 8628 §3.5) or with a nonce (RFC 9449 §8): nothing was refused.
  package var isWaiting: Bool {
    code == .authorizationPending || code == .slowDown || code == .useDPoPNonce
  }

  /// The status of a direct answer (RFC 6749 §5.2, RFC 6750 §3.1).
  package var status: Int {
    switch code {
    case .invalidClient, .invalidToken: 401
    case .insufficientScope: 403
    case .serverError: 500
    case .temporarilyUnavailable: 503
    default: 400
    }
  }
}
