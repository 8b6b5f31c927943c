package import Accounts
internal import OAuth
package import Storage
package import World

/// Takes away what is worth nothing any more, so that what people and strangers leave behind does not fill the disk.
///
/// It works in batches, each a transaction of its own, so that nobody waits for it, and ends between two of them when
/// its task is cancelled; what one sweep does not reach, the next one does.
package struct Janitor: Sendable {
  let store: Store
  let sessions: BrowserSessions
  let world: World

  /// Rows of one transaction, and transactions of one kind in one sweep.
  static let batch = 500
  static let mostBatches = 100

  package init(store: Store, sessions: BrowserSessions, world: World) {
    self.store = store
    self.sessions = sessions
    self.world = world
  }

  /// Sweeps the sessions of browsers that are over.
  ///
  /// - Returns: how many there were.
  /// - Throws: `StorageError`; what was swept before it is gone.
  package func sweepSessions() async throws -> Int {
    try await repeated { try await sessions.removeEnded(limit: Self.batch) }
  }

  /// Sweeps codes, requests, tokens, links, memories and registrations.
  ///
  /// - Returns: how many rows went, families and clients counted as one each.
  /// - Throws: `StorageError`; what was swept before it is gone.
  package func sweepGrants() async throws -> Int {
    var count = 0
    for step in steps(at: world.now) { count += try await repeated { try await store.write(step) } }
    count += try await repeated { try await sweepFamilies() }
    // Last, since a client stays for as long as it has a family.
    count += try await repeated { try await sweepClients() }
    return count
  }

  private func repeated(_ step: () async throws -> Int) async throws -> Int {
    var count = 0
    for _ in 0..<Self.mostBatches {
      try Task.checkCancellation()
      let removed = try await step()
      count += removed
      guard removed >= Self.batch else { break }
    }
    return count
  }

  private func steps(at now: Instant) -> [@Sendable (Transaction) throws -> Int] {
    [
      // An old code that comes back is refused all the same; for a day it also ends what was issued for it.
      "DELETE FROM authorization_code WHERE mac IN (SELECT mac FROM authorization_code WHERE expires_at < \(now - .days(1)) LIMIT \(Self.batch)) RETURNING 1",
      "DELETE FROM pushed_request WHERE mac IN (SELECT mac FROM pushed_request WHERE expires_at < \(now) LIMIT \(Self.batch)) RETURNING 1",
      // For an hour a device hears that its code has expired, then that it is not valid.
      "DELETE FROM device_grant WHERE mac IN (SELECT mac FROM device_grant WHERE expires_at < \(now - .hours(1)) LIMIT \(Self.batch)) RETURNING 1",
      "DELETE FROM initial_access_token WHERE mac IN (SELECT mac FROM initial_access_token WHERE expires_at < \(now) OR uses_left < 1 LIMIT \(Self.batch)) RETURNING 1",
      "DELETE FROM spent_challenge WHERE digest IN (SELECT digest FROM spent_challenge WHERE expires_at < \(now) LIMIT \(Self.batch)) RETURNING 1",
      "DELETE FROM one_time_link WHERE mac IN (SELECT mac FROM one_time_link WHERE expires_at < \(now) LIMIT \(Self.batch)) RETURNING 1",
      "DELETE FROM remembered_consent WHERE expires_at < \(now) AND connection_id IN (SELECT connection_id FROM remembered_consent WHERE expires_at < \(now) LIMIT \(Self.batch)) RETURNING 1",
      // A token that was rotated away so long ago is older than any that could still be used.
      "DELETE FROM refresh_token WHERE mac IN (SELECT mac FROM refresh_token WHERE spent_at < \(now - TokenStore.refreshIdleLifetime) LIMIT \(Self.batch)) RETURNING 1",
    ].map { (sql: SQL) in { try $0.run(sql).count } }
  }

  /// Families that were ended a day ago, that are over, or whose last refresh token was not used for too long. None of
  /// them can come to life again.
  private func sweepFamilies() async throws -> Int {
    let now = world.now
    let dead = try await store.rows(
      """
      SELECT f.id FROM token_family f
      WHERE f.ended_at < \(now - .days(1)) OR f.expires_at < \(now)
        OR (f.created_at < \(now - .days(1)) AND NOT EXISTS (
          SELECT 1 FROM refresh_token r
          WHERE r.family_id = f.id AND r.issued_at > \(now - TokenStore.refreshIdleLifetime)))
      LIMIT \(Self.batch)
      """
    ).map { SQLValue.text($0.text(0)) }
    guard !dead.isEmpty else { return 0 }
    return try await store.write { transaction in
      _ = try transaction.run("DELETE FROM device_grant WHERE family_id IN \(list: dead)")
      _ = try transaction.run("DELETE FROM authorization_code WHERE family_id IN \(list: dead)")
      _ = try transaction.run("DELETE FROM refresh_token WHERE family_id IN \(list: dead)")
      return try transaction.run("DELETE FROM token_family WHERE id IN \(list: dead) RETURNING 1").count
    }
  }

  /// Clients that registered themselves long ago and that nobody lets in now: no connection that stands, and no family
  /// that lives. Those that an administrator made stay.
  private func sweepClients() async throws -> Int {
    let longAgo = world.now - Clients.unusedLifetime
    return try await store.write { transaction in
      try transaction.run(
        """
        DELETE FROM client WHERE id IN (
          SELECT c.id FROM client c WHERE c.is_dynamic = 1 AND c.created_at < \(longAgo)
            AND (c.disabled_at IS NULL OR c.disabled_at < \(longAgo))
            AND NOT EXISTS (SELECT 1 FROM connection n WHERE n.client_id = c.id AND n.revoked_at IS NULL)
            AND NOT EXISTS (SELECT 1 FROM token_family f WHERE f.client_id = c.id)
          LIMIT \(Self.batch)) RETURNING 1
        """
      ).count
    }
  }
}
