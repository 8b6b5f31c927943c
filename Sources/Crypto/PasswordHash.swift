/// A stored password hash in PHC form: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
struct PasswordHash {
  let parameters: Argon2Parameters
  let salt: [UInt8]
  let digest: [UInt8]

  init(_ parameters: Argon2Parameters, salt: [UInt8], digest: [UInt8]) {
    self.parameters = parameters
    self.salt = salt
    self.digest = digest
  }

  var phc: String {
    "$argon2id$v=19$m=\(parameters.kibibytes),t=\(parameters.passes),p=\(parameters.lanes)"
      + "$\(PHCBase64.encode(salt))$\(PHCBase64.encode(digest))"
  }

  /// - Throws: `CryptoError.malformedPasswordHash`.
  init(phc: String) throws(CryptoError) {
    // C ends a text at its first NUL, so that the rest would not count.
    guard !phc.utf8.contains(0) else { throw .malformedPasswordHash }
    let parts = phc.split(separator: "$", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0].isEmpty, parts[1] == "argon2id", parts[2] == "v=19" else {
      throw .malformedPasswordHash
    }
    let settings = parts[3].split(separator: ",", omittingEmptySubsequences: false)
    guard settings.count == 3,
      let kibibytes = Self.number(settings[0], after: "m="),
      let passes = Self.number(settings[1], after: "t="),
      let lanes = Self.number(settings[2], after: "p=")
    else { throw .malformedPasswordHash }
    // Who can write to the table must not be able to take all memory with one row.
    guard kibibytes <= 256 * 1024, 1...16 ~= passes, 1...4 ~= lanes, kibibytes >= 8 * lanes else {
      throw .malformedPasswordHash
    }
    guard let salt = PHCBase64.decode(parts[4]), Self.saltLengths ~= salt.count,
      let digest = PHCBase64.decode(parts[5]), 16...64 ~= digest.count
    else { throw .malformedPasswordHash }
    parameters = Argon2Parameters(kibibytes: kibibytes, passes: passes, lanes: lanes)
    self.salt = salt
    self.digest = digest
  }

  static let saltLengths = 8...64

  private static func number(_ setting: Substring, after name: String) -> UInt32? {
    guard setting.hasPrefix(name) else { return nil }
    return UInt32(setting.dropFirst(name.count))
  }
}
