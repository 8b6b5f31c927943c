internal import Glibc
internal import HTTP

/// Where a server listens: `127.0.0.1:8080`, `[::1]:8080`, `0.0.0.0:443`.
struct ListenAddress: Sendable, CustomStringConvertible {
  let address: IPAddress
  private(set) var port: UInt16

  init(address: IPAddress, port: UInt16) {
    self.address = address
    self.port = port
  }

  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
      return nil
    }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    if host == "localhost" { host = "127.0.0.1" }
    guard let address = IPAddress(parsing: String(host)) else { return nil }
    self.init(address: address, port: port)
  }

  /// What `--listen` says.
  init(listening settings: Settings) throws(CommandError) {
    guard let address = ListenAddress(settings.text(.listen)) else { throw settings.refusal(.listen) }
    self = address
  }

  var description: String {
    if case .v6 = address { "[\(address)]:\(port)" } else { "\(address):\(port)" }
  }

  /// Takes a free port in the place of 0: the issuer has it in its name, so it has to be known before the server is
  /// built.
  mutating func choosePort() throws(CommandError) {
    guard port == 0 else { return }
    let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(probe) }
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let size = length
    let succeeded = unsafe withUnsafeMutablePointer(to: &place) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bind(probe, address, size) == 0 && getsockname(probe, address, &length) == 0
      }
    }
    guard succeeded else { throw .failure("no free port (errno \(errno))", hint: nil) }
    port = UInt16(bigEndian: place.sin_port)
  }
}

extension IPAddress {
  /// Reads dotted decimal or IPv6 text.
  init?(parsing text: String) {
    var bytes = [UInt8](repeating: 0, count: 16)
    if unsafe inet_pton(AF_INET, text, &bytes) == 1 {
      self.init(octets: Array(bytes.prefix(4)))
    } else if unsafe inet_pton(AF_INET6, text, &bytes) == 1 {
      self.init(octets: bytes)
    } else {
      return nil
    }
  }
}
