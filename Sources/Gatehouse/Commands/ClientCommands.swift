internal import Accounts
internal import AuthorizationServer
internal import JSON
internal import OAuth
internal import Telemetry
internal import World

/// `gatehouse client …`: OAuth clients that an administrator registers.
struct ClientCommands {
  private let call: Invocation
  private let terminal: Terminal

  init(_ call: Invocation, _ terminal: Terminal) {
    self.call = call
    self.terminal = terminal
  }

  func add() async throws {
    let arguments = call.arguments
    var redirectURIs: [RedirectURI] = []
    for text in arguments.options["redirect-uri"] ?? [] {
      do { redirectURIs.append(try RedirectURI(registering: text)) } catch {
        throw CommandError.usage("--redirect-uri \(text): \(error.says)")
      }
    }
    let service = arguments["service-user"]
    let isPublic = arguments.flags.contains("public")
    guard !(isPublic && (arguments.flags.contains("confidential") || service != nil)) else {
      throw CommandError.usage("a client is public, or confidential, with or without a service user")
    }
    let isDevice = arguments.flags.contains("device")
    let (bringsAssertions, exchanges) = (
      arguments.flags.contains("identity-assertions"), arguments.flags.contains("exchange")
    )
    guard !redirectURIs.isEmpty || isDevice || service != nil || bringsAssertions || exchanges else {
      throw CommandError.usage(
        "give --redirect-uri or --device for a client of people, --service-user for one of its own, --identity-assertions or --exchange"
      )
    }
    guard !(isPublic && (bringsAssertions || exchanges)) else {
      throw CommandError.usage(
        "a public client can't prove who it is, so it can't act for people who are not asked")
    }
    let audiences = arguments.all("audience")
    guard audiences.isEmpty || exchanges, audiences.allSatisfy({ Resource($0) != nil }) else {
      throw CommandError.usage("--audience takes an absolute URL, and goes with --exchange")
    }
    let keys = try arguments["jwks"].map { file throws(CommandError) in try Self.keys(file) }
    guard keys == nil || !isPublic else {
      throw CommandError.usage("a client with --jwks signs what it sends, so it is not public")
    }
    let name = try arguments.required("name")
    let scopes = try arguments["scope"].map { text throws(CommandError) in
      guard let scopes = ScopeSet(text) else {
        throw .usage(
          "--scope takes \(Scope.allCases.map(\.rawValue).joined(separator: ", ")), parted by spaces")
      }
      return scopes
    }
    var grants: Set<Client.GrantType> = redirectURIs.isEmpty ? [] : [.authorizationCode, .refreshToken]
    if isDevice { grants.formUnion([.deviceCode, .refreshToken]) }
    if bringsAssertions { grants.insert(.jwtBearer) }
    if exchanges { grants.insert(.tokenExchange) }
    if service != nil { grants.insert(.clientCredentials) }
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    var draft = Clients.Draft(
      name: name, method: isPublic ? .none : keys == nil ? .secretBasic : .privateKeyJWT,
      redirectURIs: redirectURIs,
      grantTypes: grants)
    // Nobody said how it sends its secret, so both ways will do.
    draft.isMethodExplicit = isPublic || keys != nil
    draft.keys = keys.map { .set($0) }
    draft.audiences = Set(audiences)
    draft.secretExpiresAt = try expiry(at: house.world.now)
    draft.needsProof = arguments.flags.contains("dpop")
    if let service { draft.serviceUserID = try await house.user(service).id }
    draft.scopes = scopes ?? (service == nil ? nil : [.read])
    let added = try await house.clients.add(draft)
    let (client, secret) = (added.client, added.secret)
    try await house.record("client.add", clientID: client.id)
    guard call.wantsJSON else {
      terminal.print("client_id\t\(client.id)")
      if let secret {
        terminal.print("client_secret\t\(secret)")
        terminal.say("gatehouse: the secret is shown this once")
      }
      return
    }
    var object: JSONObject = ["client_id": .string(client.id)]
    if let secret { object["client_secret"] = .string(secret) }
    terminal.print(JSONValue.object(object).text)
  }

  /// Locks a client out and ends all that it was granted, or lets it in again.
  func setDisabled(_ isDisabled: Bool) async throws {
    let id = try call.arguments.one("client")
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    let isDone = try await isDisabled ? house.clients.disable(id) : house.clients.enable(id)
    guard isDone else {
      throw CommandError.failure(
        "there is no client '\(id)' that is \(isDisabled ? "enabled" : "disabled")",
        hint: "gatehouse client list")
    }
    let done = isDisabled ? "disabled" : "enabled"
    try await house.record("client.\(isDisabled ? "disable" : "enable")", clientID: id)
    terminal.print(
      call.wantsJSON
        ? JSONValue.object(["client_id": .string(id), "done": .string(done)]).text : "\(done) \(id)")
  }

  /// A new secret for a client; the old one fails at once.
  func rotate() async throws {
    let id = try call.arguments.one("client")
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    guard let secret = try await house.clients.rotateSecret(of: id, expiresAt: expiry(at: house.world.now))
    else {
      throw CommandError.failure("there is no client '\(id)' with a secret", hint: "gatehouse client list")
    }
    try await house.record("client.rotate", clientID: id)
    guard call.wantsJSON else {
      terminal.print(secret)
      terminal.say("gatehouse: the secret of client \(id) is shown this once")
      return
    }
    terminal.print(JSONValue.object(["client_id": .string(id), "client_secret": .string(secret)]).text)
  }

  /// When a new secret stops working, by `--expires`; nil for never.
  private func expiry(at now: Instant) throws(CommandError) -> Instant? {
    guard call.arguments["expires"] != nil else { return nil }
    return now + .days(Int64(try number("expires", standard: 1, in: 1...3650)))
  }

  /// Reads a client's public keys: a JWK Set, or one JWK alone.
  static func keys(_ file: String) throws(CommandError) -> KeySet {
    guard let bytes = contents(of: file) else { throw .usage("--jwks \(file) can't be read") }
    let value: JSONValue
    do { value = try JSONValue(parsing: bytes) } catch { throw .usage("--jwks \(file) is no proper JSON") }
    do throws(KeySet.Refusal) {
      return try KeySet(value["kty"] == nil ? value : ["keys": .array([value])])
    } catch { throw .usage("--jwks \(file): \(error.says)") }
  }

  /// An initial access token (RFC 7591 §1.2), for those who may register a client.
  func createToken() async throws {
    let uses = try number("uses", standard: 1, in: 1...1_000_000)
    let days = try number("expires", standard: 7, in: 1...3650)
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    let tokens = InitialAccessTokens(store: house.store, keyring: house.keyring, world: house.world)
    let token = try await tokens.create(uses: uses, lifetime: .days(Int64(days)))
    try await house.record("client.token.create")
    guard call.wantsJSON else {
      terminal.print(token)
      terminal.say("gatehouse: the token is shown this once")
      return
    }
    terminal.print(
      JSONValue.object([
        "initial_access_token": .string(token), "uses": .integer(Int64(uses)),
        "expires_at": .string((house.world.now + .days(Int64(days))).rfc3339),
      ]).text)
  }

  private func number(_ option: String, standard: Int, in range: ClosedRange<Int>) throws(CommandError) -> Int
  {
    guard let text = call.arguments[option] else { return standard }
    guard let number = Int(text), range.contains(number) else {
      throw .usage("--\(option) takes a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func list() async throws {
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    for client in try await house.clients.all() {
      terminal.print(
        call.wantsJSON
          ? JSONValue.object([
            "client_id": .string(client.id), "name": .string(client.name),
            "is_dynamic": .bool(client.isDynamic),
            "redirect_uris": .array(client.redirectURIs.map { .string($0.text) }),
            "created_at": .string(client.createdAt.rfc3339),
          ]).text
          : "\(client.id)\t\(client.isDynamic ? "dynamic" : "registered")\t\(client.createdAt.rfc3339)\t\(client.name.asField)"
      )
    }
  }
}
