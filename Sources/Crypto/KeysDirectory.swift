internal import Glibc
internal import World

/// The directory that the keys lie in, as files that nobody but their owner may open, and that change whole or not at
/// all: whenever the machine stops, a file is the one before or the one after.
struct KeysDirectory: Sendable {
  let path: String

  static let signingFile = "signing.pem"
  static let rootFile = "root.key"
  static let lockFile = "lock"
  private static let unfinished = ".new"

  /// What tells one version of a file from another without reading it.
  struct Stamp: Sendable, Equatable {
    let inode: UInt64
    let size: Int64
    let modified: Instant
  }

  func path(of file: String) -> String { path + "/" + file }

  func holds(_ file: String) -> Bool { unsafe access(path(of: file), F_OK) == 0 }

  /// Makes the directory when it is not there.
  func make() throws(Keyring.Failure) {
    guard unsafe access(path, F_OK) != 0 else { return }
    guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw Keyring.Failure(
        description: "the keys directory \(path) can't be made (errno \(errno))",
        hint: "make it with: mkdir -m 700 \(path)")
    }
  }

  /// Looks for what is not ours, which may be the key that somebody misses.
  func checkNames() throws(Keyring.Failure) {
    let known = [Self.signingFile, Self.rootFile]
    let all = Set(known + known.map { $0 + Self.unfinished } + [Self.lockFile, "lost+found"])
    guard let stream = unsafe opendir(path) else {
      throw Keyring.Failure(
        description: "\(path) can't be read (errno \(errno))", hint: "run as the user who owns it")
    }
    defer { unsafe closedir(stream) }
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
        unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      guard !name.hasPrefix("."), !all.contains(name) else { continue }
      throw Keyring.Failure(
        description: "\(path) holds '\(name)', which is none of our keys",
        hint: "move it to another place; the directory is for \(known.joined(separator: " and ")) alone")
    }
  }

  /// - Throws: `Failure` when others than the owner may read or write the file or directory.
  func checkPrivate(_ file: String? = nil) throws(Keyring.Failure) {
    let path = file.map(path(of:)) ?? path
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      throw Keyring.Failure(
        description: "\(path) can't be looked at (errno \(errno))", hint: "check who owns it")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw Keyring.Failure(
        description: "\(path) can be read by other users of this machine",
        hint: "close it with: chmod go-rwx \(path)")
    }
  }

  /// nil when the file is not there.
  func stamp(of file: String) -> Stamp? {
    var status = stat()
    guard unsafe stat(path(of: file), &status) == 0 else { return nil }
    let modified = status.st_mtim
    return Stamp(
      inode: UInt64(status.st_ino), size: Int64(status.st_size),
      modified: Instant(microseconds: Int64(modified.tv_sec) * 1_000_000 + Int64(modified.tv_nsec) / 1000))
  }

  func read(_ file: String) throws(Keyring.Failure) -> [UInt8] {
    try checkPrivate(file)
    let path = path(of: file)
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Keyring.Failure(
        description: "\(path) can't be read (errno \(errno))", hint: "run as the user who owns it")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while bytes.count <= SigningFile.limit {
      let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
      guard count > 0 else { break }
      bytes += chunk.prefix(count)
    }
    guard !bytes.isEmpty, bytes.count <= SigningFile.limit else {
      throw Keyring.Failure(
        description: bytes.isEmpty ? "\(path) is empty" : "\(path) is too long for a key",
        hint: "restore the file from a backup of the keys directory")
    }
    return bytes
  }

  /// Writes a file under its own name: a new one, to the disk, then renamed, and the name to the disk as well.
  func write(_ bytes: [UInt8], to file: String) throws(Keyring.Failure) {
    let (path, fresh) = (path(of: file), path(of: file) + Self.unfinished)
    // What a process left that was killed here; nobody else writes while we hold the lock.
    _ = unsafe unlink(fresh)
    let descriptor = unsafe open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw Keyring.Failure(
        description: "\(fresh) can't be written (errno \(errno))", hint: "check who owns the directory")
    }
    let isWritten =
      unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
    close(descriptor)
    guard isWritten, unsafe rename(fresh, path) == 0, flush() else {
      throw Keyring.Failure(description: "\(path) can't be written (errno \(errno))", hint: "check the disk")
    }
  }

  private func flush() -> Bool {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return fsync(descriptor) == 0
  }

  /// Runs `body` while no other process does; the system takes the lock from one that dies.
  ///
  /// - Parameter patience: how long another one is waited for.
  func alone<Result>(
    patience: Duration, _ body: () throws(Keyring.Failure) -> Result
  ) throws(Keyring.Failure) -> Result {
    let path = path(of: Self.lockFile)
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw Keyring.Failure(
        description: "\(path) can't be opened (errno \(errno))", hint: "check who owns the directory")
    }
    defer { close(descriptor) }
    let deadline = ContinuousClock.now + patience
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < deadline else {
        throw Keyring.Failure(
          description: "another program changes the keys in \(self.path)", hint: "try again when it is done")
      }
      usleep(5000)
    }
    return try body()
  }
}
