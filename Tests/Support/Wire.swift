internal import Dispatch
internal import Glibc
internal import HTTP

/// One HTTP/1.1 exchange on a connection of its own, byte for byte as it is told. It waits for ten seconds at most.
package enum Wire {
  package enum Failure: Error { case system(String, Int32), malformed(String) }

  /// Blocking calls are kept off Swift's pool, whose few threads the tests share.
  private static let queue = DispatchQueue(label: "wire", attributes: .concurrent)

  /// Sends a request that asks for the end of the connection, and reads until that end.
  package static func exchange(_ request: [UInt8], port: UInt16) async throws -> [UInt8] {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try waited(request, port: port) }) }
    }
  }

  /// The same on the thread that asks.
  ///
  /// - Parameter isAll: whether the server is told that no more will come.
  package static func waited(_ request: [UInt8], port: UInt16, isAll: Bool = false) throws -> [UInt8] {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard file >= 0 else { throw Failure.system("socket", errno) }
    defer { close(file) }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    _ = unsafe setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    _ = unsafe setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = port.bigEndian
    place.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let code = unsafe withUnsafePointer(to: &place) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw Failure.system("connect", errno) }
    var rest = request[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      // A server that has refused already need not read on; what it said is still to be read.
      guard count > 0 else { break }
      rest = rest.dropFirst(count)
    }
    if isAll { shutdown(file, Int32(SHUT_WR)) }
    var answer: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe recv(file, &room, room.count, 0)
      guard count >= 0 else { throw Failure.system("recv", errno) }
      if count == 0 { return answer }
      answer += room.prefix(count)
    }
  }

  /// Reads the one answer that came.
  package static func answer(_ bytes: [UInt8], toHead: Bool) throws -> Answer {
    let end = Array("\r\n\r\n".utf8)
    guard let split = bytes.firstRange(of: end) else { throw Failure.malformed("no end of the head") }
    var lines = String(decoding: bytes[..<split.lowerBound], as: UTF8.self).split(separator: "\r\n")
    let words = lines.removeFirst().split(separator: " ", maxSplits: 2)
    guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
      throw Failure.malformed("\(words)")
    }
    var fields = Fields()
    for line in lines {
      guard let colon = line.firstIndex(of: ":") else { throw Failure.malformed(String(line)) }
      fields.add(String(line[..<colon]), String(line[line.index(after: colon)...].trimmingPrefix(" ")))
    }
    let body = Array(bytes[split.upperBound...])
    let length = fields["content-length"].flatMap { Int($0) }
    guard toHead ? body.isEmpty : (length ?? 0) == body.count else {
      throw Failure.malformed("\(body.count) bytes of content where \(length ?? 0) were announced")
    }
    return Answer(status: status, fields: fields, bytes: body)
  }
}
