internal import Glibc

/// The keys of this house, from its keys directory: one that signs tokens, and one that all others are derived from.
///
/// The directory lies outside the database on purpose: a stolen database holds nothing that proves anything.
package struct Keyring: Sendable {
  /// Signs access tokens.
  package let signing: SigningKey
  private let root: HMACKey

  /// Why the keys can't be used; each says what to do.
  package struct Failure: Error, Sendable, CustomStringConvertible {
    package let description: String
    package let hint: String
  }

  private static let signingFile = "signing.pem"
  private static let rootFile = "root.key"
  private static let files = [signingFile, rootFile]

  /// Reads the directory.
  ///
  /// - Parameters:
  ///   - makingMissing: makes the directory and keys that are not there. Not to be asked for data that was made with
  ///     keys already: new ones would open nothing of it.
  ///   - random: for the root key, 32 bytes.
  /// - Throws: `Failure` when the directory or a file can't be read, is open to others, or is damaged.
  package init(directory: String, makingMissing: Bool = true, random: (Int) -> [UInt8]) throws(Failure) {
    guard makingMissing || Self.files.allSatisfy({ exists(directory + "/" + $0) }) else {
      throw Failure(
        description: "the keys that this data was made with are not in \(directory)",
        hint: "name the right directory with --keys, or restore it from a backup")
    }
    if !exists(directory) {
      guard unsafe mkdir(directory, 0o700) == 0 || errno == EEXIST else {
        throw Failure(
          description: "the keys directory \(directory) can't be made (errno \(errno))",
          hint: "make it with: mkdir -m 700 \(directory)")
      }
    }
    try Self.checkPrivate(directory)
    let signingPath = directory + "/" + Self.signingFile
    let rootPath = directory + "/" + Self.rootFile
    do {
      if !exists(signingPath) { try Self.write(Array(SigningKey.generate().pem.utf8), to: signingPath) }
      signing = try SigningKey(pem: String(decoding: Self.read(signingPath), as: UTF8.self))
    } catch let error as Failure {
      throw error
    } catch {
      throw Failure(
        description: "\(signingPath): \(error)", hint: "restore the file from a backup of the keys directory")
    }
    if !exists(rootPath) { try Self.write(Array(Base64URL.encode(random(32)).utf8), to: rootPath) }
    guard let text = String(validating: try Self.read(rootPath), as: UTF8.self),
      let bytes = Base64URL.decode(text.trimmingNewline), bytes.count == 32
    else {
      throw Failure(
        description: "\(rootPath) does not hold a key",
        hint: "restore the file from a backup of the keys directory")
    }
    root = HMACKey(Secret(bytes))
  }

  /// A key for one purpose, always the same for the same name (HMAC as a PRF, NIST SP 800-108).
  package func key(for purpose: String) -> Secret { Secret(root.code(for: Array(purpose.utf8))) }

  /// Says which keys these are without telling anything of them: stored with the data, so that a start with other
  /// keys is noticed.
  package var fingerprint: String {
    Base64URL.encode(Array(root.code(for: Array("fingerprint".utf8)).prefix(12)))
  }

  /// - Throws: `Failure` when others than the owner may read or write the file or directory.
  private static func checkPrivate(_ path: String) throws(Failure) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      throw Failure(description: "\(path) can't be looked at (errno \(errno))", hint: "check who owns it")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw Failure(
        description: "\(path) can be read by other users of this machine",
        hint: "close it with: chmod go-rwx \(path)")
    }
  }

  private static func read(_ path: String) throws(Failure) -> [UInt8] {
    try checkPrivate(path)
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw Failure(
        description: "\(path) can't be read (errno \(errno))", hint: "run as the user who owns it")
    }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 16384)
    let count = unsafe Glibc.read(file, &bytes, bytes.count)
    guard count > 0 else {
      throw Failure(
        description: "\(path) is empty", hint: "restore the file from a backup of the keys directory")
    }
    return Array(bytes.prefix(count))
  }

  /// Writes a file whole or not at all: a new name, to the disk, then renamed.
  private static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
    let fresh = path + ".new"
    _ = unsafe unlink(fresh)
    let file = unsafe open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw Failure(
        description: "\(fresh) can't be written (errno \(errno))", hint: "check who owns the directory")
    }
    let written = unsafe Glibc.write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
    close(file)
    guard written, unsafe rename(fresh, path) == 0 else {
      throw Failure(description: "\(path) can't be written (errno \(errno))", hint: "check the disk")
    }
  }
}

private func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

extension String {
  /// Without the line's end that an editor adds.
  fileprivate var trimmingNewline: Substring {
    self[..<(lastIndex { !$0.isNewline }.map(index(after:)) ?? startIndex)]
  }
}
