import Dispatch
import Glibc
import HTTP
import HTTPServer

/// A client that says exactly what it is told to, byte for byte. Every wait ends after ten seconds with an error.
@safe final class Client: Sendable {
  private let descriptor: Int32
  /// Blocking calls are kept off Swift's pool, whose few threads the tests share.
  private static let queue = DispatchQueue(label: "clients", attributes: .concurrent)

  /// What a server sent, up to the end of one answer.
  struct Answer: Equatable {
    var status: Int
    var fields: [String: String] = [:]
    var body = ""
  }

  enum Failure: Error { case system(String, Int32), closed, malformed(String) }

  init(_ port: UInt16, to address: IPAddress = .loopback, receiveBuffer: Int32? = nil) throws {
    var code: Int32
    if case .v6(let high, let low) = address {
      descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
      var name = sockaddr_in6()
      name.sin6_family = sa_family_t(AF_INET6)
      name.sin6_port = port.bigEndian
      unsafe withUnsafeMutableBytes(of: &name.sin6_addr) { bytes in
        unsafe bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
        unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      code = unsafe withUnsafePointer(to: &name) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
        }
      }
    } else {
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      // Before connecting: it decides the window that is offered.
      if var size = receiveBuffer { _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4) }
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      name.sin_port = port.bigEndian
      name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      code = unsafe withUnsafePointer(to: &name) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    guard code == 0 else { throw Failure.system("connect", errno) }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { _ = close(descriptor) }

  /// Sends everything; an error when the server has closed.
  func send(_ text: String) async throws { try await send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) async throws {
    try await blocking { [descriptor] in
      var sent = 0
      while sent < bytes.count {
        let count = unsafe bytes.withUnsafeBytes { buffer in
          unsafe Glibc.send(
            descriptor, buffer.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { throw Failure.system("send", errno) }
        sent += count
      }
    }
  }

  /// Says that nothing more comes, and keeps listening.
  func finishSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

  /// Goes away with a reset, as a process that is killed may.
  func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    _ = shutdown(descriptor, Int32(SHUT_RDWR))
  }

  /// Whatever comes next; empty at the end.
  func receive(_ limit: Int = 65536) async throws -> [UInt8] {
    try await blocking { [descriptor] in
      var room = [UInt8](repeating: 0, count: limit)
      let count = unsafe recv(descriptor, &room, room.count, 0)
      guard count >= 0 else { throw Failure.system("recv", errno) }
      return Array(room.prefix(count))
    }
  }

  /// Everything until the server closes in order.
  func receiveAll() async throws -> String {
    var all: [UInt8] = []
    while true {
      let next = try await receive()
      if next.isEmpty { return String(decoding: all, as: UTF8.self) }
      all += next
    }
  }

  /// Whether the server has closed, in order or by a reset; what still comes before is thrown away.
  func seesClose() async throws -> Bool {
    do {
      while true { if try await receive().isEmpty { return true } }
    } catch Failure.system(_, ECONNRESET) {
      return true
    } catch Failure.system(_, EAGAIN) {
      return false
    }
  }

  /// How many bytes come until the server closes, in order or by a reset.
  func receiveCount() async throws -> Int {
    var count = 0
    do {
      while true {
        let next = try await receive()
        if next.isEmpty { return count }
        count += next.count
      }
    } catch Failure.system(_, ECONNRESET) {
      return count
    }
  }

  /// One line, with its end.
  func line() async throws -> String {
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      let byte = try await receive(1)
      guard !byte.isEmpty else { throw Failure.closed }
      line += byte
    }
    return String(decoding: line, as: UTF8.self)
  }

  /// One whole answer, told by its length or its chunks; without either, none has a body.
  func answer(isHead: Bool = false) async throws -> Answer {
    let words = try await line().split(separator: " ")
    guard words.count >= 2, let status = Int(words[1]) else { throw Failure.malformed("\(words)") }
    var answer = Answer(status: status)
    while case let line = try await line(), line != "\r\n" {
      guard let colon = line.firstIndex(of: ":"), line.hasSuffix("\r\n") else {
        throw Failure.malformed(line)
      }
      let value = line[line.index(after: colon)...].trimmingPrefix(" ").dropLast()
      answer.fields[line[..<colon].lowercased(), default: ""] += value
    }
    guard !isHead else { return answer }
    if let length = answer.fields["content-length"].flatMap(Int.init) {
      answer.body = try await text(length)
    } else if answer.fields["transfer-encoding"] == "chunked" {
      while let chunk = try await chunk() { answer.body += chunk }
    }
    return answer
  }

  /// The next chunk's content; nil for the last one.
  func chunk() async throws -> String? {
    let line = try await line()
    guard line.hasSuffix("\r\n"), let size = Int(line.dropLast(), radix: 16) else {
      throw Failure.malformed(line)
    }
    let chunk = try await text(size)
    guard try await text(2) == "\r\n" else { throw Failure.malformed("a chunk without its end") }
    return size == 0 ? nil : chunk
  }

  private func text(_ count: Int) async throws -> String {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let next = try await receive(count - bytes.count)
      guard !next.isEmpty else { throw Failure.closed }
      bytes += next
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func blocking<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      Self.queue.async { continuation.resume(with: Swift.Result(catching: body)) }
    }
  }
}

/// A server for the time of `body`, on a port that the system chooses.
func withServer(
  _ handler: @escaping Server.Handler = echo,
  _ adjust: (inout Server.Configuration) -> Void = { _ in },
  _ body: (Server) async throws -> Void
) async throws {
  var configuration = Server.Configuration(port: 0)
  configuration.loops = 2
  configuration.grace = .seconds(5)
  adjust(&configuration)
  let server = try Server.start(configuration, handler: handler)
  do {
    try await body(server)
  } catch {
    await server.shutdown()
    throw error
  }
  await server.shutdown()
}

/// Answers with what came: method, path, query and the length of the body, then the body.
@Sendable func echo(_ request: Request) async -> Response {
  Response(
    status: 200, fields: ["content-type": "text/plain"],
    body: Array("\(request.method) \(request.path)?\(request.query) \(request.body.count)\n".utf8)
      + request.body)
}
