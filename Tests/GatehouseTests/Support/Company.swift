internal import Crypto
internal import Storage
internal import Telemetry
internal import World

@testable internal import Gatehouse

/// The demo company as files: seeded once, then copied for each test.
struct Company: Sendable {
  /// Of each of the demo users.
  static let password = "correct-horse-battery-9"
  /// Cheap, because no test here is about the price of a guess.
  static let cheap = Argon2Parameters(kibibytes: 64, passes: 1)

  private static let seeded = Task { try await Company() }
  private let files: [(name: String, bytes: [UInt8])]

  private init() async throws {
    let directory = try Directory()
    let settings = try Settings(
      flags: ["data": directory.absolute("data"), "demo-password": Self.password], environment: [:], file: "")
    let house = try await House(settings, world: TestWorld().world, log: .silent, argon2: Self.cheap)
    _ = try await DemoPeople(house, settings).settle()
    // Everything that was committed, in one file: the store is still open.
    let copy = directory.absolute("whole.db")
    _ = try await house.store.rows("VACUUM INTO \(copy)")
    files = [
      ("gatehouse.db", try directory.read("whole.db")),
      ("keys/root.key", try directory.read("data/keys/root.key")),
      ("keys/signing.pem", try directory.read("data/keys/signing.pem")),
    ]
  }

  /// A data directory named `data` in a directory of its own.
  static func copy() async throws -> Directory {
    let directory = try Directory()
    try directory.make("data/keys")
    for file in try await seeded.value.files { try directory.write(file.bytes, to: "data/" + file.name) }
    return directory
  }
}
