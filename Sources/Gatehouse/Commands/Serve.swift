internal import Accounts
internal import Console
internal import Crypto
internal import Demo
internal import Glibc
internal import HTTP
internal import HTTPServer
internal import OAuth
internal import Pages
internal import Telemetry
internal import Threads
internal import World

/// `gatehouse serve`: starts the house, says so, and ends it when a signal asks for that.
struct Serve {
  private let settings: Settings
  private let terminal: Terminal

  init(_ call: Invocation, _ terminal: Terminal) {
    self.settings = call.settings
    self.terminal = terminal
  }

  func run() async throws {
    Heap.giveLargeBlocksBack()
    // Every setting first: what can't be meant is refused before anything is made.
    let world = World.live
    let log = try log(world)
    var listening = try ListenAddress(listening: settings)
    let metricsListening = try metricsAddress()
    try listening.choosePort()
    let issuer = try settings.issuer(listening)
    var configuration = try configuration(listening)
    _ = try settings.registration()
    _ = try settings.documentTrust()
    _ = try settings.outboundDoor()
    _ = try settings.credentialPolicy()
    _ = try settings.consentLifetime()
    _ = try settings.mailAccount()
    _ = try settings.approvalAddressees()
    _ = try settings.approvalWebhook()
    _ = try settings.signingAlgorithm()
    _ = try settings.keyRotation()
    _ = try settings.isNonceRequired()
    _ = try settings.stepUp()
    _ = try settings.retention()
    if let file = settings[.outboundAuthorities], contents(of: file) == nil {
      throw settings.refusal(.outboundAuthorities)
    }
    let isDemo = try settings.isOn(.demo)
    // Who closes the terminal that a server runs in wants it gone; to one without a terminal, SIGHUP is a word.
    let hasTerminal = isatty(STDIN_FILENO) == 1
    let signals = try Signals.termination()
    let house = try await House(settings, world: world, log: log)
    let passwords = isDemo ? try await DemoPeople(house, settings).settle() : []
    // At once: they are made at this start alone, even if something below keeps it from being one.
    tell(passwords)
    let keys = try KeyRotation(house, settings)
    // Before the first token, so that a new house, or a new setting, waits for nobody.
    await keys.look()
    preparePages()
    let app = try App(
      house, issuer: issuer, settings: settings, catalogue: Demo.catalogue(), listening: listening)
    configuration.observe = app.observe
    configuration.dress = app.dress
    let server = try start(app.respond, configuration, setting: .listen)
    let metrics = try startMetrics(app, metricsListening, beside: listening, log)

    Heap.trim()
    introduce(issuer)
    terminal.print("gatehouse: ready \(issuer.resource.text)")
    log.notice(
      "started",
      [
        "version": .string(Gatehouse.version), "listen": .string(listening.description),
        "issuer": .string(issuer.url),
      ])
    let scheduling = Task { await app.runJobs() }
    let delivering = Task { await app.deliver() }
    let telling = Task { await app.tell() }
    let calling = Task { await app.callWebhooks() }
    let running = Task { await app.runApproved() }
    let working = Task { await app.runTasks() }
    let rotating = Task { await keys.run() }
    let conversing = Task { await app.converse() }
    defer {
      scheduling.cancel()
      delivering.cancel()
      telling.cancel()
      calling.cancel()
      running.cancel()
      rotating.cancel()
      conversing.cancel()
    }
    for await signal in signals {
      if signal == .hangUp, !hasTerminal {
        await keys.look()
        do { try await server.renewCertificate() } catch {
          log.error("the certificate stays as it was", ["reason": .string("\(error)")])
        }
        continue
      }
      log.notice("stopping", ["signal": .string("\(signal)")])
      break
    }
    scheduling.cancel()
    app.farewell()
    working.cancel()
    await working.value
    await server.shutdown()
    await metrics?.shutdown()
    // So that a job is not held by a process that is gone.
    await scheduling.value
    log.notice("stopped")
  }

  // MARK: Settings

  private func log(_ world: World) throws(CommandError) -> Log {
    guard let level = Log.Level(name: settings.text(.logLevel)) else { throw settings.refusal(.logLevel) }
    switch settings.text(.logFormat) {
    case "text": return .standardError(level: level, format: .text, world: world)
    case "json": return .standardError(level: level, format: .json, world: world)
    default: throw settings.refusal(.logFormat)
    }
  }

  /// Where the metrics were asked for; nil when nobody said.
  private func metricsAddress() throws(CommandError) -> ListenAddress? {
    guard let text = settings[.metricsListen], text != "off" else { return nil }
    guard let address = ListenAddress(text) else { throw settings.refusal(.metricsListen) }
    return address
  }

  private func configuration(_ listening: ListenAddress) throws(CommandError) -> Server.Configuration {
    var configuration = Server.Configuration(address: listening.address, port: listening.port)
    configuration.headLimit = try settings.number(.headerLimit, in: 1024...1 << 20)
    configuration.bodyLimit = try settings.number(.bodyLimit, in: 1024...1 << 28)
    configuration.headTime = .seconds(try settings.number(.headerTime))
    configuration.bodyTime = .seconds(try settings.number(.bodyTime))
    configuration.idleTime = .seconds(try settings.number(.idleTime))
    configuration.connectionLimit = try settings.number(.maximumConnections)
    configuration.connectionLimitPerAddress = try settings.number(.maximumPerAddress)
    configuration.uncountedAddresses = try settings.proxies().addresses
    configuration.grace = .seconds(try settings.number(.shutdownTime))
    switch (settings[.tlsCertificate], settings[.tlsKey]) {
    case (nil, nil): break
    case (let certificate?, let key?): configuration.tls = .init(certificates: certificate, key: key)
    default: throw .configuration("--tls-certificate and --tls-key go together", hint: nil)
    }
    return configuration
  }

  // MARK: Starting

  private func start(
    _ handler: @escaping Server.Handler, _ configuration: Server.Configuration, setting: Setting
  ) throws -> Server {
    do {
      return try Server.start(configuration, handler: handler)
    } catch {
      throw CommandError.configuration("\(error)", hint: "name another place with --\(setting.key)")
    }
  }

  /// Prometheus has a door of its own, so that the numbers are not on the public one.
  private func startMetrics(
    _ app: App, _ given: ListenAddress?, beside listening: ListenAddress, _ log: Log
  ) throws -> Server? {
    guard settings[.metricsListen] != "off" else { return nil }
    let address: ListenAddress
    if let given {
      address = given
    } else {
      let (port, overflow) = listening.port.addingReportingOverflow(1000)
      address = ListenAddress(address: .loopback, port: overflow ? listening.port - 1000 : port)
    }
    var configuration = Server.Configuration(address: address.address, port: address.port)
    configuration.loops = 1
    configuration.connectionLimit = 16
    do {
      return try Server.start(configuration, handler: app.respondMetrics)
    } catch {
      guard settings[.metricsListen] == nil else {
        throw CommandError.configuration("\(error)", hint: "name another place with --metrics-listen, or off")
      }
      log.warning(
        "no metrics listener", ["listen": .string(address.description), "reason": .string("\(error)")])
      return nil
    }
  }

  /// Tells the passwords that were made up.
  private func tell(_ passwords: [(login: String, password: String)]) {
    guard !passwords.isEmpty else { return }
    terminal.say("")
    terminal.say("  Demo users (shown this once):")
    for (login, password) in passwords {
      terminal.say("    \(login)\(String(repeating: " ", count: max(1, 16 - login.count)))\(password)")
    }
  }

  /// Tells a person where to go.
  private func introduce(_ issuer: Issuer) {
    terminal.say("")
    terminal.say("  MCP endpoint   \(issuer.resource.text)")
    terminal.say("  Your account   \(issuer.url)/account")
    terminal.say("")
    terminal.say("  Connect Claude Code:")
    terminal.say("    claude mcp add --transport http gatehouse \(issuer.resource.text)")
    terminal.say("")
  }
}

/// The demo company's people, with accounts of the same numbers as their records.
struct DemoPeople {
  private let house: House
  private let settings: Settings

  init(_ house: House, _ settings: Settings) {
    self.house = house
    self.settings = settings
  }

  /// Makes the accounts that are missing, then the records.
  ///
  /// - Returns: the passwords that were made up here, to be shown once.
  func settle() async throws -> [(login: String, password: String)] {
    try await house.users.addCompanies(Demo.companies)
    var made: [(login: String, password: String)] = []
    var ids: [String: Int64] = [:]
    let given = settings[.demoPassword]
    for person in Demo.users {
      if let user = try await house.users.user(login: person.login) {
        ids[person.login] = user.id
        continue
      }
      let password = given ?? Base62.encode(house.world.random(12))
      let names = Dictionary(Demo.companies.map { ($0.id, $0.name) }) { first, _ in first }
      do {
        ids[person.login] =
          try await house.users.add(
            Users.Draft(
              login: person.login, name: person.name, password: Secret(password), groups: person.groups,
              isAdministrator: person.groups.contains("base/admin"),
              companies: person.companies.compactMap { names[$0] })
          ).id
      } catch let refusal as Users.Refusal {
        throw CommandError.configuration("\(Setting.demoPassword.environment): \(refusal)", hint: nil)
      }
      if given == nil { made.append((person.login, password)) }
    }
    try await Demo.seed(house.store, catalogue: Demo.catalogue(), users: ids, now: house.world.now)
    return made
  }
}
