internal import Storage
internal import Telemetry
internal import Testing

@Suite("Migrations")
struct MigrationTests {
  private static let first = Migration(
    part: "a", version: 1, ["CREATE TABLE a (x)", "INSERT INTO a VALUES (1)"])
  private static let second = Migration(
    part: "a", version: 2, ["ALTER TABLE a ADD COLUMN y", "UPDATE a SET y = x + 1"])
  private static let other = Migration(part: "b", version: 1, ["CREATE TABLE b (x)"])

  private func versions(_ store: Store) async throws -> [String] {
    try await store.rows("SELECT part, version FROM schema_version ORDER BY part").map {
      "\($0.text(0)) \($0.integer(1))"
    }
  }

  @Test func `steps run once, in order, whatever order they are given in`() async throws {
    let store = try Store(.temporary, log: .silent)
    for _ in 0..<3 { try await store.migrate([Self.second, Self.other, Self.first]) }
    #expect(try await versions(store) == ["a 2", "b 1"])
    #expect(try await store.rows("SELECT x, y FROM a").map(\.values) == [[.integer(1), .integer(2)]])
  }

  @Test func `an older database is brought up, step by step`() async throws {
    let directory = try Directory()
    do { try await Store(.file(directory.file), log: .silent).migrate([Self.first]) }
    let store = try Store(.file(directory.file), log: .silent)
    try await store.migrate([Self.first, Self.second, Self.other])
    #expect(try await versions(store) == ["a 2", "b 1"])
    #expect(try await store.rows("SELECT y FROM a").first?.integer(0) == 2)
  }

  @Test func `a database of a newer version, or with a part that is not known, is refused and left alone`()
    async throws
  {
    let store = try Store(.temporary, log: .silent)
    try await store.migrate([Self.first, Self.second])
    for known in [[Self.first, Self.other], [Self.other]] {
      let error = await #expect(throws: StorageError.self) { try await store.migrate(known) }
      #expect(error?.kind == .newerSchema)
      #expect(try await versions(store) == ["a 2"])
      #expect(try await store.rows("SELECT name FROM sqlite_master WHERE name = 'b'").isEmpty)
    }
  }

  @Test func `a step that fails leaves nothing of any step`() async throws {
    let store = try Store(.temporary, log: .silent)
    let broken = Migration(part: "a", version: 2, ["CREATE TABLE c (x)", "INSERT INTO nowhere VALUES (1)"])
    await #expect(throws: StorageError.self) { try await store.migrate([Self.first, broken, Self.other]) }
    #expect(try await store.rows("SELECT name FROM sqlite_master").isEmpty)
    try await store.migrate([Self.first, Self.second])
    #expect(try await versions(store) == ["a 2"])
  }

  @Test func `two programs that start at once migrate once`() async throws {
    let directory = try Directory()
    let (one, two) = (
      try Store(.file(directory.file), log: .silent), try Store(.file(directory.file), log: .silent)
    )
    try await withThrowingTaskGroup(of: Void.self) { group in
      for store in [one, two] { group.addTask { try await store.migrate([Self.first, Self.second]) } }
      try await group.waitForAll()
    }
    #expect(try await one.rows("SELECT x FROM a").count == 1)
    #expect(try await versions(two) == ["a 2"])
  }
}
