internal import Glibc

/// What the command line asks for: a noun and a verb, and the settings that every command shares.
struct Command {
  private let words: [String]
  private let environment: [String: String]
  private let file: String

  init(
    _ words: [String], environment: [String: String] = processEnvironment(), file: String = Settings.file
  ) {
    self.words = words
    self.environment = environment
    self.file = file
  }

  func run(_ terminal: Terminal) async throws {
    let noun = words.first ?? "help"
    let verb = words.dropFirst().first ?? ""
    switch (noun, verb) {
    case ("help", _), ("--help", _), ("-h", _): terminal.print(usage)
    case ("version", _), ("--version", _):
      terminal.print(
        words.contains("--json") ? "{\"version\":\"\(Gatehouse.version)\"}" : "gatehouse \(Gatehouse.version)"
      )
    case ("serve", _):
      try await Serve(try invocation(skipping: 1, flags: ["demo"], with: Setting.all), terminal).run()
    case ("config", _):
      ConfigCommand(try invocation(skipping: 1, flags: ["demo"], with: Setting.all), terminal).run()
    case ("doctor", _): try await Doctor(invocation(skipping: 1), terminal).run()
    case ("setup", _):
      try await UserCommands(
        invocation(
          skipping: 1, options: ["login"], flags: ["password-stdin"], with: Self.linking), terminal
      ).setUp()
    case ("user", "add"):
      try await UserCommands(
        invocation(
          skipping: 2, options: ["company", "name", "email", "group"], flags: ["password-stdin", "admin"]),
        terminal
      ).add()
    case ("user", "list"): try await UserCommands(invocation(skipping: 2), terminal).list()
    case ("user", "invite"):
      try await UserCommands(
        invocation(
          skipping: 2, options: ["mail", "group", "company"], flags: ["admin"], with: Self.linking), terminal
      ).invite()
    case ("user", "reset"):
      try await UserCommands(invocation(skipping: 2, flags: ["factors"], with: Self.linking), terminal)
        .reset()
    case ("user", "disable"), ("user", "enable"):
      try await UserCommands(
        invocation(skipping: 2, with: [.data, .keys, .logLevel, .endTokensOn]), terminal
      ).setDisabled(verb == "disable")
    case ("user", "require-factor"):
      try await UserCommands(invocation(skipping: 2, options: ["group"], flags: ["off"]), terminal)
        .requireFactor()
    case ("key", "create"):
      try await ConnectionCommands(
        invocation(
          skipping: 2,
          options: ["user", "name", "scope", "per-minute", "per-day", "expires", "allow", "block"]),
        terminal
      ).createKey()
    case ("connection", "list"):
      try await ConnectionCommands(invocation(skipping: 2, options: ["user"]), terminal).list()
    case ("connection", "show"): try await ConnectionCommands(invocation(skipping: 2), terminal).show()
    case ("connection", "revoke"): try await ConnectionCommands(invocation(skipping: 2), terminal).revoke()
    case ("connection", "restrict"):
      try await ConnectionCommands(invocation(skipping: 2, options: ["allow", "block"]), terminal).restrict()
    case ("connection", "limit"):
      try await ConnectionCommands(
        invocation(
          skipping: 2, options: ["per-minute", "per-day", "tool", "model"],
          flags: ["all-tools", "all-models"]),
        terminal
      ).limit()
    case ("connection", "reactivate"):
      try await ConnectionCommands(invocation(skipping: 2), terminal).reactivate()
    case ("connection", "rotate"): try await ConnectionCommands(invocation(skipping: 2), terminal).rotate()
    case ("client", "add"):
      try await ClientCommands(
        invocation(
          skipping: 2,
          options: ["name", "redirect-uri", "service-user", "scope", "jwks", "audience", "expires"],
          flags: ["public", "confidential", "device", "dpop", "identity-assertions", "exchange"]),
        terminal
      ).add()
    case ("issuer", "add"):
      try await IssuerCommands(
        invocation(skipping: 2, options: ["jwks", "jwks-uri", "client", "user-claim"]), terminal
      ).add()
    case ("provider", "add"):
      try await ProviderCommands(
        invocation(
          skipping: 2,
          options: [
            "issuer-url", "client-id", "label", "scope", "domain", "groups-claim", "map", "group", "company",
          ],
          flags: ["client-secret-stdin", "link", "create", "trust-mail", "trust-mfa"], with: Self.linking),
        terminal
      ).add()
    case ("provider", "list"): try await ProviderCommands(invocation(skipping: 2), terminal).list()
    case ("provider", "remove"):
      try await ProviderCommands(
        invocation(skipping: 2, with: [.data, .keys, .logLevel, .endTokensOn]), terminal
      ).remove()
    case ("provider", "link"):
      try await ProviderCommands(invocation(skipping: 2, options: ["user", "subject"]), terminal).link()
    case ("provider", "unlink"):
      try await ProviderCommands(
        invocation(skipping: 2, options: ["user"], with: [.data, .keys, .logLevel, .endTokensOn]), terminal
      ).unlink()
    case ("issuer", "list"): try await IssuerCommands(invocation(skipping: 2), terminal).list()
    case ("issuer", "remove"): try await IssuerCommands(invocation(skipping: 2), terminal).remove()
    case ("client", "disable"): try await ClientCommands(invocation(skipping: 2), terminal).setDisabled(true)
    case ("client", "enable"): try await ClientCommands(invocation(skipping: 2), terminal).setDisabled(false)
    case ("client", "rotate"):
      try await ClientCommands(invocation(skipping: 2, options: ["expires"]), terminal).rotate()
    case ("client", "token") where words.dropFirst(2).first == "create":
      try await ClientCommands(invocation(skipping: 3, options: ["uses", "expires"]), terminal).createToken()
    case ("client", "list"): try await ClientCommands(invocation(skipping: 2), terminal).list()
    case ("key-rotation", "now"):
      try await KeyRotationCommands(invocation(skipping: 2, flags: ["compromised"]), terminal).rotate()
    case ("key-rotation", "list"): try await KeyRotationCommands(invocation(skipping: 2), terminal).list()
    case ("policy", "check"): try PolicyCommands(invocation(skipping: 2), terminal).check()
    case ("policy", "simulate"):
      try await PolicyCommands(
        invocation(skipping: 2, options: ["tool", "arguments", "last", "connection"]), terminal
      ).simulate()
    case ("policy", "set"), ("policy", "clear"), ("policy", "show"):
      let policies = PolicyCommands(
        try invocation(
          skipping: 2, options: ["connection", "client", "group", "version"],
          flags: ["everything", "history"]),
        terminal)
      switch verb {
      case "set": try await policies.set()
      case "clear": try await policies.clear()
      default: try await policies.show()
      }
    case ("policy", "list"): try await PolicyCommands(invocation(skipping: 2), terminal).list()
    case ("approval", "list"):
      try await ApprovalCommands(invocation(skipping: 2, options: ["status"], with: Self.approving), terminal)
        .list()
    case ("approval", "show"):
      try await ApprovalCommands(invocation(skipping: 2, with: Self.approving), terminal).show()
    case ("approval", "approve"):
      try await ApprovalCommands(invocation(skipping: 2, options: ["as"], with: Self.approving), terminal)
        .approve()
    case ("approval", "reject"):
      try await ApprovalCommands(
        invocation(skipping: 2, options: ["as", "reason", "proposal"], with: Self.approving), terminal
      ).reject()
    case ("connection", "approver"):
      try await ConnectionCommands(invocation(skipping: 2, options: ["user"]), terminal).setApprover()
    case ("switch", "on"), ("switch", "off"):
      try await SwitchCommands(invocation(skipping: 2), terminal).turn(verb == "on")
    case ("switch", "show"): try await SwitchCommands(invocation(skipping: 2), terminal).show()
    case ("tool", "enable"), ("tool", "disable"):
      try await SwitchCommands(invocation(skipping: 2), terminal).setTool(verb == "enable")
    case ("tool", "list"): try await SwitchCommands(invocation(skipping: 2), terminal).listTools()
    case ("schedule", "list"):
      try await ScheduleCommands(invocation(skipping: 2, with: Self.scheduling), terminal).list()
    case ("schedule", "run"):
      try await ScheduleCommands(invocation(skipping: 2, with: Self.scheduling), terminal).run()
    case ("audit", "list"):
      try await AuditCommands(
        invocation(skipping: 2, options: AuditCommands.filters.union(["limit"]), flags: ["payloads"]),
        terminal
      ).list()
    case ("audit", "export"):
      try await AuditCommands(
        invocation(skipping: 2, options: AuditCommands.filters.union(["format"]), flags: ["payloads"]),
        terminal
      ).export()
    case ("audit", "verify"):
      try await AuditCommands(invocation(skipping: 2, options: ["head", "checkpoints"]), terminal).verify()
    case ("audit", "checkpoint"): try await AuditCommands(invocation(skipping: 2), terminal).checkpoint()
    case ("audit", "key"): try await AuditCommands(invocation(skipping: 2), terminal).key()
    default: throw CommandError.usage("unknown command '\(words.prefix(2).joined(separator: " "))'")
    }
  }

  /// What the commands need that make links.
  private static let linking: [Setting] = [
    .data, .keys, .logLevel, .issuer, .listen, .mcpPath, .tlsCertificate, .endTokensOn, .smtpURL, .smtpFrom,
    .smtpUser, .smtpPassword, .smtpPasswordFile,
  ]

  /// What jobs go by.
  private static let scheduling: [Setting] = [.data, .keys, .logLevel, .auditRetention, .payloadRetention]

  /// What the commands need that decide.
  private static let approving: [Setting] = [.data, .keys, .logLevel, .approvalTime, .ownApproval]

  /// Takes the words behind the command apart, by its own options and the settings that it shares with others.
  private func invocation(
    skipping count: Int, options: Set<String> = [], flags: Set<String> = [],
    with settings: [Setting] = [.data, .keys, .logLevel, .issuer]
  ) throws(CommandError) -> Invocation {
    let shared = Set(settings.map(\.key)).subtracting(flags)
    let arguments = try Arguments(
      words.dropFirst(count), options: options.union(shared), flags: flags.union(["json"]))
    var given: [String: String] = [:]
    for key in shared { if let value = arguments[key] { given[key] = value } }
    if flags.contains("demo"), arguments.flags.contains("demo") { given["demo"] = "on" }
    return Invocation(
      arguments: arguments, settings: try Settings(flags: given, environment: environment, file: file))
  }
}

/// One command's words and settings.
struct Invocation: Sendable {
  let arguments: Arguments
  let settings: Settings

  var wantsJSON: Bool { arguments.flags.contains("json") }
}

/// The variables of the environment that are ours.
func processEnvironment() -> [String: String] {
  var found: [String: String] = [:]
  for setting in Setting.all {
    if let value = unsafe getenv(setting.environment) {
      found[setting.environment] = unsafe String(cString: value)
    }
  }
  return found
}
