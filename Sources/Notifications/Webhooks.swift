internal import HTTP
package import HTTPClient
internal import JSON
package import Storage
package import Telemetry
package import World

/// Messages to other programs (Standard Webhooks 1.0.0): in the database until they are delivered, signed at each
/// attempt, tried again with growing pauses.
///
/// Whoever delivers takes a message first, by setting its next attempt behind the longest that this one may take. So of
/// two processes one sends it, and one that is killed while it sends leaves it to the next attempt. The receiver knows a
/// message that comes twice by its `webhook-id`.
package struct Webhooks: Sendable {
  /// Where messages go.
  package struct Endpoint: Sendable {
    /// `https`.
    package let url: String
    /// Each signs: while a secret is exchanged for another, the receiver may know either.
    package let secrets: [WebhookSecret]

    package init(url: String, secrets: [WebhookSecret]) {
      self.url = url
      self.secrets = secrets
    }
  }

  package typealias Send =
    @Sendable (HTTPClient.Request, HTTPClient.Limits) async throws(HTTPClientError) ->
    HTTPClient.Reply

  private let endpoint: Endpoint
  private let send: Send
  private let store: Store
  private let world: World
  private let log: Log

  package init(to endpoint: Endpoint, store: Store, world: World, log: Log, by send: @escaping Send) {
    self.endpoint = endpoint
    self.send = send
    self.store = store
    self.world = world
    self.log = log
  }

  /// How often is looked for messages.
  package static let interval: Duration = .seconds(2)
  /// Messages that may wait at once; one more is not taken.
  package static let most = 1000
  /// Pauses behind each failure; behind the last one a message is given up, after some 22 hours.
  static let pauses: [Duration] = [
    .seconds(2), .seconds(10), .minutes(1), .minutes(5), .minutes(20), .hours(1), .hours(3), .hours(6),
    .hours(12),
  ]
  /// How long one attempt may take.
  private static let time: Duration = .seconds(10)
  /// The longest pause that a receiver can ask for.
  private static let longestWait: Duration = .hours(6)
  private static let batch = 20
  /// What is older, because no server was there to send it, is news no more.
  private static let age: Duration = .days(2)

  static let tables: [SQL] = [
    """
    CREATE TABLE webhook_message (
      id TEXT PRIMARY KEY, sequence BIGINT NOT NULL, body BLOB NOT NULL, made_at BIGINT NOT NULL, next_try_at BIGINT NOT NULL,
      tries BIGINT NOT NULL)
    """,
    "CREATE INDEX webhook_message_next ON webhook_message (next_try_at)",
  ]

  /// Puts a message in as a part of somebody's transaction.
  ///
  /// - Parameter id: unique to the message, the same at each attempt.
  /// - Returns: false when as many wait as may.
  static func put(
    _ body: JSONObject, id: String, at now: Instant, in transaction: Transaction
  ) throws(StorageError) -> Bool {
    let waiting = try transaction.run("SELECT count(*), max(sequence) FROM webhook_message").first
    guard (waiting?.integer(0) ?? 0) < Int64(most) else { return false }
    let sequence = (waiting?.integer(1) ?? 0) + 1
    _ = try transaction.run(
      """
      INSERT INTO webhook_message (id, sequence, body, made_at, next_try_at, tries)
      VALUES (\(id), \(sequence), \(JSONValue.object(body).serialized()), \(now), \(now), 0) ON CONFLICT (id) DO NOTHING
      """)
    return true
  }

  /// Delivers what is due, one message after the other. A receiver that can't be reached at all is asked once.
  ///
  /// - Returns: how many were taken by the receiver.
  /// - Throws: `StorageError`.
  package func deliver() async throws -> Int {
    let now = world.now
    let due = try await store.rows(
      """
      SELECT id, body, next_try_at, tries, made_at FROM webhook_message
      WHERE next_try_at <= \(now) OR next_try_at > \(now + Self.age) ORDER BY sequence LIMIT \(Self.batch)
      """)
    var count = 0
    for row in due {
      let (id, tries) = (row.text(0), Int(row.integer(3)))
      guard try await take(id, seen: row.instant(2), tries) else { continue }
      guard now - row.instant(4) < Self.age else {
        log.error("a webhook message is too old, and given up", ["message": .string(id)])
        try await remove(id)
        continue
      }
      switch await attempt(id, row.bytes(1)) {
      case .taken:
        try await remove(id)
        count += 1
      case .gone:
        log.error("a webhook's receiver is gone; the message is given up", ["message": .string(id)])
        try await remove(id)
      case .failed(let reason, let isReachable, let wait):
        try await postpone(id, tries, reason, wait)
        if !isReachable { return count }
      }
    }
    return count
  }

  private enum Attempt {
    case taken
    /// The receiver wants no more (410).
    case gone
    case failed(String, isReachable: Bool, wait: Duration?)
  }

  private func attempt(_ id: String, _ body: [UInt8]) async -> Attempt {
    let timestamp = world.now.seconds
    var request = HTTPClient.Request(endpoint.url, accepting: "*/*")
    request.json = body
    request.isStatusEnough = true
    request.fields = [
      ("webhook-id", id), ("webhook-timestamp", String(timestamp)),
      (
        "webhook-signature",
        endpoint.secrets.map { $0.signature(of: body, id: id, timestamp: timestamp) }.joined(separator: " ")
      ),
    ]
    do throws(HTTPClientError) {
      let reply = try await send(request, HTTPClient.Limits(time: Self.time))
      switch reply.status {
      case 200...299: return .taken
      case 410: return .gone
      default:
        let wait = reply.fields["retry-after"].flatMap { Int64($0) }.map { Duration.seconds(max(0, $0)) }
        return .failed("status \(reply.status)", isReachable: true, wait: wait)
      }
    } catch { return .failed(error.description, isReachable: false, wait: nil) }
  }

  /// The pause behind an attempt, up to a tenth longer, so that messages that failed together don't come together.
  private func pause(after tries: Int) -> Duration {
    let pause = Self.pauses[min(tries, Self.pauses.count - 1)]
    return pause + pause * Int(world.random(1).first ?? 0) / 2560
  }

  /// Takes a message for this attempt; false when somebody else has it.
  private func take(_ id: String, seen: Instant, _ tries: Int) async throws -> Bool {
    let next = world.now + Self.time + pause(after: tries)
    return try await store.write { transaction in
      try !transaction.run(
        """
        UPDATE webhook_message SET next_try_at = \(next), tries = tries + 1
        WHERE id = \(id) AND next_try_at = \(seen) RETURNING 1
        """
      ).isEmpty
    }
  }

  private func postpone(_ id: String, _ tries: Int, _ reason: String, _ wait: Duration?) async throws {
    let fields: KeyValuePairs<String, LogValue> = [
      "message": .string(id), "reason": .string(reason), "tries": .integer(tries + 1),
    ]
    guard tries < Self.pauses.count else {
      log.error("a webhook message was given up", fields)
      return try await remove(id)
    }
    log.warning("a webhook message was not taken, and is tried again", fields)
    let next = world.now + max(pause(after: tries), min(wait ?? .zero, Self.longestWait))
    try await store.write { transaction in
      _ = try transaction.run("UPDATE webhook_message SET next_try_at = \(next) WHERE id = \(id)")
    }
  }

  private func remove(_ id: String) async throws {
    try await store.write { _ = try $0.run("DELETE FROM webhook_message WHERE id = \(id)") }
  }
}
