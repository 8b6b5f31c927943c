internal import AuthorizationServer
internal import JSON
internal import OAuth
internal import Telemetry
internal import World

/// `gatehouse issuer …`: identity providers whose assertions let people in without a page (ID-JAG).
struct IssuerCommands {
  private let call: Invocation
  private let terminal: Terminal

  init(_ call: Invocation, _ terminal: Terminal) {
    self.call = call
    self.terminal = terminal
  }

  private func house() async throws -> (House, TrustedIssuers) {
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    return (house, TrustedIssuers(store: house.store, world: house.world))
  }

  func add() async throws {
    let arguments = call.arguments
    let url = try arguments.one("issuer URL")
    guard url.hasPrefix("https://") || url.hasPrefix("http://"), Resource(url) != nil else {
      throw CommandError.usage("'\(url)' is no issuer URL")
    }
    let keys: Client.Keys
    switch (arguments["jwks"], arguments["jwks-uri"]) {
    case (let file?, nil): keys = .set(try ClientCommands.keys(file))
    case (nil, let location?):
      do throws(KeySet.Refusal) {
        guard let read = try Client.Keys(["jwks_uri": .string(location)]) else {
          throw KeySet.Refusal(says: "it is empty")
        }
        keys = read
      } catch { throw CommandError.usage("--jwks-uri: \(error.says)") }
    default: throw CommandError.usage("give --jwks FILE, or --jwks-uri URL")
    }
    guard let claim = TrustedIssuer.UserClaim(rawValue: arguments["user-claim"] ?? "email") else {
      throw CommandError.usage(
        "--user-claim takes \(TrustedIssuer.UserClaim.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let (house, issuers) = try await house()
    try await issuers.set(
      TrustedIssuer(url: url, keys: keys, userClaim: claim, clients: Set(arguments.all("client"))))
    try await house.record("issuer.add")
    done("trusted", url)
  }

  func list() async throws {
    for issuer in try await house().1.all() {
      let clients = issuer.clients.sorted()
      terminal.print(
        call.wantsJSON
          ? JSONValue.object([
            "issuer": .string(issuer.url), "user_claim": .string(issuer.userClaim.rawValue),
            "clients": .array(clients.map { .string($0) }),
          ]).text
          : "\(issuer.url)\t\(issuer.userClaim.rawValue)\t\(clients.isEmpty ? "every client" : clients.joined(separator: " "))"
      )
    }
  }

  func remove() async throws {
    let url = try call.arguments.one("issuer URL")
    let (house, issuers) = try await house()
    guard try await issuers.remove(url) else {
      throw CommandError.failure("'\(url)' is not trusted", hint: "gatehouse issuer list")
    }
    try await house.record("issuer.remove")
    done("removed", url)
  }

  private func done(_ what: String, _ url: String) {
    terminal.print(
      call.wantsJSON
        ? JSONValue.object(["issuer": .string(url), "done": .string(what)]).text : "\(what) \(url)")
  }
}
