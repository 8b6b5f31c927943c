internal import Foundation
package import HTTPServer

/// A web server with TLS on the loopback address, whose certificate is its own authority.
package struct Publisher: Sendable {
  package let port: UInt16
  /// The file of its certificate.
  package let authorities: String

  package func url(_ path: String) -> String { "https://127.0.0.1:\(port)\(path)" }

  struct Failure: Error {}
}

/// Runs `body` while a web server with TLS is there.
package func withPublisher(
  _ handler: @escaping Server.Handler, _ body: (Publisher) async throws -> Void
) async throws {
  let directory = FileManager.default.temporaryDirectory.appending(
    path: "gatehouse-publisher-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
  defer {
    do { try FileManager.default.removeItem(at: directory) } catch {
      print("\(directory) stays behind: \(error)")
    }
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
  guard process.terminationStatus == 0 else { throw Publisher.Failure() }
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
