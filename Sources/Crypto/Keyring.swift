package import World

/// The keys of this house, from its keys directory: those that sign tokens, and one that all others are derived from.
///
/// The directory lies outside the database on purpose: a stolen database holds nothing that proves anything.
package struct Keyring: Sendable {
  /// Sign access tokens, and tell which of them are ours.
  package let signing: SigningKeys
  private let root: HMACKey

  /// Why the keys can't be used; each says what to do.
  package struct Failure: Error, Sendable, CustomStringConvertible {
    package let description: String
    package let hint: String
  }

  /// What is known of the directory before it is looked at.
  package enum Expectation: Sendable {
    /// A first start: what is not there is made, with signing keys of that algorithm.
    case nothing(PublicKey.Algorithm)
    /// Data was made with keys of that fingerprint already: new ones would open nothing of it. Whether its signing keys
    /// had their seal then; those of the first version did not.
    case keys(fingerprint: String, areSealed: Bool)
  }

  /// Reads the directory.
  ///
  /// - Parameter world: for a root key, 32 bytes, and for when a first key begins to sign.
  /// - Throws: `Failure` when the directory or a file can't be read, is open to others, is damaged, is of another house
  ///   or unknown.
  package init(
    directory path: String, expecting: Expectation = .nothing(.es256), world: World
  ) throws(Failure) {
    let directory = KeysDirectory(path: path)
    let isComplete = directory.holds(KeysDirectory.signingFile) && directory.holds(KeysDirectory.rootFile)
    if !isComplete {
      guard case .nothing(let algorithm) = expecting else {
        throw Failure(
          description: "the keys that this data was made with are not in \(path)",
          hint: "name the right directory with --keys, or restore it from a backup")
      }
      try directory.make()
      try directory.checkPrivate()
      try directory.checkNames()
      try directory.alone(patience: .seconds(10)) { () throws(Failure) in
        try Self.makeMissing(in: directory, algorithm, world)
      }
    }
    try directory.checkPrivate()
    try directory.checkNames()
    // Who can open the lock can hold it.
    if directory.holds(KeysDirectory.lockFile) { try directory.checkPrivate(KeysDirectory.lockFile) }
    root = try Self.root(in: directory)
    fingerprint = Base64URL.encode(Array(root.code(for: Array("fingerprint".utf8)).prefix(12)))
    var mustBeSealed = false
    if case .keys(let known, let areSealed) = expecting {
      guard fingerprint == known else {
        throw Failure(
          description: "the keys in \(path) are not those that this data was made with",
          hint: "name the right directory with --keys, or restore it from a backup")
      }
      mustBeSealed = areSealed
    }
    signing = try SigningKeys(directory, seal: Self.seal(root), mustBeSealed: mustBeSealed)
  }

  private static func makeMissing(
    in directory: KeysDirectory, _ algorithm: PublicKey.Algorithm, _ world: World
  ) throws(Failure) {
    if !directory.holds(KeysDirectory.rootFile) {
      try directory.write(Array(Base64URL.encode(world.random(32)).utf8), to: KeysDirectory.rootFile)
    }
    let root = try root(in: directory)
    if !directory.holds(KeysDirectory.signingFile) {
      try SigningKeys.begin(in: directory, seal: seal(root), algorithm, at: world.now)
    }
  }

  private static func root(in directory: KeysDirectory) throws(Failure) -> HMACKey {
    guard let text = String(validating: try directory.read(KeysDirectory.rootFile), as: UTF8.self),
      let bytes = Base64URL.decode(text.trimmingNewline), bytes.count == 32
    else {
      throw Failure(
        description: "\(directory.path(of: KeysDirectory.rootFile)) does not hold a key",
        hint: "restore the file from a backup of the keys directory")
    }
    return HMACKey(Secret(bytes))
  }

  private static func seal(_ root: HMACKey) -> HMACKey {
    HMACKey(Secret(root.code(for: Array("signing keys".utf8))))
  }

  /// A key for one purpose, always the same for the same name (HMAC as a PRF, NIST SP 800-108).
  package func key(for purpose: String) -> Secret { Secret(root.code(for: Array(purpose.utf8))) }

  /// Says which keys these are without telling anything of them: stored with the data, so that a start with other
  /// keys is noticed.
  package let fingerprint: String
}

extension String {
  /// Without the line's end that an editor adds.
  fileprivate var trimmingNewline: Substring {
    self[..<(lastIndex { !$0.isNewline }.map(index(after:)) ?? startIndex)]
  }
}
