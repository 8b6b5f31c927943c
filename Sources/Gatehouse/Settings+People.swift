internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import HTTP
internal import MCP
internal import Mail
internal import OAuth
internal import World

extension Settings {
  /// The URL by which the outside knows the server that listens there.
  ///
  /// - Throws: `CommandError`.
  func issuer(_ listening: ListenAddress) throws(CommandError) -> Issuer {
    let url: String
    if let given = self[.issuer] {
      url = given
    } else if listening.address.isLoopback {
      url = (self[.tlsCertificate] == nil ? "http://" : "https://") + listening.description
    } else {
      throw .configuration(
        "with --listen \(listening) the issuer has to be named",
        hint: "--issuer https://the.name.by.which.clients.reach.it")
    }
    guard text(.mcpPath).hasPrefix("/") else { throw refusal(.mcpPath) }
    let eventsPath = try isOn(.httpSSE) ? HTTPSSE.path : nil
    guard text(.mcpPath) != eventsPath else {
      throw .configuration("/sse is the path of --http-sse", hint: "another --mcp-path")
    }
    guard let issuer = Issuer(url, resourcePath: text(.mcpPath), eventsPath: eventsPath) else {
      guard Resource(url) != nil, url.lowercased().hasPrefix("http:") else { throw refusal(.issuer) }
      throw .configuration("the issuer \(url) has no TLS", hint: "use https; a reverse proxy can bring it")
    }
    return issuer
  }

  /// What ends with a password, a factor or a person's standing.
  ///
  /// - Throws: `CommandError`.
  func credentialPolicy() throws(CommandError) -> CredentialPolicy {
    var changes: Set<CredentialPolicy.Change> = []
    for name in list(.endTokensOn) where name != "none" {
      guard let change = CredentialPolicy.Change(rawValue: name) else { throw refusal(.endTokensOn) }
      changes.insert(change)
    }
    return CredentialPolicy(endingTokens: changes)
  }

  /// For how long a consent is remembered; nil is not at all.
  ///
  /// - Throws: `CommandError`.
  func consentLifetime() throws(CommandError) -> Duration? {
    let days = try number(.consentMemory, in: 0...3650)
    return days == 0 ? nil : .days(Int64(days))
  }

  /// Who may sign in without an identity provider.
  ///
  /// - Throws: `CommandError`.
  func localLogin() throws(CommandError) -> LocalLogin {
    guard let local = LocalLogin(rawValue: text(.localLogin)) else { throw refusal(.localLogin) }
    return local
  }

  /// Where mail goes; nil when none is sent.
  ///
  /// - Throws: `CommandError`.
  func mailAccount() throws(CommandError) -> Postman.Account? {
    guard let url = self[.smtpURL] else { return nil }
    guard let sender = self[.smtpFrom] else {
      throw .configuration(
        "with --smtp-url there has to be a sender", hint: "--smtp-from gatehouse@example.com")
    }
    var account = Postman.Account(url: url, sender: sender, user: self[.smtpUser])
    if let file = self[.smtpPasswordFile] {
      guard let bytes = contents(of: file) else { throw refusal(.smtpPasswordFile) }
      account.password = Secret(Array(bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }))
    } else if let password = self[.smtpPassword] {
      account.password = Secret(password)
    }
    guard account.isUsable else { throw refusal(.smtpURL) }
    return account
  }
}
