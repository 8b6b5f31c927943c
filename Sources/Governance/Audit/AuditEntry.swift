package import Authentication
internal import HTTP
package import World

/// One event in the audit log: who did what, when, from where, and how it ended. Never a secret; and what a request
/// carried is kept beside it, and only where that was switched on.
package struct AuditEntry: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// What is about to be done, written down before a call that writes.
    case request
    /// An answer.
    case response
    /// An answer that refused: policy, limit, scope, arguments.
    case refusal
    /// Something that the authorization server did: a login, a consent, a token, a revocation.
    case authorization
    /// Something that an administrator did.
    case administration
  }

  package var time: Instant
  package var kind: Kind
  /// The protocol's method, such as `tools/call`, or the endpoint, such as `oauth/token`.
  package var method: String
  package var tool: String?
  package var model: String?
  package var userID: Int64?
  package var login: String?
  package var connectionID: String?
  package var clientID: String?
  /// The client that acts for the connection's own one, by an exchanged token.
  package var actor: String?
  package var address: String
  /// The HTTP status of the answer; nil before there is one.
  package var status: Int?
  /// From the request's arrival to its answer; nil before there is one.
  package var duration: Duration?
  /// What went wrong, a word or a JSON-RPC code; nil when nothing did.
  package var code: String?
  /// The rule that refused.
  package var rule: String?
  /// The policies that were asked, with their versions; of a refusal the one that refused.
  package var policy: String?
  /// What the request carried and what came of it. The log keeps it beside the entry where that is switched on, and drops
  /// it otherwise; an entry that was read has none.
  package var payload: AuditPayload?
  /// SHA-256 of the payload as it was kept; nil where none was.
  package internal(set) var payloadDigest: [UInt8]?

  /// An event without a caller: somebody who is not known yet, or the gateway itself.
  package init(time: Instant, kind: Kind, method: String, address: String) {
    self.time = time
    self.kind = kind
    self.method = Self.bounded(method)
    self.address = address
  }

  /// An event of a caller.
  package init(time: Instant, kind: Kind, method: String, caller: Caller) {
    self.init(time: time, kind: kind, method: method, address: caller.address.description)
    userID = caller.userID
    login = caller.login
    connectionID = caller.connectionID
    clientID = caller.clientID
    actor = caller.actor
  }

  /// Words that come from a request are cut, so that nobody fills the log with one.
  package static func bounded(_ text: String) -> String {
    // Scalars, not characters: one of those may be a megabyte of accents.
    text.utf8.count > 128 ? String(text.unicodeScalars.prefix(64)) + "…" : text
  }
}
