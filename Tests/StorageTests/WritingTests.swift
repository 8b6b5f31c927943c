internal import Storage
internal import Synchronization
internal import Telemetry
internal import Testing

@Suite("Writing")
struct WritingTests {
  @Test func `a body that throws is undone alone, its neighbours of the same commit stand`() async throws {
    let store = try await makeStore()
    let blocked = try await Blocked(store)
    let outcomes = await withTaskGroup(of: (Int, Bool).self) { group in
      for number in 0..<30 {
        group.addTask {
          do {
            try await store.write { transaction in
              _ = try transaction.run("INSERT INTO note (id, text) VALUES (\(number), \("n\(number)"))")
              if number % 3 == 0 { throw Undone() }
            }
            return (number, true)
          } catch is Undone { return (number, false) } catch { return (-1, false) }
        }
      }
      group.addTask {
        do { try await blocked.release() } catch { return (-1, false) }
        return (1000, true)
      }
      return await group.reduce(into: [Int: Bool]()) { $0[$1.0] = $1.1 }
    }
    #expect(outcomes[-1] == nil)
    for number in 0..<30 { #expect(outcomes[number] == (number % 3 != 0)) }
    let kept = try await store.rows("SELECT id FROM note ORDER BY id").map { Int($0.integer(0)) }
    #expect(kept == (0..<30).filter { $0 % 3 != 0 })
  }

  @Test func `the error of a body comes back as it was`() async throws {
    let store = try await makeStore()
    await #expect(throws: Undone()) { try await store.write { _ in throw Undone() } }
    let error = await #expect(throws: StorageError.self) {
      try await store.write { _ = try $0.run("INSERT INTO missing VALUES (1)") }
    }
    #expect(error?.kind == .other)
  }

  @Test func `a body that catches its own error goes on`() async throws {
    let store = try await makeStore()
    try await store.write { transaction in
      _ = try transaction.run("INSERT INTO note (id, text) VALUES (1, 'a')")
      do { _ = try transaction.run("INSERT INTO note (id, text) VALUES (2, 'a')") } catch is StorageError {}
      _ = try transaction.run("INSERT INTO note (id, text) VALUES (3, 'c')")
    }
    #expect(try await store.rows("SELECT id FROM note ORDER BY id").map { $0.integer(0) } == [1, 3])
  }

  @Test func `1000 concurrent writes each happen once, one after another`() async throws {
    let store = try await makeStore()
    try await store.write { _ = try $0.run("INSERT INTO note (id, size) VALUES (0, 0)") }
    let seen = try await withThrowingTaskGroup(of: Int64.self) { group in
      for _ in 0..<1000 {
        group.addTask {
          try await store.write { transaction in
            let size = try transaction.run("SELECT size FROM note WHERE id = 0").first?.integer(0) ?? -1
            _ = try transaction.run("UPDATE note SET size = \(size + 1) WHERE id = 0")
            return size
          }
        }
      }
      return try await group.reduce(into: [Int64]()) { $0.append($1) }
    }
    #expect(seen.sorted() == Array(0..<1000))
    #expect(try await store.rows("SELECT size FROM note WHERE id = 0").first?.integer(0) == 1000)
  }

  @Test func `writes of one caller happen in their order`() async throws {
    let store = try await makeStore()
    for number in 0..<100 {
      try await store.write { _ = try $0.run("INSERT INTO note (size) VALUES (\(number))") }
    }
    #expect(try await store.rows("SELECT size FROM note ORDER BY id").map { $0.integer(0) } == Array(0..<100))
  }

  @Test func `a read sees every write that was answered, from every reader`() async throws {
    let store = try await makeStore()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<200 {
        group.addTask {
          try await store.write { _ = try $0.run("INSERT INTO note (id) VALUES (\(number))") }
          #expect(try await store.rows("SELECT 1 FROM note WHERE id = \(number)").count == 1)
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func `a read does not wait for the writer, and does not see what is not committed`() async throws {
    let store = try await makeStore()
    let gate = try Gate()
    let (started, signal) = AsyncStream.makeStream(of: Void.self)
    let write = Task {
      try await store.write { transaction in
        _ = try transaction.run("INSERT INTO note (id) VALUES (1)")
        signal.finish()
        gate.wait()
      }
    }
    for await _ in started {}
    #expect(try await store.rows("SELECT 1 FROM note").isEmpty)
    gate.open()
    try await write.value
    #expect(try await store.rows("SELECT 1 FROM note").count == 1)
  }

  @Test func `the queue has a bound, beyond which a write is refused as busy, and the rest is done`()
    async throws
  {
    let store = try await makeStore()
    let blocked = try await Blocked(store)
    let (queue, extra) = (20_000, 5)
    let done = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<(queue + extra) {
        group.addTask {
          do {
            try await store.write { _ = try $0.run("INSERT INTO note (size) VALUES (1)") }
            return true
          } catch let error as StorageError { return error.kind != .busy } catch { return true }
        }
      }
      // While the writer is held up nothing else can come back.
      for _ in 0..<extra { #expect(await group.next() == false) }
      do { try await blocked.release() } catch { Issue.record(error) }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(done == queue)
    #expect(try await store.rows("SELECT count(*) FROM note").first?.integer(0) == Int64(queue))
  }

  @Test func `a store that goes away finishes what was handed over`() async throws {
    let directory = try Directory()
    do {
      let store = try await makeStore(.file(directory.file))
      try await store.write { _ = try $0.run("INSERT INTO note (id) VALUES (1)") }
    }
    let again = try Store(.file(directory.file), log: .silent)
    #expect(try await again.rows("SELECT id FROM note").count == 1)
  }

  @Test func `foreign keys are kept`() async throws {
    let store = try await makeStore()
    try await store.write {
      _ = try $0.run("CREATE TABLE child (parent BIGINT NOT NULL REFERENCES note (id))")
    }
    let error = await #expect(throws: StorageError.self) {
      try await store.write { _ = try $0.run("INSERT INTO child VALUES (99)") }
    }
    #expect(error?.kind == .constraint)
  }
}
