package import Authentication
internal import HTTP
package import JSON
package import World

/// One event in the audit log: who did what, when, from where, and how it ended. Never a payload, never a secret.
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

  /// What the chain covers: every column by its name, in canonical order already. A column that is empty has no
  /// member, so that a column added later leaves old hashes as they are.
  var object: JSONObject {
    var members: [(String, JSONValue)] = []
    members.reserveCapacity(14)
    if let actor { members.append(("actor", .string(actor))) }
    members.append(("address", .string(address)))
    if let clientID { members.append(("client_id", .string(clientID))) }
    if let code { members.append(("code", .string(code))) }
    if let connectionID { members.append(("connection_id", .string(connectionID))) }
    if let duration { members.append(("duration_us", .integer(duration.wholeMicroseconds))) }
    members.append(("kind", .string(kind.rawValue)))
    if let login { members.append(("login", .string(login))) }
    members.append(("method", .string(method)))
    if let model { members.append(("model", .string(model))) }
    if let policy { members.append(("policy", .string(policy))) }
    if let rule { members.append(("rule", .string(rule))) }
    if let status { members.append(("status", .integer(Int64(status)))) }
    members.append(("time", .integer(time.microseconds)))
    if let tool { members.append(("tool", .string(tool))) }
    if let userID { members.append(("user_id", .integer(userID))) }
    return JSONObject(members)
  }

  /// What is hashed (RFC 8785).
  var canonical: [UInt8] { object.canonical() }
}

/// An entry as it stands in the log.
package struct AuditRecord: Sendable, Equatable {
  /// Counts from 1 without a gap.
  package let sequence: Int64
  package let entry: AuditEntry
  /// SHA-256 over the hash before it and this entry.
  package let hash: [UInt8]

  /// For `--json` and exports.
  package var object: JSONObject {
    var object: JSONObject = ["sequence": .integer(sequence)]
    for (name, value) in entry.object.members { object[name] = value }
    object["time"] = .string(entry.time.rfc3339)
    object["hash"] = .string(hash.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
    return object
  }
}
