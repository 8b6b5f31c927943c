import Foundation
import HTTPServer
import Testing

@Suite("TLS on the listener itself")
struct TLSTests {
  static let openssl = "/usr/bin/openssl"

  /// A certificate for 127.0.0.1 that nobody else trusts, made for one test in a directory of its own.
  static func withCertificate(_ body: (Server.TLSFiles) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(
      path: "gatehouse-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer {
      #expect(throws: Never.self) { try FileManager.default.removeItem(at: directory) }
    }
    let files = Server.TLSFiles(
      certificates: directory.appending(path: "certificate.pem").path,
      key: directory.appending(path: "key.pem").path)
    let (status, output) = try run([
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
      "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", files.key, "-out",
      files.certificates,
    ])
    try #require(status == 0, "\(output)")
    try await body(files)
  }

  /// Runs `openssl`, gives it `input` and then nothing more, and waits for its end.
  static func run(_ arguments: [String], input: String = "") throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: openssl)
    process.arguments = arguments
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = stdout
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: openssl)), arguments: ["-tls1_2", "-tls1_3"])
  func `RFC 8446 a request over TLS is answered, its body whole`(version: String) async throws {
    try await Self.withCertificate { files in
      try await withServer(echo, { $0.tls = files }) { server in
        let body = String(repeating: "0123456789abcdef", count: 10_000)
        let (status, output) = try Self.run(
          [
            "s_client", "-connect", "127.0.0.1:\(server.port)", version, "-CAfile", files.certificates,
            "-verify_return_error", "-alpn", "http/1.1", "-ign_eof",
          ],
          input:
            "POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: \(body.count)\r\n\r\n\(body)"
        )
        #expect(status == 0)
        #expect(output.contains("Verification: OK"))
        #expect(output.contains("ALPN protocol: http/1.1"))
        #expect(output.contains("POST /x? 160000\n\(body)"))
      }
    }
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: openssl)))
  func `RFC 8996 TLS 1.1 is not spoken`() async throws {
    try await Self.withCertificate { files in
      try await withServer(echo, { $0.tls = files }) { server in
        let (status, output) = try Self.run(
          ["s_client", "-connect", "127.0.0.1:\(server.port)", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
        #expect(status != 0, "\(output)")
      }
    }
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: openssl)))
  func `a client that speaks plain HTTP, or nothing, is closed`() async throws {
    try await Self.withCertificate { files in
      try await withServer(
        echo,
        {
          $0.tls = files
          $0.headTime = .milliseconds(150)
        }
      ) { server in
        let plain = try Client(server.port)
        try await plain.send(Probe.get())
        #expect(try await plain.seesClose())
        #expect(try await Client(server.port).seesClose())
      }
    }
  }

  /// The fingerprint of the certificate that a server shows.
  private static func fingerprint(_ port: UInt16, in directory: String) throws -> String {
    let shown = try run(["s_client", "-connect", "127.0.0.1:\(port)", "-showcerts"]).output
    let file = directory + "-shown.pem"
    try Data(shown.utf8).write(to: URL(filePath: file))
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: file) } }
    return try run(["x509", "-in", file, "-noout", "-fingerprint", "-sha256"]).output
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: openssl)))
  func `a renewed certificate is shown to those who come, and a broken one to nobody`() async throws {
    try await Self.withCertificate { files in
      try await Self.withCertificate { other in
        try await withServer(echo, { $0.tls = files }) { server in
          let first = try Self.fingerprint(server.port, in: files.certificates)
          #expect(first.contains("Fingerprint="))
          for (file, renewed) in [(files.certificates, other.certificates), (files.key, other.key)] {
            try Data(contentsOf: URL(filePath: renewed)).write(to: URL(filePath: file))
          }
          #expect(try Self.fingerprint(server.port, in: files.certificates) == first)
          try await server.renewCertificate()
          let second = try Self.fingerprint(server.port, in: files.certificates)
          #expect(second.contains("Fingerprint=") && second != first)
          try Data("nonsense".utf8).write(to: URL(filePath: files.certificates))
          await #expect(throws: ServerError.self) { try await server.renewCertificate() }
          #expect(try Self.fingerprint(server.port, in: files.certificates) == second)
        }
      }
    }
  }

  @Test func `a certificate that can't be read is an error that says so`() throws {
    var configuration = Server.Configuration(port: 0)
    configuration.tls = Server.TLSFiles(certificates: "/nowhere/certificate.pem", key: "/nowhere/key.pem")
    let error = #expect(throws: ServerError.self) { try Server.start(configuration, handler: echo) }
    #expect(error?.description.contains("No such file") == true)
  }
}
