internal import Authentication
internal import Governance
internal import World

/// What is noted for the audit log while a request is answered.
struct Exchange: Sendable {
  let arrived: Instant
  let caller: Caller
  let path: String
  /// Of the request, once it was read.
  var id: RequestID?
  /// One for each message of the body.
  var entries: [AuditEntry] = []

  init(arrived: Instant, caller: Caller, path: String) {
    self.arrived = arrived
    self.caller = caller
    self.path = path
  }

  mutating func note(_ kind: AuditEntry.Kind, _ method: String, code: String? = nil) {
    var entry = AuditEntry(time: arrived, kind: kind, method: method, caller: caller)
    entry.code = code
    entries.append(entry)
  }

  /// Turns the last message's entry into a refusal.
  mutating func refuse(code: String, rule: String? = nil) {
    guard !entries.isEmpty else { return }
    let last = entries.count - 1
    entries[last].kind = .refusal
    entries[last].code = code
    entries[last].rule = rule
  }
}
