internal import Authentication
internal import Governance
internal import HTTP
internal import World

/// What is noted for the audit log while a request is answered.
struct Exchange: Sendable {
  let arrived: Instant
  let caller: Caller
  let path: String
  let fields: Fields
  /// Of the request, once it was read.
  var id: RequestID?
  /// The program that sent it, as far as it is known.
  var client = Client()
  /// The way back to it while its request is worked on; nil where there is none.
  var conversation: RequestConversation?
  /// One for each message of the body.
  var entries: [AuditEntry] = []

  init(arrived: Instant, caller: Caller, path: String, fields: Fields = Fields()) {
    self.arrived = arrived
    self.caller = caller
    self.path = path
    self.fields = fields
  }

  mutating func note(
    _ kind: AuditEntry.Kind, _ method: String, code: String? = nil, tool: String? = nil
  ) {
    var entry = AuditEntry(time: arrived, kind: kind, method: method, caller: caller)
    entry.tool = tool.map(AuditEntry.bounded)
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

  /// Adds to the last message's entry which task it was about.
  mutating func mark(tool: String, rule: String) {
    guard !entries.isEmpty else { return }
    entries[entries.count - 1].tool = AuditEntry.bounded(tool)
    entries[entries.count - 1].rule = rule
  }

  /// Adds to the last message's entry how it ended.
  mutating func mark(code: String) {
    guard !entries.isEmpty else { return }
    entries[entries.count - 1].code = code
  }
}
