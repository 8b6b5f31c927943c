internal import Glibc
internal import HTTP

/// The listening sockets of one server, one per loop, all on one port: the kernel spreads connections over them.
final class Listeners {
  let port: UInt16
  private var sockets: [ListeningSocket] = []

  /// The first socket binds without `SO_REUSEPORT` and so fails if anybody has the port; with the option from the
  /// start, two servers would share a port without a word. Once it is bound, the option lets its sisters in.
  init(_ address: IPAddress, _ port: UInt16, count: Int) throws(ServerError) {
    let first = try ListeningSocket(address, port, sharesPort: false)
    try first.set(SOL_SOCKET, SO_REUSEPORT, 1)
    self.port = try first.boundPort()
    sockets.append(first)
    for _ in 1..<max(1, count) { sockets.append(try ListeningSocket(address, self.port, sharesPort: true)) }
    for socket in sockets { try socket.listen() }
    sockets.reverse()
  }

  /// The next socket that nobody has taken.
  func take() -> ListeningSocket? { sockets.popLast() }
}

/// A bound socket; closed when nobody holds it any more, unless its descriptor was given away.
final class ListeningSocket {
  let isV6: Bool
  private let place: String
  private var descriptor: Int32

  init(_ address: IPAddress, _ port: UInt16, sharesPort: Bool) throws(ServerError) {
    if case .v6 = address { isV6 = true } else { isV6 = false }
    place = isV6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    descriptor = socket(
      isV6 ? AF_INET6 : AF_INET,
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    try check("socket", descriptor)
    try set(SOL_SOCKET, SO_REUSEADDR, 1)  // connections of the last run that still end don't hold the port
    if sharesPort { try set(SOL_SOCKET, SO_REUSEPORT, 1) }
    switch address {
    case .v4(let bits):
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      name.sin_port = port.bigEndian
      name.sin_addr.s_addr = bits.bigEndian
      try bind(&name)
    case .v6(let high, let low):
      try set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, high == 0 && low == 0 ? 0 : 1)
      var name = sockaddr_in6()
      name.sin6_family = sa_family_t(AF_INET6)
      name.sin6_port = port.bigEndian
      unsafe withUnsafeMutableBytes(of: &name.sin6_addr) { bytes in
        unsafe bytes.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
        unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      try bind(&name)
    }
  }

  deinit { if descriptor >= 0 { _ = close(descriptor) } }

  func set(_ level: Int32, _ option: Int32, _ value: Int32) throws(ServerError) {
    var value = value
    try check(
      "setsockopt", unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)))
  }

  func listen() throws(ServerError) {
    // The kernel cuts this to net.core.somaxconn; a burst of new connections waits there for the loop's next turn.
    try check("listen", Glibc.listen(descriptor, 4096))
  }

  func boundPort() throws(ServerError) -> UInt16 {
    // Family and port stand in the same place for both families.
    var name = sockaddr_in6()
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let code = unsafe withUnsafeMutablePointer(to: &name) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &size)
      }
    }
    try check("getsockname", code)
    return UInt16(bigEndian: name.sin6_port)
  }

  /// The descriptor; who calls this closes it.
  func giveAway() -> Int32 {
    defer { descriptor = -1 }
    return descriptor
  }

  private func bind<Name>(_ name: inout Name) throws(ServerError) {
    let code = unsafe withUnsafeMutablePointer(to: &name) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<Name>.size))
      }
    }
    try check("bind", code)
  }

  private func check(_ call: String, _ code: Int32) throws(ServerError) {
    if code < 0 { throw ServerError(call, at: place, code: errno) }
  }
}
