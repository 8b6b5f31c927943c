/// How much work one password hash is (RFC 9106 §3.1).
package struct Argon2Parameters: Sendable, Equatable {
  /// Memory in KiB.
  package let kibibytes: UInt32
  /// How often the memory is passed over.
  package let passes: UInt32
  /// How many lanes; all run on one thread.
  package let lanes: UInt32

  package init(kibibytes: UInt32, passes: UInt32, lanes: UInt32 = 1) {
    self.kibibytes = kibibytes
    self.passes = passes
    self.lanes = lanes
  }

  /// The least that OWASP's Password Storage Cheat Sheet asks for: 19 MiB, two passes, one lane.
  package static let owasp = Argon2Parameters(kibibytes: 19 * 1024, passes: 2)
}
