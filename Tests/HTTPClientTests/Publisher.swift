import Foundation
import HTTP
import HTTPClient
import HTTPServer
import Testing

/// A web server with TLS on the loopback address, whose certificate is its own authority.
struct Publisher: Sendable {
  let port: UInt16
  let authorities: String

  func url(_ path: String) -> String { "https://127.0.0.1:\(port)\(path)" }

  /// A client that may reach it and trusts it.
  func client() throws -> HTTPClient {
    try HTTPClient(
      door: AddressGuard(allowing: [try #require(IPNetwork("127.0.0.1"))]), authorities: authorities,
      concurrency: 4)
  }
}

func withPublisher(
  _ handler: @escaping Server.Handler, _ body: (Publisher) async throws -> Void
) async throws {
  let directory = FileManager.default.temporaryDirectory.appending(
    path: "gatehouse-publisher-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
  defer {
    #expect(throws: Never.self) { try FileManager.default.removeItem(at: directory) }
  }
  let (certificate, key) = (
    directory.appending(path: "certificate.pem").path, directory.appending(path: "key.pem").path
  )
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/openssl")
  process.arguments = [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
    "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
  ]
  process.standardError = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0)
  var configuration = Server.Configuration(port: 0)
  configuration.loops = 1
  configuration.tls = Server.TLSFiles(certificates: certificate, key: key)
  configuration.grace = .milliseconds(100)
  let server = try Server.start(configuration, handler: handler)
  do {
    try await body(Publisher(port: server.port, authorities: certificate))
  } catch {
    await server.shutdown()
    throw error
  }
  await server.shutdown()
}
