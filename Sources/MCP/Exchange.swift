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
  let transport: Transport
  /// Of the request, once it was read.
  var id: RequestID?
  /// The program that sent it, as far as it is known.
  var client = Client()
  /// The way back to it while its request is worked on; nil where there is none.
  var conversation: RequestConversation?
  /// What is left of each limit that a call was counted for.
  var allowances: [Allowance] = []
  /// One for each message of the body.
  var entries: [AuditEntry] = []

  /// How the client and the endpoint speak.
  enum Transport: Sendable {
    case streamable
    /// HTTP+SSE of 2024-11-05.
    case events
  }

  init(
    arrived: Instant, caller: Caller, path: String, fields: Fields = Fields(),
    by transport: Transport = .streamable
  ) {
    self.arrived = arrived
    self.caller = caller
    self.path = path
    self.fields = fields
    self.transport = transport
  }

  mutating func note(
    _ kind: AuditEntry.Kind, _ method: String, code: String? = nil, tool: String? = nil
  ) {
    var entry = AuditEntry(time: arrived, kind: kind, method: method, caller: caller)
    entry.tool = tool.map(AuditEntry.bounded)
    entry.code = code
    entries.append(entry)
  }

  /// Adds to the last message's entry the call that it was.
  mutating func note(_ permit: borrowing Permit) {
    guard !entries.isEmpty else { return }
    entries[entries.count - 1].tool = permit.call.tool.name
    entries[entries.count - 1].model = permit.call.model.map(AuditEntry.bounded)
    entries[entries.count - 1].policy = permit.policy
  }

  /// Adds to the last message's entry why the call that it was did not happen, though it is answered.
  mutating func note(_ denial: Denial, of tool: ToolDefinition) {
    guard !entries.isEmpty else { return }
    entries[entries.count - 1].kind = .refusal
    entries[entries.count - 1].tool = tool.name
    entries[entries.count - 1].code = denial.code
    entries[entries.count - 1].rule = denial.rule
    entries[entries.count - 1].policy = denial.policy
  }

  /// Turns the last message's entry into a refusal.
  mutating func refuse(code: String, rule: String? = nil) {
    guard !entries.isEmpty else { return }
    let last = entries.count - 1
    // What refused it, where somebody did already, says more than the code that the client is told.
    guard entries[last].kind != .refusal || entries[last].code == nil else { return }
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
