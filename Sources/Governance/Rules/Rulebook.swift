internal import Authentication
internal import Policies
package import Storage
internal import Synchronization
package import World

/// What administrators have decided: switches, and the policies of each target with every version they had.
///
/// Each request looks up one number, and reads all anew when it has changed: an edit holds for the next call, whichever
/// process made it.
package final class Rulebook: Sendable {
  private let store: Store
  private let world: World
  private let known = Mutex(Page())

  package init(store: Store, world: World) {
    self.store = store
    self.world = world
  }

  package static let migrations = [
    Migration(
      part: "rules", version: 1,
      [
        """
        CREATE TABLE rulebook (
          id BIGINT PRIMARY KEY CHECK (id = 1), revision BIGINT NOT NULL, is_open BIGINT NOT NULL)
        """,
        "INSERT INTO rulebook (id, revision, is_open) VALUES (1, 1, 1)",
        "CREATE TABLE inactive_tool (name TEXT PRIMARY KEY)",
        """
        CREATE TABLE policy (
          target TEXT NOT NULL, version BIGINT NOT NULL, document BLOB, made_at BIGINT NOT NULL,
          PRIMARY KEY (target, version))
        """,
      ])
  ]

  /// All that was decided, at one revision.
  struct Page: Sendable {
    var revision: Int64 = 0
    /// Until they were read, nothing is open.
    var switches = Switches(isOpen: false)
    var policies: [PolicyTarget: Attached] = [:]

    /// The policies of a caller, in the order in which they are asked.
    func policies(of caller: Caller) -> [Attached] {
      policies.isEmpty ? [] : PolicyTarget.all(of: caller).compactMap { policies[$0] }
    }
  }

  /// A policy and whose it is.
  struct Attached: Sendable {
    let target: PolicyTarget
    let version: Int64
    /// nil for a document that this program can't read: then everything is denied.
    let policy: Policy?

    /// `connection:abc@3`
    var name: String { "\(target)@\(version)" }
  }

  // MARK: Reading

  /// The newest page.
  ///
  /// - Throws: `StorageError`: then nothing may be permitted.
  func page() async throws(StorageError) -> Page {
    guard let row = try await store.rows("SELECT revision, is_open FROM rulebook WHERE id = 1").first else {
      throw StorageError(.damaged, "the rulebook is empty")
    }
    let revision = row.integer(0)
    let present = known.withLock { $0 }
    guard present.revision != revision else { return present }
    var page = Page(revision: revision)
    page.switches = Switches(
      isOpen: row.bool(1),
      inactiveTools: Set(try await store.rows("SELECT name FROM inactive_tool").map { $0.text(0) }))
    let rows = try await store.rows(
      """
      SELECT p.target, p.version, p.document FROM policy p
      WHERE p.version = (SELECT max(q.version) FROM policy q WHERE q.target = p.target) AND p.document IS NOT NULL
      """)
    for row in rows {
      let version = row.integer(1)
      // A policy whose target this program does not know may be anybody's: until it is readable, it is everybody's.
      guard let target = PolicyTarget(row.text(0)) else {
        page.policies[.everything] = Attached(target: .everything, version: version, policy: nil)
        continue
      }
      if page.policies[target]?.policy == nil, page.policies[target] != nil { continue }
      if let same = present.policies[target], same.version == version, same.policy != nil {
        page.policies[target] = same
        continue
      }
      var policy: Policy?
      // What an older program can't read is denied by its absence; `policy list` says so.
      do throws(PolicyError) { policy = try Policy(row.bytes(2)) } catch { policy = nil }
      page.policies[target] = Attached(target: target, version: version, policy: policy)
    }
    let read = page
    known.withLock { if $0.revision <= read.revision { $0 = read } }
    return page
  }

  /// The page that was read last, for what must not wait.
  var lastPage: Page { known.withLock { $0 } }

  /// What is switched off.
  package func switches() async throws(StorageError) -> Switches { try await page().switches }

  // MARK: Deciding

  /// Turns the master switch.
  package func setOpen(_ isOpen: Bool, along: Along<Void>? = nil) async throws {
    try await store.write { transaction in
      _ = try transaction.run("UPDATE rulebook SET is_open = \(isOpen), revision = revision + 1 WHERE id = 1")
      try along?((), transaction)
    }
  }

  /// Switches a tool on or off for everybody.
  package func setActive(_ isActive: Bool, tool: String, along: Along<Void>? = nil) async throws {
    try await store.write { transaction in
      if isActive {
        _ = try transaction.run("DELETE FROM inactive_tool WHERE name = \(tool)")
      } else {
        _ = try transaction.run(
          "INSERT INTO inactive_tool (name) VALUES (\(tool)) ON CONFLICT (name) DO NOTHING")
      }
      try Self.turn(transaction)
      try along?((), transaction)
    }
  }

  /// Attaches a policy to a target, in the place of the one before, which is kept.
  ///
  /// - Returns: its version.
  /// - Throws: `PolicyError` for a document that is none: then nothing has changed; `StorageError`.
  @discardableResult
  package func set(
    _ document: [UInt8], for target: PolicyTarget, along: Along<Int64>? = nil
  ) async throws -> Int64 {
    _ = try Policy(document)
    return try await add(document, for: target, along)
  }

  /// Takes a target's policy away.
  ///
  /// - Returns: false when it had none.
  package func clear(_ target: PolicyTarget, along: Along<Int64>? = nil) async throws -> Bool {
    guard try await page().policies[target] != nil else { return false }
    _ = try await add(nil, for: target, along)
    return true
  }

  private func add(
    _ document: [UInt8]?, for target: PolicyTarget, _ along: Along<Int64>?
  ) async throws -> Int64 {
    let now = world.now
    return try await store.write { transaction in
      let last = try transaction.run("SELECT max(version) FROM policy WHERE target = \(target.description)")
        .first
      let version = (last?.optionalInteger(0) ?? 0) + 1
      _ = try transaction.run(
        """
        INSERT INTO policy (target, version, document, made_at)
        VALUES (\(target.description), \(version), \(document), \(now))
        """)
      try Self.turn(transaction)
      try along?(version, transaction)
      return version
    }
  }

  /// Begins a new revision, so that clients hear of a change to what they may do.
  package static func turn(_ transaction: Transaction) throws(StorageError) {
    _ = try transaction.run("UPDATE rulebook SET revision = revision + 1 WHERE id = 1")
  }

  // MARK: Listing

  /// A version of a policy as lists show it.
  package struct Version: Sendable {
    package let target: String
    package let version: Int64
    /// nil where the policy was taken away.
    package let document: [UInt8]?
    package let madeAt: Instant
  }

  /// The versions of one target, or the newest of each; the newest first.
  package func versions(of target: PolicyTarget? = nil) async throws(StorageError) -> [Version] {
    let condition: SQL =
      target.map { "p.target = \($0.description)" }
      ?? "p.version = (SELECT max(q.version) FROM policy q WHERE q.target = p.target)"
    return try await store.rows(
      """
      SELECT p.target, p.version, p.document, p.made_at FROM policy p WHERE \(condition)
      ORDER BY p.made_at DESC, p.version DESC LIMIT 1000
      """
    ).map {
      Version(
        target: $0.text(0), version: $0.integer(1), document: $0.optionalBytes(2), madeAt: $0.instant(3))
    }
  }
}
