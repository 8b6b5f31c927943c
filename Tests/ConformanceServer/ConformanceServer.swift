internal import Accounts
internal import Authentication
internal import Crypto
internal import Glibc
internal import Governance
internal import HTTP
internal import HTTPServer
internal import MCP
internal import OAuth
internal import Storage
internal import Tasks
internal import Telemetry
internal import World

/// Serves what protocol test suites for MCP servers expect to find, by the house's own router, transport and dispatch:
///
///     ConformanceServer --listen 127.0.0.1:9000 [--open]
///
/// The tools are fixtures, all else is what the product has: a request is authenticated, governed and put on record. With
/// `--open` one that brings no credential gets that of the server's only user; without it, the key is printed.
@main
struct ConformanceServer {
  static func main() async {
    do {
      try await run(Array(CommandLine.arguments.dropFirst()))
    } catch {
      complain("\(error)")
      exit(1)
    }
  }

  private static func run(_ words: [String]) async throws {
    var (listen, isOpen, most) = ("127.0.0.1:9000", false, 2000)
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "--open": isOpen = true
      case "--listen":
        guard let value = rest.popFirst() else { throw Usage() }
        listen = value
      case "--connections":
        guard let value = rest.popFirst().flatMap({ Int($0) }), value > 0 else { throw Usage() }
        most = value
      default: throw Usage()
      }
    }
    guard let colon = listen.lastIndex(of: ":"), let port = UInt16(listen[listen.index(after: colon)...]),
      let address = IPAddress(listen[..<colon])
    else { throw Usage() }

    let house = try await TestHouse(port: port, isOpen: isOpen, streams: most)
    var configuration = Server.Configuration(address: address, port: port)
    configuration.connectionLimit = most + 100
    configuration.connectionLimitPerAddress = most + 100
    let signals = try Signals.termination()
    let server = try Server.start(configuration, handler: house.respond)
    if !isOpen { say("key: \(house.key)") }
    say("ConformanceServer: ready http://\(listen)/mcp")
    let living = Task { await house.endpoint.run() }
    let working = Task { await house.worker.run() }
    defer {
      living.cancel()
      working.cancel()
    }
    for await _ in signals { break }
    house.endpoint.farewell()
    await server.shutdown()
  }

  private struct Usage: Error, CustomStringConvertible {
    let description = "usage: ConformanceServer [--listen ADDRESS:PORT] [--open] [--connections N]"
  }

  private static func say(_ text: String) { emit(text, STDOUT_FILENO) }
  private static func complain(_ text: String) { emit("ConformanceServer: error: " + text, STDERR_FILENO) }

  private static func emit(_ text: String, _ file: Int32) {
    let bytes = Array((text + "\n").utf8)
    _ = unsafe write(file, bytes, bytes.count)
  }
}
