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
    guard !redirectURIs.isEmpty || service != nil else {
      throw CommandError.usage(
        "give --redirect-uri for a client of people, or --service-user for one of its own")
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
    if service != nil { grants.insert(.clientCredentials) }
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    var draft = Clients.Draft(
      name: name, method: isPublic ? .none : .secretBasic,
      redirectURIs: redirectURIs,
      grantTypes: grants)
    // Nobody said how it sends its secret, so both ways will do.
    draft.isMethodExplicit = isPublic
    if let service { draft.serviceUserID = try await house.user(service).id }
    draft.scopes = scopes ?? (service == nil ? nil : [.read])
    let (client, secret) = try await house.clients.add(draft)
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
