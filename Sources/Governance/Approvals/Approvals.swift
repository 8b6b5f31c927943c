package import Accounts
internal import Authentication
internal import Crypto
package import JSON
internal import Policies
package import Storage
package import World

/// Calls that wait for a person (product row B7).
///
///     asked ─► pending ─┬─► approved ─► running ─► done, failed
///                       ├─► rejected
///                       └─► expired
///
/// Each arrow is taken by one statement that names where it comes from, so that of two who decide at once one does,
/// and what is run is run once. What was running when its process was killed is not run again: nobody knows how far it
/// came.
package struct Approvals: Sendable {
  private let store: Store
  private let world: World
  /// How long somebody has to decide.
  private let lifetime: Duration
  /// Whether people may approve what they asked for themselves.
  private let allowsOwn: Bool

  package init(store: Store, world: World, lifetime: Duration = .hours(24), allowsOwn: Bool = false) {
    self.store = store
    self.world = world
    self.lifetime = lifetime
    self.allowsOwn = allowsOwn
  }

  /// They stand behind those of the accounts.
  package static let migrations = [
    Migration(
      part: "approvals", version: 1,
      [
        """
        CREATE TABLE approval_request (
          id TEXT PRIMARY KEY, summary TEXT NOT NULL, tool TEXT NOT NULL, arguments BLOB NOT NULL,
          digest BLOB NOT NULL, connection_id TEXT NOT NULL REFERENCES connection (id),
          requester_id BIGINT NOT NULL REFERENCES account (id), approver_id BIGINT REFERENCES account (id),
          rule TEXT NOT NULL, policy TEXT, status TEXT NOT NULL, created_at BIGINT NOT NULL,
          expires_at BIGINT NOT NULL, decided_at BIGINT, decided_by BIGINT, reason TEXT, proposal BLOB,
          taken_at BIGINT, outcome BLOB, outcome_text TEXT, outcome_is_error BIGINT,
          is_fetched BIGINT NOT NULL DEFAULT 0)
        """,
        // Asking twice for the same gives the same request.
        """
        CREATE UNIQUE INDEX approval_request_open ON approval_request (digest)
          WHERE status IN ('pending', 'approved', 'running')
        """,
        "CREATE INDEX approval_request_status ON approval_request (status, created_at)",
        "CREATE INDEX approval_request_requester ON approval_request (requester_id, created_at)",
        "CREATE INDEX approval_request_digest ON approval_request (digest, created_at)",
        "CREATE INDEX approval_request_connection ON approval_request (connection_id, status)",
        // A connection that is revoked takes what waits on it along, in the same transaction (product row A8).
        """
        CREATE TRIGGER approval_ends_with_connection AFTER UPDATE OF revoked_at ON connection
        WHEN NEW.revoked_at IS NOT NULL
        BEGIN
          UPDATE approval_request SET status = 'expired', reason = 'the connection was revoked'
          WHERE connection_id = NEW.id AND status IN ('pending', 'approved');
        END
        """,
      ])
  ]

  // MARK: Asking

  /// What is asked for.
  package struct Draft: Sendable {
    let summary: String
    let tool: String
    let arguments: JSONObject
    let connectionID: String
    let requesterID: Int64
    let approverID: Int64?
    let rule: String
    let policy: String?

    init(_ call: Call, _ caller: Caller, _ refusal: Refusal, _ policy: String?, summary: String) {
      self.summary = summary
      tool = call.tool.name
      arguments = call.arguments
      connectionID = caller.connectionID
      requesterID = caller.userID
      approverID = caller.approverID
      rule = refusal.rule
      self.policy = policy
    }

    var digest: [UInt8] {
      SHA256.hash(
        JSONValue.array([.string(connectionID), .string(tool), .object(arguments)]).canonical())
    }
  }

  /// The request for a call: the one that is open, the one whose outcome nobody has fetched by asking again, or a new
  /// one.
  ///
  /// - Returns: nil when as many calls of the connection wait as may.
  /// - Throws: `StorageError`: then nothing waits, and nothing may run.
  func request(_ draft: Draft) async throws -> ApprovalRequest? {
    let (digest, now) = (draft.digest, world.now)
    let id = "apr_" + Base62.encode(world.random(12))
    let expiry = now + lifetime
    return try await store.write { transaction in
      try Self.expire(at: now, transaction)
      let present = try transaction.run(
        """
        SELECT \(ApprovalRequest.columns) FROM approval_request r
        WHERE r.digest = \(digest) AND (r.status IN ('pending', 'approved', 'running') OR r.is_fetched = 0)
        ORDER BY r.created_at DESC LIMIT 1
        """
      ).first.map { row in try ApprovalRequest(row) }
      // An outcome of yesterday is no answer to a call of today.
      if let present,
        !present.status.isFinal || now - (present.decidedAt ?? present.createdAt) < Self.answerLifetime
      {
        if present.status.isFinal {
          _ = try transaction.run("UPDATE approval_request SET is_fetched = 1 WHERE id = \(present.id)")
        }
        return present
      }
      let waiting = try transaction.run(
        "SELECT count(*) FROM approval_request WHERE connection_id = \(draft.connectionID) AND status = 'pending'"
      )
      guard (waiting.first?.integer(0) ?? 0) < Self.mostWaiting else { return nil }
      _ = try transaction.run(
        """
        INSERT INTO approval_request (id, summary, tool, arguments, digest, connection_id, requester_id, approver_id,
          rule, policy, status, created_at, expires_at)
        VALUES (\(id), \(draft.summary), \(draft.tool), \(JSONValue.object(draft.arguments).serialized()), \(digest),
          \(draft.connectionID), \(draft.requesterID), \(draft.approverID), \(draft.rule), \(draft.policy),
          'pending', \(now), \(expiry))
        """)
      let made = try transaction.run(
        "SELECT \(ApprovalRequest.columns) FROM approval_request r WHERE r.id = \(id)")
      return try made.first.map { row in try ApprovalRequest(row) }
    }
  }

  /// How many calls of one connection may wait: nobody reads more.
  static let mostWaiting = 50
  /// How long an outcome answers the call that is made again.
  private static let answerLifetime: Duration = .hours(1)

  // MARK: Looking

  /// A request; one whose time is over has expired, whoever looks first.
  package func request(_ id: String) async throws -> ApprovalRequest? {
    let row = try await store.rows(
      "SELECT \(ApprovalRequest.columns) FROM approval_request r WHERE r.id = \(id)"
    ).first
    guard let row else { return nil }
    let request = try ApprovalRequest(row)
    guard request.status == .pending, request.expiresAt <= world.now else { return request }
    try await expire()
    return try await store.rows(
      "SELECT \(ApprovalRequest.columns) FROM approval_request r WHERE r.id = \(id)"
    ).first.map { row in try ApprovalRequest(row) }
  }

  /// Requests, the newest first.
  ///
  /// - Parameters:
  ///   - status: nil is any.
  ///   - user: those alone that this person filed or may decide; nil is everybody's.
  package func list(
    _ status: ApprovalRequest.Status? = nil, for user: User? = nil, limit: Int = 100
  ) async throws -> [ApprovalRequest] {
    try await expire()
    var conditions: [SQL] = ["1 = 1"]
    if let status { conditions.append("r.status = \(status.rawValue)") }
    if let user, !user.isAdministrator {
      conditions.append("(r.requester_id = \(user.id) OR r.approver_id = \(user.id))")
    }
    return try await store.rows(
      """
      SELECT \(ApprovalRequest.columns) FROM approval_request r WHERE \(conditions.joined(separator: " AND "))
      ORDER BY CASE r.status WHEN 'pending' THEN 0 ELSE 1 END, r.created_at DESC, r.id LIMIT \(limit)
      """
    ).map { row in try ApprovalRequest(row) }
  }

  /// Whether a person may decide on a request.
  package func mayDecide(_ user: User, _ request: ApprovalRequest) -> Bool {
    guard !user.isDisabled, allowsOwn || user.id != request.requesterID else { return false }
    // Somebody has to be able to: where the approver is the requester, it is an administrator.
    guard let approver = request.approverID, allowsOwn || approver != request.requesterID else {
      return user.isAdministrator
    }
    return approver == user.id
  }

  // MARK: Deciding

  package enum Verdict: Sendable {
    case approve
    /// - Parameter proposal: arguments that would be agreed to.
    case reject(reason: String?, proposal: JSONObject?)
  }

  /// Why a decision does not count.
  package enum DecisionError: Error, Sendable, Equatable {
    case unknown
    /// The person may not decide on this request.
    case notAllowed
    /// Somebody else did in the meantime, or its time was over.
    case alreadyDecided(ApprovalRequest.Status)
  }

  /// Decides on a request: of two at the same moment one does, the other is told.
  ///
  /// - Throws: `DecisionError`, `StorageError`.
  package func decide(
    _ id: String, _ verdict: Verdict, by user: User, along: Along<ApprovalRequest>? = nil
  ) async throws -> ApprovalRequest {
    guard let request = try await request(id) else { throw DecisionError.unknown }
    guard mayDecide(user, request) else { throw DecisionError.notAllowed }
    let now = world.now
    let (status, reason, proposal): (ApprovalRequest.Status, String?, JSONObject?) =
      switch verdict {
      case .approve: (.approved, nil, nil)
      case .reject(let reason, let proposal): (.rejected, reason, proposal)
      }
    let document = proposal.map { JSONValue.object($0).serialized() }
    return try await store.write { transaction in
      let decided = try transaction.run(
        """
        UPDATE approval_request SET status = \(status.rawValue), decided_at = \(now), decided_by = \(user.id),
          reason = \(reason), proposal = \(document)
        WHERE id = \(id) AND status = 'pending' AND expires_at > \(now) RETURNING 1
        """)
      let rows = try transaction.run(
        "SELECT \(ApprovalRequest.columns) FROM approval_request r WHERE r.id = \(id)")
      guard let row = rows.first else { throw DecisionError.unknown }
      let present = try ApprovalRequest(row)
      guard !decided.isEmpty else {
        throw DecisionError.alreadyDecided(present.status == .pending ? .expired : present.status)
      }
      try along?(present, transaction)
      return present
    }
  }

  /// Takes back a request that nobody has decided on yet: the one who asked for it no longer wants it.
  package func withdraw(_ id: String, of connectionID: String) async throws {
    try await store.write { transaction in
      _ = try transaction.run(
        """
        UPDATE approval_request SET status = 'expired', reason = 'it was taken back by the one who asked', is_fetched = 1
        WHERE id = \(id) AND connection_id = \(connectionID) AND status = 'pending'
        """)
    }
  }

  /// Notes that the outcome was told: the same call made again is another wish.
  package func noteFetched(_ id: String) async throws {
    try await store.write { transaction in
      _ = try transaction.run("UPDATE approval_request SET is_fetched = 1 WHERE id = \(id)")
    }
  }

  // MARK: Running

  /// Takes an approved request to run it. Nobody else gets it, and it is never taken twice.
  package func take() async throws -> ApprovalRequest? {
    guard try await !store.rows("SELECT 1 FROM approval_request WHERE status = 'approved' LIMIT 1").isEmpty
    else {
      return nil
    }
    let now = world.now
    return try await store.write { transaction in
      let taken = try transaction.run(
        """
        UPDATE approval_request SET status = 'running', taken_at = \(now) WHERE id = (
          SELECT id FROM approval_request WHERE status = 'approved' AND expires_at > \(now)
          ORDER BY decided_at, id LIMIT 1)
        RETURNING id
        """)
      guard let id = taken.first?.text(0) else { return nil }
      return try transaction.run(
        "SELECT \(ApprovalRequest.columns) FROM approval_request r WHERE r.id = \(id)"
      )
      .first.map { row in try ApprovalRequest(row) }
    }
  }

  /// What it came to.
  package func finish(
    _ id: String, _ status: ApprovalRequest.Status, content: JSONObject, text: String, isError: Bool,
    reason: String? = nil
  ) async throws {
    let bytes = JSONValue.object(content).serialized()
    try await store.write { transaction in
      _ = try transaction.run(
        """
        UPDATE approval_request SET status = \(status.rawValue), outcome = \(bytes), outcome_text = \(text),
          outcome_is_error = \(isError), reason = \(reason)
        WHERE id = \(id) AND status = 'running'
        """)
    }
  }

  /// How long an approved call may run until it counts as cut off.
  private static let longestRun: Duration = .minutes(10)

  /// Gives up what was running for so long that its process must have ended: it is not run again.
  ///
  /// - Returns: how many there were.
  package func abandon() async throws -> Int {
    let now = world.now
    // What was taken in the future was taken by a clock that was set back since, long ago as far as anybody can tell.
    let isCutOff: SQL =
      "status = 'running' AND (taken_at < \(now - Self.longestRun) OR taken_at > \(now + Self.longestRun))"
    guard try await !store.rows("SELECT 1 FROM approval_request WHERE \(isCutOff) LIMIT 1").isEmpty else {
      return 0
    }
    return try await store.write { transaction in
      try transaction.run(
        """
        UPDATE approval_request SET status = 'failed',
          reason = 'the server was stopped while it ran; look whether it was done before you ask again'
        WHERE \(isCutOff) RETURNING 1
        """
      ).count
    }
  }

  /// Ends what nobody decided in time.
  ///
  /// - Returns: how many there were.
  @discardableResult
  package func expire() async throws -> Int {
    let now = world.now
    guard
      try await !store.rows("SELECT 1 FROM approval_request WHERE \(Self.isOver(at: now)) LIMIT 1").isEmpty
    else { return 0 }
    return try await store.write { transaction in try Self.expire(at: now, transaction) }
  }

  /// Its time is over; or it was filed further in the future than it lives, by a clock that was set back since.
  private static func isOver(at now: Instant) -> SQL {
    """
    status IN ('pending', 'approved') AND (expires_at <= \(now) OR created_at - \(now) > expires_at - created_at)
    """
  }

  @discardableResult
  private static func expire(at now: Instant, _ transaction: Transaction) throws(StorageError) -> Int {
    try transaction.run(
      """
      UPDATE approval_request SET status = 'expired',
        reason = CASE status WHEN 'pending' THEN 'nobody decided in time' ELSE 'it could not be run in time' END
      WHERE \(isOver(at: now)) RETURNING 1
      """
    ).count
  }
}
