package import Crypto
internal import JSON
package import Storage
package import Telemetry
package import World

/// Letters that wait to be sent: in the database, so that a restart loses none, sealed, since they carry links that let
/// people in, and bounded. What a server does not take is tried again, later each time, for a day.
package struct Outbox: Sendable {
  private let store: Store
  private let sealer: Sealer
  private let world: World
  private let log: Log

  /// Letters that may wait at once; one more is refused.
  package static let most = 1000
  /// How often letters are looked for.
  package static let interval: Duration = .seconds(2)
  private static let batch = 20
  private static let shortestPause: Duration = .seconds(30)
  private static let patience: Duration = .days(1)
  private static let longestSending: Duration = .minutes(1)

  /// - Throws: `CryptoError`.
  package init(store: Store, keyring: Keyring, world: World, log: Log) throws(CryptoError) {
    self.store = store
    self.world = world
    self.log = log
    sealer = try Sealer(key: keyring.key(for: "outbox"))
  }

  /// Why a letter is not taken.
  package struct Full: Error {}

  /// Puts a letter in. It is safe once this returns.
  ///
  /// - Throws: `Full`, `StorageError`, `CryptoError`.
  package func put(_ letter: Letter) async throws {
    try await store.write { transaction in try put(letter, in: transaction) }
  }

  /// Puts a letter in as a part of somebody's transaction.
  ///
  /// - Parameter room: how many places are left free for more important letters.
  /// - Throws: `Full`, `StorageError`, `CryptoError`.
  package func put(_ letter: Letter, leaving room: Int = 0, in transaction: Transaction) throws {
    let (id, now) = (Base62.encode(world.random(12)), world.now)
    let content: JSONValue = [
      "to": .string(letter.recipient), "subject": .string(letter.subject), "text": .string(letter.text),
    ]
    let sealed = try sealer.seal(content.serialized(), for: Self.place(id))
    let count = try transaction.run("SELECT count(*) FROM outbox").first?.integer(0) ?? 0
    guard count < Int64(Self.most - room) else { throw Full() }
    _ = try transaction.run(
      """
      INSERT INTO outbox (id, message, made_at, next_try_at, tries) VALUES (\(id), \(sealed), \(now), \(now), 0)
      """)
  }

  private static func place(_ id: String) -> [UInt8] { Array("outbox \(id)".utf8) }

  /// Sends what is due, one letter after the other.
  ///
  /// - Parameter send: hands one letter over; what it throws says whether to try again.
  /// - Returns: how many were sent.
  /// - Throws: `StorageError`.
  package func deliver(by send: (Letter) async throws(Postman.Failure) -> Void) async throws -> Int {
    let due = try await store.rows(
      """
      SELECT id, message, made_at, tries, next_try_at FROM outbox
      WHERE next_try_at <= \(world.now) OR next_try_at > \(world.now + Self.patience * 2)
      ORDER BY next_try_at LIMIT \(Self.batch)
      """)
    var sent = 0
    for row in due {
      let (id, tries) = (row.text(0), row.integer(3))
      guard try await take(id, seen: row.instant(4)) else { continue }
      guard let letter = letter(row) else {
        log.error("a letter can't be read and is dropped", ["letter": .string(id)])
        try await remove(id)
        continue
      }
      do {
        try await send(letter)
        sent += 1
        try await remove(id)
      } catch let failure as Postman.Failure {
        if failure.isFinal || world.now - row.instant(2) > Self.patience {
          log.error(
            "a letter was given up",
            [
              "letter": .string(id), "reason": .string(failure.description),
              "tries": .integer(Int(tries) + 1),
            ])
          try await remove(id)
        } else {
          log.warning(
            "a letter was not sent, and is tried again",
            [
              "letter": .string(id), "reason": .string(failure.description),
              "tries": .integer(Int(tries) + 1),
            ])
          try await postpone(id, tries)
        }
      }
    }
    return sent
  }

  /// Takes a letter to send it, by setting its next try behind the longest that this one may take: of two processes one
  /// sends it, and one that is killed leaves it to the next try.
  private func take(_ id: String, seen: Instant) async throws -> Bool {
    let next = world.now + Self.longestSending
    return try await store.write { transaction in
      try !transaction.run(
        "UPDATE outbox SET next_try_at = \(next) WHERE id = \(id) AND next_try_at = \(seen) RETURNING 1"
      ).isEmpty
    }
  }

  private func letter(_ row: Row) -> Letter? {
    do {
      let content = try JSONValue(parsing: sealer.open(row.bytes(1), for: Self.place(row.text(0))))
      return Letter(
        to: content["to"]?.string ?? "", subject: content["subject"]?.string ?? "",
        text: content["text"]?.string ?? "")
    } catch { return nil }
  }

  private func remove(_ id: String) async throws {
    try await store.write { transaction in _ = try transaction.run("DELETE FROM outbox WHERE id = \(id)") }
  }

  private func postpone(_ id: String, _ tries: Int64) async throws {
    let next = world.now + Self.shortestPause * (1 << min(tries, 7))
    try await store.write { transaction in
      _ = try transaction.run(
        "UPDATE outbox SET next_try_at = \(next), tries = tries + 1 WHERE id = \(id)")
    }
  }
}
