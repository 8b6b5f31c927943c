internal import Accounts
internal import Governance
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Telemetry
internal import World

/// `gatehouse connection …` and `gatehouse key create`.
struct ConnectionCommands {
  private let call: Invocation
  private let terminal: Terminal

  init(_ call: Invocation, _ terminal: Terminal) {
    self.call = call
    self.terminal = terminal
  }

  private func house() async throws -> House {
    try await House(call.settings, world: .live, log: .command(call.settings))
  }

  func createKey() async throws {
    let arguments = call.arguments
    let (login, name) = (try arguments.required("user"), try arguments.required("name"))
    guard let scope = Scope(rawValue: arguments["scope"] ?? "mcp:read"), scope != .offlineAccess,
      scope != .admin
    else {
      throw CommandError.usage("--scope takes mcp:read, mcp:write or mcp:execute")
    }
    let perMinute = try calls("per-minute") ?? Connections.defaultPerMinute
    // Who wants no limit in a minute wants none in a day, unless they say so.
    let perDay = try calls("per-day") ?? (perMinute == 0 ? 0 : Connections.defaultPerDay)
    let days = try arguments["expires"].map { text throws(CommandError) in
      guard let days = Int64(text), (1...3650).contains(days) else {
        throw CommandError.usage("--expires takes a number of days from 1 to 3650")
      }
      return days
    }
    let addresses = try Self.addresses(allow: arguments.all("allow"), block: arguments.all("block"))
    let house = try await house()
    let user = try await house.user(login)
    let made = try await house.apiKeys.create(
      for: user.id, name: name, scopes: [scope], perMinute: perMinute, perDay: perDay,
      expiresAt: days.map { house.world.now + .days($0) }, addresses: addresses
    ) { connectionID, transaction in
      try AuditLog.append(
        house.act("key.create", userID: user.id, connectionID: connectionID), in: transaction)
    }
    show(made)
  }

  private func calls(_ option: String) throws(CommandError) -> Int? {
    try call.arguments[option].map { text throws(CommandError) in
      guard let count = Int(text), (0...Int(Int32.max)).contains(count) else {
        throw .usage("--\(option) takes a number, 0 for no limit")
      }
      return count
    }
  }

  func limit() async throws {
    let arguments = call.arguments
    let (minute, day) = (try calls("per-minute"), try calls("per-day"))
    func names(_ option: String, _ present: Set<String>?) -> Set<String>? {
      if arguments.flags.contains("all-\(option)s") { return nil }
      let given = arguments.all(option)
      return given.isEmpty ? present : Set(given)
    }
    let (house, connection) = try await named()
    let known = try KnownNames(house)
    for tool in arguments.all("tool") { try KnownNames.check(tool, in: known.tools, "tool") }
    for model in arguments.all("model") { try KnownNames.check(model, in: known.models, "model") }
    let entry: Along<Void> = house.along("connection.limit", connectionID: connection.id)
    _ = try await house.connections.limit(
      connection.id, perMinute: minute, perDay: day,
      allowing: (names("tool", connection.allowedTools), names("model", connection.allowedModels))
    ) { change, transaction in
      try entry(change, transaction)
      // Clients hear that their lists may have changed.
      try Rulebook.turn(transaction)
    }
    try await print(try await named().1, house)
  }

  func setApprover() async throws {
    let (house, connection) = try await named()
    var user: User?
    if let login = call.arguments["user"] { user = try await house.user(login) }
    _ = try await house.connections.setApprover(
      user?.id, of: connection.id, along: house.along("connection.approver", connectionID: connection.id))
    terminal.print(
      call.wantsJSON
        ? JSONValue.object([
          "connection_id": .string(connection.id), "approver": user.map { .string($0.login) } ?? .null,
        ]).text : "\(user?.login ?? "any administrator") decides")
  }

  func rotate() async throws {
    let id = try call.arguments.one("connection")
    let house = try await house()
    guard
      let made = try await house.apiKeys.rotate(id, along: house.along("connection.rotate", connectionID: id))
    else {
      throw CommandError.failure(
        "there is no connection '\(id)' with a key", hint: "gatehouse connection list")
    }
    show(made)
  }

  private func show(_ made: APIKeys.Made) {
    if call.wantsJSON {
      terminal.print(
        JSONValue.object(["connection_id": .string(made.connectionID), "key": .string(made.key)]).text)
    } else {
      terminal.print(made.key)
      terminal.say("gatehouse: this key of connection \(made.connectionID) is shown this once")
    }
  }

  func list() async throws {
    let house = try await house()
    var userID: Int64?
    if let login = call.arguments["user"] { userID = try await house.user(login).id }
    for connection in try await house.connections.all(of: userID) { try await print(connection, house) }
  }

  func show() async throws {
    let (house, connection) = try await named()
    try await print(connection, house)
  }

  func revoke() async throws {
    let (house, connection) = try await named()
    guard
      try await house.connections.revoke(connection.id, along: act("connection.revoke", connection, house))
    else {
      throw CommandError.failure("connection \(connection.id) was revoked before", hint: nil)
    }
    done("revoked", connection)
  }

  /// Says from where a connection may be used; without a list, from everywhere.
  func restrict() async throws {
    let addresses = try Self.addresses(allow: call.arguments.all("allow"), block: call.arguments.all("block"))
    let (house, connection) = try await named()
    guard
      try await house.connections.restrict(
        connection.id, to: addresses, along: act("connection.restrict", connection, house))
    else {
      throw CommandError.failure("connection \(connection.id) is gone", hint: nil)
    }
    done("restricted", connection)
  }

  private static func addresses(allow: [String], block: [String]) throws(CommandError) -> AddressRules {
    do {
      return try AddressRules(allow: allow.joined(separator: "\n"), block: block.joined(separator: "\n"))
    } catch {
      throw .usage("'\(error.text)' is no IP address and no CIDR range, such as 10.1.0.0/16")
    }
  }

  func reactivate() async throws {
    let (house, connection) = try await named()
    guard
      try await house.connections.reactivate(
        connection.id, along: act("connection.reactivate", connection, house))
    else {
      throw CommandError.failure("connection \(connection.id) is not revoked", hint: nil)
    }
    done("reactivated", connection)
    terminal.say(
      "gatehouse: it needs a fresh credential: gatehouse connection rotate \(connection.id), or a new login")
  }

  private func act(_ method: String, _ connection: Connection, _ house: House) -> Along<Void> {
    house.along(method, userID: connection.userID, connectionID: connection.id)
  }

  private func done(_ what: String, _ connection: Connection) {
    terminal.print(
      call.wantsJSON
        ? JSONValue.object(["connection_id": .string(connection.id), "done": .string(what)]).text
        : "\(what) \(connection.id) (\(connection.name.asField))")
  }

  /// The connection that the command names, in its house.
  private func named() async throws -> (House, Connection) {
    let id = try call.arguments.one("connection")
    let house = try await house()
    guard let connection = try await house.connections.connection(id) else {
      throw CommandError.failure("there is no connection '\(id)'", hint: "gatehouse connection list")
    }
    return (house, connection)
  }

  private func print(_ connection: Connection, _ house: House) async throws {
    let login = try await house.users.user(id: connection.userID)?.login ?? ""
    let status = connection.status(at: house.world.now).rawValue
    let lastUsed = connection.lastUsedAt?.rfc3339
    guard call.wantsJSON else {
      terminal.print(
        "\(connection.id)\t\(status)\t\(login)\t\(connection.kind.rawValue)\t\(connection.scopes)\t\(lastUsed ?? "never")\t\(connection.name.asField)"
      )
      return
    }
    var object: JSONObject = [
      "connection_id": .string(connection.id), "user": .string(login),
      "kind": .string(connection.kind.rawValue),
      "name": .string(connection.name), "status": .string(status),
      "scope": .string(connection.scopes.description),
      "per_minute": .integer(Int64(connection.perMinute)),
      "per_day": .integer(Int64(connection.perDay)),
      "created_at": .string(connection.createdAt.rfc3339),
    ]
    for (name, names) in [
      ("allowed_tools", connection.allowedTools), ("allowed_models", connection.allowedModels),
    ] { object[name] = names.map { .array($0.sorted().map { .string($0) }) } }
    for (name, text) in [
      ("allowed_addresses", connection.addresses.allowText),
      ("blocked_addresses", connection.addresses.blockText),
    ] where !text.isEmpty { object[name] = .string(text) }
    if let lastUsed { object["last_used_at"] = .string(lastUsed) }
    if let idle = connection.idleTime(at: house.world.now) {
      object["idle_seconds"] = .integer(idle.wholeSeconds)
    }
    if let revoked = connection.revokedAt { object["revoked_at"] = .string(revoked.rfc3339) }
    if let approver = connection.approverID {
      object["approver"] = try await house.users.user(id: approver).map { .string($0.login) } ?? .null
    }
    if let clientID = connection.clientID { object["client_id"] = .string(clientID) }
    if connection.kind == .key, let key = try await house.apiKeys.display(of: connection.id) {
      object["key"] = .string(key)
    }
    terminal.print(JSONValue.object(object).text)
  }
}
