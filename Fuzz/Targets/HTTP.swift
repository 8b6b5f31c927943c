internal import HTTP
internal import HTTPServer
internal import Support
internal import Synchronization

extension FuzzTarget {
  /// All that comes over one connection (RFC 9112), from the socket to the request that a handler gets.
  static let http = FuzzTarget(name: "http") { bytes in
    let house = try Echo.shared.get()
    let answer = try Wire.waited(bytes, port: house.port, isAll: true)
    if let violation = house.takeViolation() { throw Violation(description: violation) }
    guard !answer.isEmpty else { return }
    try hold(answer.starts(with: "HTTP/1.1 ".utf8), "an answer is none: \(text(answer.prefix(80)))")
    guard let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) else {
      throw Violation(description: "an answer's head has no end: \(text(answer.prefix(200)))")
    }
    for line in text(answer[..<end.lowerBound]).split(separator: "\r\n").dropFirst() {
      let name = line.prefix { $0 != ":" }
      try hold(
        !name.isEmpty && name.utf8.allSatisfy(isTokenCharacter)
          && line.utf8.allSatisfy { $0 != 10 && $0 != 13 },
        "a line of an answer's head is no field: \(line)")
    }
  }
}

/// A server whose handler says what it got, and whether a request is anything that no handler may get.
private final class Echo: Sendable {
  static let shared = Result { try Echo() }

  private let server: Server
  private let violation: Violations

  var port: UInt16 { server.port }

  private init() throws {
    let violation = Violations()
    var configuration = Server.Configuration(port: 0)
    configuration.loops = 1
    configuration.headLimit = 4096
    configuration.fieldLimit = 16
    configuration.bodyLimit = 2048
    configuration.lingerTime = .milliseconds(50)
    self.violation = violation
    server = try Server.start(configuration) { request in
      if let reason = Self.wrong(request) { violation.note(reason) }
      return Response(
        status: 200, fields: ["content-type": "text/plain", "x-method": request.method.name],
        body: Array("\(request.path)?\(request.query) \(request.body.count)".utf8))
    }
  }

  func takeViolation() -> String? { violation.take() }

  private static func wrong(_ request: Request) -> String? {
    let (path, query) = (request.path, request.query)
    if !request.method.name.utf8.allSatisfy(isTokenCharacter) || request.method.name.isEmpty {
      return "a method is no token: \(request.method)"
    }
    if !path.hasPrefix("/"), path != "*" { return "a path begins in no known way: \(path)" }
    // RFC 9112 §3.2: white space and controls end a target, or are read differently by the next.
    if (path + query).utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f }) {
      return "a target has a control: \(path)"
    }
    for (name, value) in request.fields.lines {
      if name.isEmpty || !name.utf8.allSatisfy(isTokenCharacter) || name != name.lowercased() {
        return "a field's name is no token in lower case: \(name)"
      }
      if value.utf8.contains(where: { $0 == 0 || $0 == 10 || $0 == 13 }) {
        return "a field's value ends its line: \(name)"
      }
    }
    // RFC 9112 §3.2: a server MUST answer 400 to a request with more than one Host field, §6.3: nor two lengths.
    for name in ["host", "content-length", "transfer-encoding"] where request.fields.all(name).count > 1 {
      return "\(name) is there twice"
    }
    if request.fields["content-length"] != nil, request.fields["transfer-encoding"] != nil {
      return "a length and a coding"
    }
    return request.body.count > 2048 ? "a body beyond the limit" : nil
  }
}

private final class Violations: Sendable {
  private let first = Mutex<String?>(nil)

  func note(_ reason: String) { first.withLock { $0 = $0 ?? reason } }
  func take() -> String? { first.withLock { $0.take() } }
}
