internal import Glibc
package import HTTP
package import World

extension Server {
  /// What a server may be told; every field has a default that is safe in the open.
  package struct Configuration: Sendable {
    /// Where to listen. `::` takes IPv4 in as well.
    package var address: IPAddress
    /// 0 lets the system choose; `Server.port` tells which.
    package var port: UInt16
    /// Threads that read, run handlers and write. One per core by default.
    package var loops: Int = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    /// Bytes of the request line and the header fields together; more is answered 431, or 414.
    package var headLimit: Int = 16 * 1024
    /// Header fields of one request; more is answered 431.
    package var fieldLimit: Int = 100
    /// Bytes of a request's content; more is answered 413.
    package var bodyLimit: Int = 1024 * 1024
    /// Bytes of all bodies that have come in part; beyond them, one that is not small is answered 503.
    package var unfinishedBodyLimit: Int = 128 * 1024 * 1024
    /// Bytes that a body may have whatever the others take.
    package var smallBody: Int = 16 * 1024
    /// From the first byte of a connection or a request to the end of its head; then 408.
    package var headTime: Duration = .seconds(10)
    /// From the end of the head to the end of the body; then 408.
    package var bodyTime: Duration = .seconds(30)
    /// From an answer to the first byte of the next request; then the connection closes.
    package var idleTime: Duration = .seconds(60)
    /// For one answer, or one piece of a stream, to leave; then the reader is dropped.
    package var writeTime: Duration = .seconds(30)
    /// How long, after a last answer, bytes are still read and thrown away, so that the answer arrives.
    package var lingerTime: Duration = .seconds(2)
    /// How many bytes of that.
    package var lingerLimit: Int = 8 * 1024 * 1024
    /// Bytes of a stream that may wait for its reader; one that lets more pile up is dropped.
    package var streamLimit: Int = 256 * 1024
    /// Connections at one time; one more is answered 503.
    package var connectionLimit: Int = 10_000
    /// Connections at one time from one IPv4 address, or one IPv6 network of 64 bits; one more is answered 503.
    package var connectionLimitPerAddress: Int = 1000
    /// Addresses that the limit per address does not hold for, such as a reverse proxy's.
    package var uncountedAddresses: Set<IPAddress> = []
    /// Speak TLS with this certificate; nil speaks plain HTTP.
    package var tls: TLSFiles?
    /// How long `shutdown()` waits for what runs.
    package var grace: Duration = .seconds(10)
    /// The clock of the `Date` field.
    package var now: @Sendable () -> Instant = Instant.systemNow
    /// Adds what the house wants in every answer to those that the server gives itself, before a handler has the request.
    /// The path is that of the request, as far as it was read.
    package var dress: @Sendable (inout Response, _ path: String?) -> Void = { _, _ in }
    /// Hears of connections, refusals and failures, on the thread where they happen; it must not block.
    package var observe: @Sendable (ServerEvent) -> Void = { _ in }

    package init(address: IPAddress = .loopback, port: UInt16) {
      self.address = address
      self.port = port
    }
  }

  /// A certificate and its key, as PEM files.
  package struct TLSFiles: Sendable {
    /// Path of the server's certificate, followed by those between it and the root.
    package var certificates: String
    /// Path of the private key.
    package var key: String

    package init(certificates: String, key: String) {
      self.certificates = certificates
      self.key = key
    }
  }
}
