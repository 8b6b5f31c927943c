internal import Accounts
internal import Crypto
internal import JSON
internal import Mail
internal import OAuth
internal import Pages
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

  /// Makes the first administrator, and only the first: by a link, or at once with a password.
  func setUp() async throws {
    guard call.arguments.flags.contains("password-stdin") else {
      let issuer = try issuer()
      let house = try await House(call.settings, world: .live, log: .command(call.settings))
      guard try await !house.users.all().contains(where: \.isAdministrator) else { throw Self.isSetUp }
      let token = try await house.links.make(.setup, isAdministrator: true, groups: ["base/admin"])
      try await house.record("link.setup")
      return tell(token, issuer, "Open this within 24 hours to make the administrator's account:")
    }
    let password = try password()
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    guard try await !house.users.all().contains(where: \.isAdministrator) else {
      throw Self.isSetUp
    }
    try await add(
      Users.Draft(
        login: call.arguments["login"] ?? "admin", password: password, groups: ["base/admin"],
        isAdministrator: true))
  }

  private static let isSetUp = CommandError.failure(
    "there is an administrator already",
    hint: "gatehouse user add NAME --password-stdin --admin adds another")

  private func issuer() throws(CommandError) -> Issuer {
    try call.settings.issuer(ListenAddress(listening: call.settings))
  }

  private func tell(_ token: String, _ issuer: Issuer, _ sentence: String) {
    let url = OneTimeLinks.url(token, issuer)
    if call.wantsJSON {
      terminal.print(JSONValue.object(["link": .string(url)]).text)
    } else {
      terminal.say(sentence)
      terminal.print(url)
    }
  }

  /// A link by which somebody makes their own account; mailed as well, where mail is sent.
  func invite() async throws {
    let (issuer, mail) = (try issuer(), try call.arguments.required("mail"))
    guard Letter.isAddress(mail) else { throw CommandError.usage("'\(mail)' is no mail address") }
    let isMailed = try call.settings.mailAccount() != nil
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    let isAdministrator = call.arguments.flags.contains("admin")
    let token = try await house.links.make(
      .invitation, email: mail, isAdministrator: isAdministrator,
      groups: (call.arguments.options["group"] ?? []) + (isAdministrator ? ["base/admin"] : []),
      companies: call.arguments.options["company"] ?? [])
    try await house.record("link.invite")
    if isMailed {
      let outbox = try Outbox(store: house.store, keyring: house.keyring, world: house.world, log: house.log)
      try await outbox.mailing(
        mail, LetterTexts.invitationSubject, LetterTexts.invitation(link: OneTimeLinks.url(token, issuer)))
    }
    tell(
      token, issuer,
      "\(isMailed ? "A letter to \(mail) is on its way. " : "")The link works for seven days, once:")
  }

  /// A link by which somebody chooses a new password; with `--factors` they start over with their factors as well.
  func reset() async throws {
    let (issuer, policy) = (try issuer(), try call.settings.credentialPolicy())
    let login = try call.arguments.one("user name")
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    let user = try await house.user(login)
    if call.arguments.flags.contains("factors") {
      try await house.factors.removeAll(of: user.id, policy)
      try await house.record("user.factors.remove", userID: user.id)
    }
    let token = try await house.links.make(.reset, userID: user.id)
    try await house.record("link.reset", userID: user.id)
    tell(token, issuer, "The link works for 24 hours, once:")
  }

  func setDisabled(_ isDisabled: Bool) async throws {
    let policy = try call.settings.credentialPolicy()
    let login = try call.arguments.one("user name")
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    let user = try await house.user(login)
    let verb = isDisabled ? "disabled" : "enabled"
    guard try await house.users.setDisabled(isDisabled, of: user.id, policy) else {
      throw CommandError.failure("\(user.login) is \(verb) already", hint: nil)
    }
    try await house.record("user.\(verb)", userID: user.id)
    terminal.print(
      call.wantsJSON
        ? JSONValue.object(["login": .string(user.login), "is_disabled": .bool(isDisabled)]).text
        : "\(user.login) is \(verb)")
  }

  /// Which groups have to have a second factor; with `--group` one more, with `--off` one fewer.
  func requireFactor() async throws {
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    if let group = call.arguments["group"] {
      try await house.factors.require(!call.arguments.flags.contains("off"), of: group)
      try await house.record(call.arguments.flags.contains("off") ? "factor.optional" : "factor.required")
    }
    for group in try await house.factors.requiringGroups() {
      terminal.print(call.wantsJSON ? JSONValue.object(["group": .string(group)]).text : group)
    }
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
          : "\(user.login)\t\(user.name.asField)\t\(user.isAdministrator ? "administrator" : "user")\(user.isDisabled ? ", disabled" : "")\t\(user.groups.joined(separator: " "))"
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
