internal import Accounts
internal import Crypto
internal import JSON
internal import Telemetry
internal import World

/// `gatehouse user …` and `gatehouse setup`.
struct UserCommands {
  private let call: Invocation
  private let terminal: Terminal

  init(_ call: Invocation, _ terminal: Terminal) {
    self.call = call
    self.terminal = terminal
  }

  func add() async throws {
    let arguments = call.arguments
    try await add(
      Users.Draft(
        login: try arguments.one("user name"), name: arguments["name"], email: arguments["email"],
        password: try password(), groups: arguments.options["group"] ?? [],
        isAdministrator: arguments.flags.contains("admin"), companies: arguments.options["company"] ?? []))
  }

  /// Makes the first administrator, and only the first.
  func setUp() async throws {
    let password = try password()
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    guard try await !house.users.all().contains(where: \.isAdministrator) else {
      throw CommandError.failure(
        "there is an administrator already",
        hint: "gatehouse user add NAME --password-stdin --admin adds another")
    }
    try await add(
      Users.Draft(
        login: call.arguments["login"] ?? "admin", password: password, groups: ["base/admin"],
        isAdministrator: true))
  }

  private func add(_ draft: Users.Draft) async throws {
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    do {
      let user = try await house.users.add(draft)
      try await house.record("user.add", userID: user.id)
      terminal.print(
        call.wantsJSON
          ? JSONValue.object(["user_id": .integer(user.id), "login": .string(user.login)]).text
          : "added \(user.isAdministrator ? "administrator" : "user") \(user.login)")
    } catch let refusal as Users.Refusal {
      throw CommandError.failure(refusal.description, hint: nil)
    }
  }

  func list() async throws {
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    for user in try await house.users.all() {
      terminal.print(
        call.wantsJSON
          ? JSONValue.object([
            "user_id": .integer(user.id), "login": .string(user.login), "name": .string(user.name),
            "is_administrator": .bool(user.isAdministrator), "is_disabled": .bool(user.isDisabled),
            "groups": .array(user.groups.map { .string($0) }),
          ]).text
          : "\(user.login)\t\(user.name)\t\(user.isAdministrator ? "administrator" : "user")\(user.isDisabled ? ", disabled" : "")\t\(user.groups.joined(separator: " "))"
      )
    }
  }

  /// Passwords come by standard input alone: a command line is seen by every program of the machine.
  private func password() throws(CommandError) -> Secret {
    guard call.arguments.flags.contains("password-stdin") else {
      throw .usage(
        "--password-stdin is missing: the password is read from standard input, up to its first line's end")
    }
    guard let bytes = terminal.read() else {
      throw .failure("standard input can't be read", hint: nil)
    }
    return Secret(Array(bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }))
  }
}

extension World {
  /// The machine's clock and OpenSSL's random bytes.
  static let live = World(now: Instant.systemNow, random: Random.bytes)
}

extension Log {
  /// What a command other than `serve` logs: warnings, unless more is asked for.
  static func command(_ settings: Settings) -> Log {
    let asked = settings.source(of: .logLevel)
    let level = asked.from == "default" ? nil : Level(name: asked.value ?? "")
    return .standardError(level: level ?? .warning, world: .live)
  }
}
