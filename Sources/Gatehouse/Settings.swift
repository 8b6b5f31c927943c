internal import AuthorizationServer
internal import Glibc
internal import Governance
internal import HTTP
internal import HTTPClient
internal import JSON
internal import OAuth
internal import Telemetry

/// One thing that an operator may set: by a flag, by `GATEHOUSE_…`, in `gatehouse.json`, or not at all.
struct Setting: Sendable {
  /// The flag without its dashes, and the member in `gatehouse.json`.
  let key: String
  /// What holds when nobody says anything; nil is none, or what `meaning` says.
  let standard: String?
  let unit: String
  let meaning: String
  var isSecret = false

  /// `GATEHOUSE_LOG_LEVEL` for `log-level`.
  var environment: String { "GATEHOUSE_" + key.uppercased().replacing("-", with: "_") }
}

extension Setting {
  static let listen = Setting(
    key: "listen", standard: "127.0.0.1:8080", unit: "address:port", meaning: "where the server answers")
  static let data = Setting(
    key: "data", standard: "Data", unit: "directory", meaning: "where the database lies; made when missing")
  static let keys = Setting(
    key: "keys", standard: nil, unit: "directory",
    meaning: "where the keys lie; those that the database was made with, at first DATA/keys")
  static let issuer = Setting(
    key: "issuer", standard: nil, unit: "URL",
    meaning:
      "by which the outside knows this server, https or loopback; http://LISTEN when that is a loopback address"
  )
  static let signingAlgorithm = Setting(
    key: "signing-algorithm", standard: "ES256", unit: "ES256, EdDSA or RS256",
    meaning: "what tokens are signed with; another one than before is a rotation")
  static let keyRotation = Setting(
    key: "key-rotation", standard: "90", unit: "days",
    meaning: "for how long a key signs until the next one does; 0 is for ever")
  static let mcpPath = Setting(
    key: "mcp-path", standard: "/mcp", unit: "path", meaning: "of the MCP endpoint, below the issuer's path")
  static let httpSSE = Setting(
    key: "http-sse", standard: "off", unit: "on or off",
    meaning: "whether MCP clients of 2024-11-05 are served by their HTTP+SSE transport, at /sse")
  static let registration = Setting(
    key: "registration", standard: "on", unit: "on, off or token",
    meaning:
      "whether clients may register themselves (RFC 7591); token: those with one of gatehouse client token create"
  )
  static let clientDocuments = Setting(
    key: "client-documents", standard: "on", unit: "on or off",
    meaning: "whether a client may be known by the URL of its metadata document, which is then fetched")
  static let clientDocumentDomains = Setting(
    key: "client-document-domains", standard: "", unit: "host names, by commas",
    meaning: "whose documents are taken, *.example.com for all below; when empty, everybody's")
  static let outboundAllowed = Setting(
    key: "outbound-allowed", standard: "", unit: "networks, by commas",
    meaning: "addresses that may be fetched from though they are not public, such as 10.1.0.0/16")
  static let outboundAuthorities = Setting(
    key: "outbound-authorities", standard: nil, unit: "file",
    meaning: "PEM certificates to trust where something is fetched, instead of the system's")
  static let dpopNonce = Setting(
    key: "dpop-nonce", standard: "offered", unit: "offered or required",
    meaning:
      "whether a DPoP proof (RFC 9449) may come without a nonce of ours; one with a wrong nonce may not")
  static let stepUpMaxAge = Setting(
    key: "step-up-max-age", standard: "off", unit: "seconds, or off",
    meaning: "how long ago people may have signed in who call a tool of high risk (RFC 9470)")
  static let allowedOrigins = Setting(
    key: "allowed-origins", standard: "", unit: "origins, by commas",
    meaning: "web pages that may call the MCP endpoint from a browser, besides our own")
  static let endTokensOn = Setting(
    key: "end-tokens-on", standard: "password,factor,disabled", unit: "password, factor, disabled, by commas",
    meaning: "changes of a person's that end their applications' refresh tokens besides browser sessions")
  static let consentMemory = Setting(
    key: "consent-memory", standard: "90", unit: "days",
    meaning: "for how long people may choose not to be asked again for the same consent; 0 asks always")
  static let requirePolicy = Setting(
    key: "require-policy", standard: "off", unit: "on or off",
    meaning: "whether a connection that no policy is attached to may do nothing")
  static let approveHighRisk = Setting(
    key: "approve-high-risk", standard: "browser-logins", unit: "all, browser-logins or none",
    meaning: "whose calls of tools of high risk wait for a person, where no policy names the tool")
  static let approvalTime = Setting(
    key: "approval-time", standard: "86400", unit: "seconds",
    meaning: "that somebody has to decide on a call that waits for a person")
  static let ownApproval = Setting(
    key: "own-approval", standard: "off", unit: "on or off",
    meaning: "whether people may approve what they asked for themselves")
  static let approvalMail = Setting(
    key: "approval-mail", standard: "approver", unit: "approver, requester, by commas, or none",
    meaning: "who gets a letter: who may decide on a call that waits; who asked, once it is decided or over")
  static let approvalWebhook = Setting(
    key: "approval-webhook", standard: nil, unit: "https URL",
    meaning: "what is told of each call that waits, and of what becomes of it (Standard Webhooks)")
  static let approvalWebhookSecretFile = Setting(
    key: "approval-webhook-secret-file", standard: nil, unit: "file",
    meaning: "whose lines are the secrets that it is signed with: whsec_ and 24 to 64 bytes in base64")
  static let callsPerMinute = Setting(
    key: "calls-per-minute", standard: "0", unit: "tool calls",
    meaning: "of all connections together in a minute; 0 is no limit")
  static let callsPerDay = Setting(
    key: "calls-per-day", standard: "0", unit: "tool calls",
    meaning: "of all connections together in a day (UTC); 0 is no limit")
  static let auditRetention = Setting(
    key: "audit-retention", standard: "90", unit: "days",
    meaning: "for how long entries of the audit log are kept; 0 is for ever")
  static let logPayloads = Setting(
    key: "log-payloads", standard: "off", unit: "on or off",
    meaning: "whether the audit log keeps arguments and results, with secrets masked")
  static let payloadRetention = Setting(
    key: "payload-retention", standard: "30", unit: "days",
    meaning: "for how long they are kept, never longer than their entries; 0 is as long")
  static let localLogin = Setting(
    key: "local-login", standard: "everybody", unit: "everybody or administrators",
    meaning: "who may sign in with a password or passkey of this server, besides identity providers")
  static let smtpURL = Setting(
    key: "smtp-url", standard: nil, unit: "smtps://host or smtp://host",
    meaning: "the mail server for invitations and forgotten passwords; without it no mail is sent")
  static let smtpFrom = Setting(
    key: "smtp-from", standard: nil, unit: "mail address", meaning: "who writes that mail")
  static let smtpUser = Setting(
    key: "smtp-user", standard: nil, unit: "text", meaning: "the name to log in to the mail server with")
  static let smtpPassword = Setting(
    key: "smtp-password", standard: nil, unit: "text", meaning: "the password for it", isSecret: true)
  static let smtpPasswordFile = Setting(
    key: "smtp-password-file", standard: nil, unit: "file", meaning: "whose first line is the password for it"
  )
  static let logLevel = Setting(
    key: "log-level", standard: "info", unit: "debug, info, notice, warning or error",
    meaning: "the least that is logged; debug has a line for every request")
  static let logFormat = Setting(
    key: "log-format", standard: "text", unit: "text or json", meaning: "how log lines look")
  static let metricsListen = Setting(
    key: "metrics-listen", standard: nil, unit: "address:port, or off",
    meaning: "where Prometheus reads /metrics; on the loopback address, 1000 ports above LISTEN")
  static let headerLimit = Setting(
    key: "header-limit", standard: "16384", unit: "bytes", meaning: "how long a request's head may be")
  static let bodyLimit = Setting(
    key: "body-limit", standard: "1048576", unit: "bytes", meaning: "how long a request's body may be")
  static let headerTime = Setting(
    key: "header-time", standard: "10", unit: "seconds", meaning: "until a request's head has to be there")
  static let bodyTime = Setting(
    key: "body-time", standard: "30", unit: "seconds", meaning: "until a request's body has to be there")
  static let idleTime = Setting(
    key: "idle-time", standard: "60", unit: "seconds",
    meaning: "how long a connection may wait for its next request")
  static let maximumConnections = Setting(
    key: "max-connections", standard: "10000", unit: "connections", meaning: "open at once")
  static let maximumPerAddress = Setting(
    key: "max-connections-per-address", standard: "1000", unit: "connections",
    meaning: "open at once from one address")
  static let trustedProxies = Setting(
    key: "trusted-proxies", standard: "", unit: "addresses, by commas",
    meaning: "reverse proxies whose word on the client's address counts; nobody else's is believed")
  static let proxyField = Setting(
    key: "proxy-field", standard: "x-forwarded-for", unit: "x-forwarded-for or forwarded",
    meaning: "in which field they tell it; the other one is as the client wrote it")
  static let shutdownTime = Setting(
    key: "shutdown-time", standard: "10", unit: "seconds",
    meaning: "that running requests get to finish after SIGTERM")
  static let tlsCertificate = Setting(
    key: "tls-certificate", standard: nil, unit: "file",
    meaning: "PEM chain; with it the server speaks TLS itself; read again at SIGHUP")
  static let tlsKey = Setting(
    key: "tls-key", standard: nil, unit: "file", meaning: "PEM private key of the certificate")
  static let demo = Setting(
    key: "demo", standard: "off", unit: "on or off", meaning: "serve the demo company, made at first start")
  static let demoPassword = Setting(
    key: "demo-password", standard: nil, unit: "text",
    meaning: "of the demo users; at first start random ones are printed",
    isSecret: true)

  /// Every setting, in the order in which `gatehouse config` prints them.
  static let all: [Setting] = [
    listen, data, keys, issuer, signingAlgorithm, keyRotation, mcpPath, httpSSE, registration,
    clientDocuments,
    clientDocumentDomains,
    outboundAllowed,
    outboundAuthorities, dpopNonce, stepUpMaxAge, allowedOrigins, requirePolicy, approveHighRisk,
    approvalTime, ownApproval, approvalMail, approvalWebhook, approvalWebhookSecretFile, callsPerMinute,
    callsPerDay, auditRetention, logPayloads, payloadRetention, endTokensOn, consentMemory, localLogin,
    smtpURL, smtpFrom,
    smtpUser,
    smtpPassword, smtpPasswordFile, demo, demoPassword, logLevel,
    logFormat,
    metricsListen, headerLimit, bodyLimit, headerTime, bodyTime, idleTime, maximumConnections,
    maximumPerAddress, trustedProxies, proxyField,
    shutdownTime, tlsCertificate, tlsKey,
  ]
}

/// The settings of one run: flags, then the environment, then `gatehouse.json`, then defaults.
struct Settings: Sendable {
  private let flags: [String: String]
  private let environment: [String: String]
  private let file: [String: String]

  /// Where the file is looked for: the directory that the program was started in.
  static let file = "gatehouse.json"

  /// - Throws: `CommandError` when `gatehouse.json` can't be used.
  init(
    flags: [String: String], environment: [String: String], file path: String = Settings.file
  ) throws(CommandError) {
    self.flags = flags
    self.environment = environment
    var file: [String: String] = [:]
    // Whatever is wrong with a file that is there must be said: its settings would be the defaults otherwise.
    if unsafe access(path, F_OK) == 0 {
      guard let bytes = contents(of: path) else {
        throw .configuration("\(path) can't be read", hint: "check who owns it; it may have a megabyte")
      }
      let object: JSONObject
      do {
        guard let read = try JSONValue(parsing: bytes).object else { throw JSONError.malformed }
        object = read
      } catch {
        throw .configuration(
          "\(path) is no proper JSON object: \(error)", hint: "gatehouse config shows what may stand in it")
      }
      for (name, value) in object.members {
        guard Setting.all.contains(where: { $0.key == name }) else {
          throw .configuration(
            "\(path) has an unknown setting '\(name)'", hint: "gatehouse config lists them all")
        }
        switch value {
        case .string(let text): file[name] = text
        case .integer(let number): file[name] = String(number)
        case .bool(let flag): file[name] = flag ? "on" : "off"
        default:
          throw .configuration("\(path): '\(name)' has to be a text, a number or true or false", hint: nil)
        }
      }
    }
    self.file = file
  }

  /// The value in force, and where it comes from.
  func source(of setting: Setting) -> (value: String?, from: String) {
    if let value = flags[setting.key] { return (value, "flag") }
    if let value = environment[setting.environment] { return (value, setting.environment) }
    if let value = file[setting.key] { return (value, "gatehouse.json") }
    return (setting.standard, "default")
  }

  subscript(_ setting: Setting) -> String? { source(of: setting).value.flatMap { $0.isEmpty ? nil : $0 } }

  func text(_ setting: Setting) -> String { self[setting] ?? "" }

  /// The items of a setting that takes several by commas.
  func list(_ setting: Setting) -> [String] {
    text(setting).split(separator: ",").map { item in String(item.filter { $0 != " " }) }
  }

  /// The proxies that may speak for others.
  ///
  /// - Throws: `CommandError` when one of them is no address, or the field none that tells it.
  func proxies() throws(CommandError) -> TrustedProxies {
    var addresses: Set<IPAddress> = []
    for text in list(.trustedProxies) {
      guard let address = IPAddress(text) else { throw refusal(.trustedProxies) }
      addresses.insert(address)
    }
    guard let field = TrustedProxies.Field(rawValue: text(.proxyField).lowercased()) else {
      throw refusal(.proxyField)
    }
    return TrustedProxies(addresses, in: field)
  }

  /// Whose client metadata documents are taken; nil is nobody's.
  ///
  /// - Throws: `CommandError`.
  func documentTrust() throws(CommandError) -> DocumentClients.Trust? {
    guard try isOn(.clientDocuments) else { return nil }
    return DocumentClients.Trust(domains: list(.clientDocumentDomains))
  }

  /// Whether a DPoP proof needs a nonce.
  ///
  /// - Throws: `CommandError`.
  func isNonceRequired() throws(CommandError) -> Bool {
    switch text(.dpopNonce) {
    case "required": true
    case "offered": false
    default: throw refusal(.dpopNonce)
    }
  }

  /// What governance goes by.
  ///
  /// - Throws: `CommandError`.
  func governance() throws(CommandError) -> Governor.Configuration {
    var configuration = Governor.Configuration()
    configuration.stepUp = try stepUp()
    configuration.requiresPolicy = try isOn(.requirePolicy)
    guard let highRisk = Governor.Configuration.HighRisk(rawValue: text(.approveHighRisk)) else {
      throw refusal(.approveHighRisk)
    }
    configuration.approvesHighRisk = highRisk
    configuration.approvalLifetime = .seconds(try number(.approvalTime))
    configuration.allowsOwnApproval = try isOn(.ownApproval)
    let range = 0...Int(Int32.max)
    let (minute, day) = (try number(.callsPerMinute, in: range), try number(.callsPerDay, in: range))
    configuration.perMinute = minute == 0 ? nil : minute
    configuration.perDay = day == 0 ? nil : day
    return configuration
  }

  /// What a tool of high risk asks of its caller's sign-in; nil is nothing.
  ///
  /// - Throws: `CommandError`.
  func stepUp() throws(CommandError) -> RequiredAuthentication? {
    guard text(.stepUpMaxAge) != "off" else { return nil }
    return RequiredAuthentication(maximumAge: .seconds(try number(.stepUpMaxAge)))
  }

  /// Which addresses may be fetched from.
  ///
  /// - Throws: `CommandError` when one of the networks is none.
  func outboundDoor() throws(CommandError) -> AddressGuard {
    var networks: [IPNetwork] = []
    for text in list(.outboundAllowed) {
      guard let network = IPNetwork(text) else { throw refusal(.outboundAllowed) }
      networks.append(network)
    }
    return AddressGuard(allowing: networks)
  }

  /// - Throws: `CommandError` naming the setting and what it takes.
  func number(_ setting: Setting, in range: ClosedRange<Int> = 1...Int(Int32.max)) throws(CommandError) -> Int
  {
    guard let number = Int(text(setting)), range.contains(number) else { throw refusal(setting) }
    return number
  }

  func isOn(_ setting: Setting) throws(CommandError) -> Bool {
    switch text(setting) {
    case "on", "true", "1", "yes": true
    case "off", "false", "0", "no": false
    default: throw refusal(setting)
    }
  }

  /// - Throws: `CommandError` naming what the setting takes.
  func registration() throws(CommandError) -> RegistrationPolicy {
    if let policy = RegistrationPolicy(rawValue: text(.registration)) { return policy }
    return try isOn(.registration) ? .open : .off
  }

  func refusal(_ setting: Setting) -> CommandError {
    .configuration(
      "--\(setting.key) '\(text(setting))' can't be used",
      hint: "it takes: \(setting.unit) (\(setting.meaning))")
  }
}

/// The bytes of a file, up to a megabyte; nil when it can't be read.
func contents(of path: String) -> [UInt8]? {
  let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  return contents(of: file)
}

/// What is left of an open file, up to a megabyte.
func contents(of file: Int32) -> [UInt8]? {
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65536)
  while bytes.count <= 1 << 20 {
    let count = unsafe read(file, &chunk, chunk.count)
    if count < 0 { return nil }
    if count == 0 { return bytes }
    bytes += chunk.prefix(count)
  }
  return nil
}
