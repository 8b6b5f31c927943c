internal import Glibc
internal import Storage
internal import Synchronization
internal import Telemetry
internal import Testing

/// A directory of its own, gone with the value.
final class Directory: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/gatehouse-storage-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else {
      throw StorageError(.notAccessible, "no temporary directory")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    _ = unsafe chmod(path, 0o700)
    for suffix in ["", "-wal", "-shm"] { _ = unsafe unlink(file + suffix) }
    _ = unsafe rmdir(path)
  }

  var file: String { path + "/test.db" }

  func write(_ text: String) {
    let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    let bytes = Array(text.utf8)
    #expect(unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
  }
}

/// Holds up the writer's thread until the test lets it go.
final class Gate: Sendable {
  private let pipes: (reads: Int32, writes: Int32)

  init() throws {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { throw StorageError(.other, "no pipe") }
    pipes = (ends[0], ends[1])
  }

  deinit {
    close(pipes.reads)
    close(pipes.writes)
  }

  /// No longer than 20 seconds, so that a test that forgets to open it fails and does not hang.
  func wait() {
    var reads = [pollfd(fd: pipes.reads, events: Int16(POLLIN), revents: 0)]
    _ = unsafe poll(&reads, 1, 20_000)
  }

  func open() { _ = unsafe write(pipes.writes, [1], 1) }
}

/// Occupies the writer, so that what comes next waits together and is committed together.
struct Blocked {
  private let gate = Result { try Gate() }
  private let task: Task<Void, any Error>

  /// Returns when the writer is occupied.
  init(_ store: Store) async throws {
    let gate = try gate.get()
    let (started, signal) = AsyncStream.makeStream(of: Void.self)
    task = Task {
      try await store.write { _ in
        signal.yield()
        signal.finish()
        gate.wait()
      }
    }
    for await _ in started {}
  }

  func release() async throws {
    try gate.get().open()
    try await task.value
  }
}

/// A store with one table.
func makeStore(_ location: Store.Location = .temporary) async throws -> Store {
  let store = try Store(location, log: .silent)
  try await store.write {
    _ = try $0.run(
      "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT UNIQUE, size BIGINT CHECK (size >= 0))")
  }
  return store
}

struct Undone: Error, Equatable {}
