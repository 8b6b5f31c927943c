internal import FoundationEssentials
internal import Glibc

/// A directory of a test's own, readable by its owner alone, gone with its last reference.
package final class Directory: Sendable {
  package let path: String

  package struct Missing: Error { let path: String }

  package init() throws {
    path = "/tmp/gatehouse-test-\(UUID().uuidString)"
    try make("")
  }

  deinit {
    do { try FileManager.default.removeItem(atPath: path) } catch { print("\(path) stays behind: \(error)") }
  }

  /// Makes a directory inside.
  package func make(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: absolute(name), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  package func absolute(_ name: String) -> String { name.isEmpty ? path : path + "/" + name }

  package func write(_ bytes: [UInt8], to name: String) throws {
    guard
      FileManager.default.createFile(
        atPath: absolute(name), contents: Data(bytes), attributes: [.posixPermissions: 0o600])
    else { throw Missing(path: absolute(name)) }
  }

  package func read(_ name: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: absolute(name)) else {
      throw Missing(path: absolute(name))
    }
    return [UInt8](data)
  }

  /// Whether a file has that text in it anywhere.
  package func holds(_ text: String, in name: String) throws -> Bool {
    let (bytes, wanted) = (try read(name), Array(text.utf8))
    return unsafe bytes.withUnsafeBytes { hay in
      var rest = unsafe hay[...]
      while unsafe rest.count >= wanted.count,
        let from = unsafe UnsafeRawBufferPointer(rebasing: rest).baseAddress,
        let found = unsafe memchr(from, Int32(wanted[0]), rest.count - wanted.count + 1)
      {
        if unsafe memcmp(found, wanted, wanted.count) == 0 { return true }
        unsafe rest = rest.dropFirst(UnsafeRawPointer(found) - from + 1)
      }
      return false
    }
  }

  package func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: absolute(name)) }

  package func rename(_ name: String, to other: String) throws {
    try FileManager.default.moveItem(atPath: absolute(name), toPath: absolute(other))
  }

  /// Puts a file in the place of another in one step.
  package func replace(_ name: String, by other: String) throws {
    guard unsafe Glibc.rename(absolute(other), absolute(name)) == 0 else {
      throw Missing(path: absolute(other))
    }
  }

  package func setMode(_ mode: Int, of name: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: absolute(name))
  }

  package func mode(of name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: absolute(name))[.posixPermissions] as? Int
  }

  /// The names inside, not those of directories below.
  package func names(in name: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: absolute(name)).sorted()
  }
}
