internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import JSON
internal import Storage
internal import Telemetry
internal import World

/// `gatehouse provider …`: identity providers at which people sign in (OpenID Connect).
struct ProviderCommands {
  private let call: Invocation
  private let terminal: Terminal

  init(_ call: Invocation, _ terminal: Terminal) {
    self.call = call
    self.terminal = terminal
  }

  private func house() async throws -> (House, IdentityProviders) {
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    return (
      house, try IdentityProviders(store: house.store, keyring: house.keyring, world: house.world)
    )
  }

  func add() async throws {
    let arguments = call.arguments
    let name = try arguments.one("name of the provider")
    guard let url = arguments["issuer-url"], let clientID = arguments["client-id"] else {
      throw CommandError.usage("give --issuer-url URL and --client-id ID, as the provider has them")
    }
    let secret = arguments.flags.contains("client-secret-stdin") ? try secret() : nil
    guard
      var provider = IdentityProvider(
        name: name, label: arguments["label"], issuer: url, clientID: clientID, clientSecret: secret,
        scope: arguments["scope"] ?? IdentityProvider.standardScope, rules: try rules())
    else {
      throw CommandError.usage(
        "a provider has a name of lower-case letters, digits and dashes, an https issuer and the scope 'openid'"
      )
    }
    provider.label = arguments["label"] ?? name
    let listening = try ListenAddress(listening: call.settings)
    let issuer = try call.settings.issuer(listening)
    let (house, providers) = try await house()
    do { try await providers.set(provider) } catch let error as StorageError where error.kind == .notUnique {
      throw CommandError.failure("another provider has this issuer", hint: "gatehouse provider list")
    } catch is IdentityProviders.AnotherIssuer {
      throw CommandError.failure(
        "'\(name)' is a provider with another issuer", hint: "gatehouse provider remove \(name)")
    }
    try await house.record("provider.add", of: name)
    let redirectURI = IdentityProvider.redirectURI(name, issuer)
    terminal.print(
      call.wantsJSON
        ? JSONValue.object(["provider": .string(name), "redirect_uri": .string(redirectURI)]).text
        : "connected \(name); its redirect URI there has to be \(redirectURI)")
  }

  private func rules() throws(CommandError) -> IdentityRules {
    let arguments = call.arguments
    var rules = IdentityRules(
      domains: arguments.all("domain"), links: arguments.flags.contains("link"),
      creates: arguments.flags.contains("create"), trustsEmail: arguments.flags.contains("trust-mail"),
      trustsFactors: arguments.flags.contains("trust-mfa"), groupsClaim: arguments["groups-claim"],
      newGroups: arguments.all("group"), companies: arguments.all("company"))
    guard !rules.domains.isEmpty || !(rules.links || rules.creates) else {
      throw .usage(
        "with --link or --create say whom: --domain example.com, or --domain '*' for everybody there")
    }
    for mapping in arguments.all("map") {
      guard let sign = mapping.lastIndex(of: "="), sign != mapping.startIndex,
        mapping.index(after: sign) != mapping.endIndex
      else { throw .usage("--map takes VALUE=GROUP, not '\(mapping)'") }
      rules.groupsByValue[String(mapping[..<sign])] = String(mapping[mapping.index(after: sign)...])
    }
    guard rules.groupsByValue.isEmpty == (rules.groupsClaim == nil) else {
      throw .usage("--groups-claim and --map belong together")
    }
    return rules
  }

  private func secret() throws(CommandError) -> Secret {
    guard let bytes = terminal.read() else {
      throw .failure("standard input can't be read", hint: nil)
    }
    let line = Array(bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
    guard !line.isEmpty else { throw .usage("the client secret on standard input is empty") }
    return Secret(line)
  }

  func list() async throws {
    for provider in try await house().1.all() {
      let rules = provider.rules
      let ways = (rules.links ? ["links"] : []) + (rules.creates ? ["makes accounts"] : [])
      terminal.print(
        call.wantsJSON
          ? JSONValue.object([
            "provider": .string(provider.name), "label": .string(provider.label),
            "issuer": .string(provider.issuer), "client_id": .string(provider.clientID),
            "scope": .string(provider.scope), "links": .bool(rules.links), "creates": .bool(rules.creates),
            "domains": .array(rules.domains.map { .string($0) }),
          ]).text
          : "\(provider.name)\t\(provider.issuer)\t\(ways.isEmpty ? "linked by hand" : ways.joined(separator: ", "))\t\(rules.domains.joined(separator: " "))"
      )
    }
  }

  func remove() async throws {
    let name = try call.arguments.one("name of the provider")
    let (house, providers) = try await house()
    guard try await providers.remove(name, try call.settings.credentialPolicy()) else { throw unknown(name) }
    try await house.record("provider.remove", of: name)
    done("removed", name)
  }

  func link() async throws {
    guard let subject = call.arguments["subject"] else {
      throw CommandError.usage("--subject SUB is missing: what the provider calls the person")
    }
    let (house, provider, user) = try await target()
    let identities = FederatedIdentities(store: house.store, world: house.world)
    do { try await identities.link(user.id, to: subject, at: provider.issuer) } catch is FederatedIdentities
      .Refusal
    {
      throw CommandError.failure(
        "'\(user.login)' or that subject is linked already",
        hint: "gatehouse provider unlink \(provider.name) --user \(user.login)")
    }
    try await house.record("provider.link", userID: user.id, of: provider.name)
    done("linked", user.login)
  }

  func unlink() async throws {
    let (house, provider, user) = try await target()
    let identities = FederatedIdentities(store: house.store, world: house.world)
    guard
      try await identities.unlink(user.id, from: provider.issuer, try call.settings.credentialPolicy())
    else { throw CommandError.failure("'\(user.login)' is not linked there", hint: nil) }
    try await house.record("provider.unlink", userID: user.id, of: provider.name)
    done("unlinked", user.login)
  }

  private func target() async throws -> (House, IdentityProvider, User) {
    let name = try call.arguments.one("name of the provider")
    guard let login = call.arguments["user"] else { throw CommandError.usage("--user LOGIN is missing") }
    let (house, providers) = try await house()
    guard let provider = try await providers.provider(name) else { throw unknown(name) }
    guard let user = try await house.users.user(login: login) else {
      throw CommandError.failure("there is no user '\(login)'", hint: "gatehouse user list")
    }
    return (house, provider, user)
  }

  private func unknown(_ name: String) -> CommandError {
    .failure("there is no provider '\(name)'", hint: "gatehouse provider list")
  }

  private func done(_ what: String, _ name: String) {
    terminal.print(
      call.wantsJSON
        ? JSONValue.object(["name": .string(name), "done": .string(what)]).text : "\(what) \(name)")
  }
}
