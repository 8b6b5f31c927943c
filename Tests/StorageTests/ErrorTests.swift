internal import Glibc
internal import Storage
internal import Telemetry
internal import Testing

@Suite("Errors and files")
struct ErrorTests {
  @Test(
    arguments: [
      ("INSERT INTO note (id) VALUES (1)", StorageError.Kind.notUnique),
      ("INSERT INTO note (text) VALUES ('a')", .notUnique),
      ("INSERT INTO note (size) VALUES (-1)", .constraint), ("INSERT INTO strict VALUES (NULL)", .constraint),
      ("SELEC 1", .other), ("SELECT * FROM nowhere", .other), ("", .other),
      ("INSERT INTO strict VALUES (?)", .constraint),
    ] as [(SQL, StorageError.Kind)])
  func `each error has its kind, and the store goes on`(sql: SQL, kind: StorageError.Kind) async throws {
    let store = try await makeStore()
    try await store.write {
      _ = try $0.run("INSERT INTO note (id, text) VALUES (1, 'a')")
      _ = try $0.run("CREATE TABLE strict (x TEXT NOT NULL)")
    }
    let error = await #expect(throws: StorageError.self) { try await store.write { _ = try $0.run(sql) } }
    #expect(error?.kind == kind)
    try await store.write { _ = try $0.run("INSERT INTO note (text) VALUES ('b')") }
  }

  @Test func `a reader can't write`() async throws {
    let store = try await makeStore()
    await #expect(throws: StorageError.self) { _ = try await store.rows("INSERT INTO note (id) VALUES (1)") }
    #expect(try await store.rows("SELECT 1 FROM note").isEmpty)
  }

  @Test func `a wrong number of values is an error`() async throws {
    let store = try await makeStore()
    var sql: SQL = "SELECT \(1)"
    sql.append(SQL(unsafeSQL: ", 2"))
    #expect(try await store.rows(sql).first?.values == [.integer(1), .integer(2)])
    await #expect(throws: StorageError.self) {
      _ = try await store.rows(SQL(unsafeSQL: "SELECT 1 -- ") + "\(1)" + SQL(unsafeSQL: ""))
    }
  }

  @Test(arguments: [
    "this is no database, and it is longer than a header of one hundred bytes would be, so that SQLite looks at it"
  ])
  func `a file that is no database is damaged, and left as it is`(text: String) throws {
    let directory = try Directory()
    directory.write(text)
    let error = #expect(throws: StorageError.self) { try Store(.file(directory.file), log: .silent) }
    #expect(error?.kind == .damaged)
    let descriptor = unsafe open(directory.file, O_RDONLY)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1000)
    let count = unsafe read(descriptor, &bytes, bytes.count)
    #expect(String(decoding: bytes.prefix(count), as: UTF8.self) == text)
  }

  @Test func `pages that were overwritten are damaged, and the error says so`() async throws {
    let directory = try Directory()
    do {
      let store = try await makeStore(.file(directory.file))
      try await store.write { transaction in
        for number in 0..<500 {
          _ = try transaction.run(
            "INSERT INTO note (text) VALUES (\("\(number) " + String(repeating: "x", count: 200)))")
        }
      }
    }
    let descriptor = unsafe open(directory.file, O_WRONLY)
    lseek(descriptor, 4096, SEEK_SET)
    let noise = [UInt8](repeating: 0xa5, count: 40 * 4096)
    #expect(unsafe write(descriptor, noise, noise.count) == noise.count)
    close(descriptor)
    let error = await #expect(throws: StorageError.self) {
      let store = try Store(.file(directory.file), log: .silent)
      _ = try await store.rows("SELECT count(text) FROM note")
    }
    #expect(error?.kind == .damaged)
  }

  @Test func `a place that is not there is not accessible`() throws {
    for path in ["/nowhere/at/all.db", "/tmp", "/proc/version"] {
      let error = #expect(throws: StorageError.self) { try Store(.file(path), log: .silent) }
      #expect(error?.kind == .notAccessible, "\(path)")
    }
  }

  @Test func `a new file is for its owner alone`() throws {
    let directory = try Directory()
    let before = umask(0)
    defer { umask(before) }
    _ = try Store(.file(directory.file), log: .silent)
    var status = stat()
    #expect(unsafe stat(directory.file, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
  }

  @Test func `temporary files vanish with the store`() async throws {
    var path = ""
    do {
      let store = try await makeStore()
      path = try await store.rows("PRAGMA database_list").first?.text(2) ?? ""
      #expect(unsafe access(path, F_OK) == 0)
      #expect(unsafe access(path + "-wal", F_OK) == 0)
    }
    #expect(path.hasPrefix("/tmp/gatehouse-"))
    for suffix in ["", "-wal", "-shm"] { #expect(unsafe access(path + suffix, F_OK) != 0, "\(suffix)") }
  }

  @Test func `two stores have files of their own`() async throws {
    let (one, two) = (try await makeStore(), try await makeStore())
    try await one.write { _ = try $0.run("INSERT INTO note (id) VALUES (1)") }
    #expect(try await two.rows("SELECT 1 FROM note").isEmpty)
  }

  @Test func `what is committed is there after the next start, in write-ahead mode`() async throws {
    let directory = try Directory()
    do {
      let store = try await makeStore(.file(directory.file))
      try await store.write { _ = try $0.run("INSERT INTO note (id, text) VALUES (1, 'kept')") }
      #expect(try await store.rows("PRAGMA journal_mode").first?.text(0) == "wal")
      let settings = try await store.write { try $0.run("PRAGMA synchronous").first?.integer(0) }
      #expect(settings == 2)
    }
    let again = try Store(.file(directory.file), log: .silent)
    #expect(try await again.rows("SELECT text FROM note").first?.text(0) == "kept")
  }
}
