internal import Crypto
internal import Storage
internal import Support
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
    files = try ["gatehouse.db", "gatehouse.db-wal", "keys/root.key", "keys/signing.pem"].map { name in
      (name, try directory.read("data/" + name))
    }
  }

  /// A data directory named `data` in a directory of its own.
  static func copy() async throws -> Directory {
    let directory = try Directory()
    try directory.make("data/keys")
    for file in try await seeded.value.files { try directory.write(file.bytes, to: "data/" + file.name) }
    return directory
  }
}
