package import HTTP
internal import OAuth
package import Storage
internal import Telemetry

/// Something that happened here and that the audit log keeps.
package struct Event: Sendable {
  /// What happened; the raw value is the word in the log.
  package enum Kind: String, Sendable {
    case signedIn = "sign_in"
    case signInRefused = "sign_in_refused"
    case signedOut = "sign_out"
    case consented = "consent"
    /// Nobody was asked: the consent was remembered.
    case consentRemembered = "consent_remembered"
    case consentForgotten = "consent_forgotten"
    case denied = "consent_denied"
    case tokenIssued = "token_issued"
    case tokenRefused = "token_refused"
    case tokenRevoked = "token_revoked"
    case clientRegistered = "client_registered"
    case clientUpdated = "client_updated"
    case clientDeleted = "client_deleted"
    case registrationRefused = "client_registration_refused"
    case keyCreated = "key_created"
    case keyRotated = "key_rotated"
    case connectionRestricted = "connection_restricted"
    case connectionRevoked = "connection_revoked"
    case factorAdded = "factor_added"
    case factorRemoved = "factor_removed"
    case recoveryCodesMade = "recovery_codes_made"
    case passwordChanged = "password_changed"
    case sessionEnded = "session_ended"
    case accountMade = "account_made"
    case linkSent = "link_sent"
    case identityLinked = "identity_linked"
    case callApproved = "call_approved"
    case callRejected = "call_rejected"

    /// Whether anybody can cause it, without proof of who they are.
    package var needsNoCredential: Bool {
      switch self {
      case .signInRefused, .tokenRefused, .registrationRefused: true
      default: false
      }
    }
  }

  package let kind: Kind
  /// A word or two without secrets: a grant type, an error code.
  package let detail: String?
  package let userID: Int64?
  package let clientID: String?
  package let connectionID: String?
  package let address: IPAddress

  package init(
    _ kind: Kind, detail: String? = nil, userID: Int64? = nil, clientID: String? = nil,
    connectionID: String? = nil,
    address: IPAddress
  ) {
    self.kind = kind
    self.detail = detail
    self.userID = userID
    self.clientID = clientID
    self.connectionID = connectionID
    self.address = address
  }
}

/// Where events go: the audit log, which stands above this house's ground floor and is therefore passed in.
package struct Events: Sendable {
  package typealias Inside = @Sendable (Event, Transaction) throws -> Void
  private let sink: @Sendable (Event) async throws -> Void
  private let inside: Inside?

  /// - Parameters:
  ///   - inside: writes the event with what it tells of, both or neither; nil where the sink is no part of the store.
  ///   - sink: returns once the event is durable.
  package init(inside: Inside? = nil, _ sink: @escaping @Sendable (Event) async throws -> Void) {
    self.sink = sink
    self.inside = inside
  }

  /// Records what a transaction does as a part of it, which saves the wait for a commit of its own.
  ///
  /// - Returns: false where that can't be: then `record` has to be asked afterwards.
  func record(_ event: Event, in transaction: Transaction) throws -> Bool {
    guard let inside else { return false }
    try inside(event, transaction)
    return true
  }

  /// Records what was done. No answer may leave before it returns.
  ///
  /// - Throws: what the sink throws: then the answer is an error.
  package func record(_ event: Event) async throws { try await sink(event) }

  /// Records a refusal. The answer is an error already, so a store that is down adds to the log only.
  func note(_ kind: Event.Kind, _ error: any Error, address: IPAddress, _ log: Log) async {
    let code =
      error is TooManyAttempts ? "too_many_attempts" : (error as? OAuthError)?.code.rawValue ?? "server_error"
    do {
      try await sink(Event(kind, detail: code, address: address))
    } catch {
      log.error("event not recorded", ["event": .string(kind.rawValue), "reason": .string("\(error)")])
    }
  }
}
