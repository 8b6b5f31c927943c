import HTTP
import HTTPServer
import Testing

/// One request as it goes over the wire, and what it is answered.
struct Probe: CustomTestStringConvertible, Sendable {
  let name: String
  let status: Int
  let bytes: [UInt8]
  /// Whether the connection has to end with the answer.
  var closes: Bool { status >= 400 }

  init(_ name: String, _ status: Int, _ text: String) {
    self.init(name, status, Array(text.utf8))
  }

  init(_ name: String, _ status: Int, _ bytes: [UInt8]) {
    self.name = name
    self.status = status
    self.bytes = bytes
  }

  var testDescription: String { "\(name): \(status)" }

  /// A request line and fields, with the line ends and the Host that most probes share.
  static func get(_ fields: String...) -> String {
    "GET / HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
  }

  static func post(_ fields: String..., body: String = "") -> String {
    "POST / HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n" + body
  }

  static let all: [Probe] = [
    // What is right, so that the rest is refused for its own sake.
    Probe("a plain request", 200, get()),
    Probe("a length and as much body", 200, post("Content-Length: 5", body: "hello")),
    Probe("chunks", 200, post("Transfer-Encoding: chunked", body: "5\r\nhello\r\n0\r\n\r\n")),
    Probe("a chunk extension", 200, post("Transfer-Encoding: chunked", body: "5;a=b\r\nhello\r\n0\r\n\r\n")),
    Probe("chunked in capitals", 200, post("Transfer-Encoding: CHUNKED", body: "0\r\n\r\n")),
    Probe("one empty line before", 200, "\r\n" + get()),
    Probe("HTTP/1.0 without Host", 200, "GET / HTTP/1.0\r\n\r\n"),
    Probe("the absolute form", 200, "GET http://a/x?y HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("OPTIONS *", 200, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("a host with a port", 200, "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"),
    Probe("UTF-8 in a value", 200, get("X: grüße")),
    Probe("a tab in a value", 200, get("X: a\tb")),
    Probe("an empty value", 200, get("X:")),
    Probe("one Authorization", 200, get("Authorization: Bearer x")),

    // RFC 9112 §3.2 Host
    Probe("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
    Probe("two Hosts", 400, get("Host: b")),
    Probe("two equal Hosts", 400, get("host: a")),
    Probe("two Hosts in HTTP/1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
    Probe("a Host with a path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    Probe("a Host with a user", 400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    Probe("a Host with a space", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    Probe("a list of Hosts", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),

    // RFC 9112 §6 framing
    Probe(
      "a length beside chunks", 400,
      post("Content-Length: 5", "Transfer-Encoding: chunked", body: "0\r\n\r\n")),
    Probe(
      "chunks beside a length", 400,
      post("Transfer-Encoding: chunked", "Content-Length: 5", body: "0\r\n\r\n")),
    Probe("two lengths", 400, post("Content-Length: 5", "Content-Length: 6", body: "hello")),
    Probe("two equal lengths", 400, post("Content-Length: 5", "Content-Length: 5", body: "hello")),
    Probe("a list of lengths", 400, post("Content-Length: 5, 5", body: "hello")),
    Probe("a signed length", 400, post("Content-Length: +5", body: "hello")),
    Probe("a negative length", 400, post("Content-Length: -5", body: "hello")),
    Probe("a hexadecimal length", 400, post("Content-Length: 0x5", body: "hello")),
    Probe("an empty length", 400, post("Content-Length:", body: "hello")),
    Probe("a length past 64 bits", 400, post("Content-Length: 18446744073709551617", body: "h")),
    Probe("an unknown coding", 400, post("Transfer-Encoding: xchunked", body: "0\r\n\r\n")),
    Probe("a coding before chunked", 400, post("Transfer-Encoding: gzip, chunked", body: "0\r\n\r\n")),
    Probe("chunked before a coding", 400, post("Transfer-Encoding: chunked, identity", body: "0\r\n\r\n")),
    Probe(
      "chunked twice", 400,
      post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body: "0\r\n\r\n")),
    Probe(
      "identity beside a length", 400, post("Transfer-Encoding: identity", "Content-Length: 5", body: "hello")
    ),
    Probe("chunked behind a vertical tab", 400, post("Transfer-Encoding: \u{b}chunked", body: "0\r\n\r\n")),
    Probe("chunks in HTTP/1.0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Probe(
      "a coding with a space before its colon", 400, post("Transfer-Encoding : chunked", body: "0\r\n\r\n")),
    Probe("a coding on a folded line", 400, post("Transfer-Encoding:\r\n chunked", body: "0\r\n\r\n")),

    // RFC 9112 §7.1 chunks
    Probe("a chunk size that is none", 400, post("Transfer-Encoding: chunked", body: "x\r\n\r\n")),
    Probe("a chunk size with 0x", 400, post("Transfer-Encoding: chunked", body: "0x5\r\nhello\r\n0\r\n\r\n")),
    Probe("a signed chunk size", 400, post("Transfer-Encoding: chunked", body: "+5\r\nhello\r\n0\r\n\r\n")),
    Probe(
      "a chunk size past 64 bits", 400,
      post("Transfer-Encoding: chunked", body: "10000000000000005\r\nhello\r\n0\r\n\r\n")),
    Probe(
      "a chunk size ended by a bare LF", 400,
      post("Transfer-Encoding: chunked", body: "5\nhello\r\n0\r\n\r\n")),
    Probe(
      "a chunk longer than its size", 400, post("Transfer-Encoding: chunked", body: "3\r\nhello\r\n0\r\n\r\n")
    ),
    Probe("an unended chunk", 400, post("Transfer-Encoding: chunked", body: "5\r\nhelloXX0\r\n\r\n")),
    Probe("a trailer", 400, post("Transfer-Encoding: chunked", body: "0\r\nX: y\r\n\r\n")),
    Probe(
      "Authorization as a trailer", 400,
      post("Transfer-Encoding: chunked", body: "0\r\nAuthorization: z\r\n\r\n")),
    Probe(
      "a chunk line without end", 400,
      post("Transfer-Encoding: chunked", body: "5;" + String(repeating: "a", count: 5000))),

    // RFC 9112 §2.2, §5 lines and fields
    Probe("bare LF as line ends", 400, "GET / HTTP/1.1\nHost: a\n\n"),
    Probe("bare LF after a field", 400, "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
    Probe("bare CR in a value", 400, get("X: a\rb")),
    Probe("NUL in a value", 400, get("X: a\0b")),
    Probe("NUL in Authorization", 400, get("Authorization: Bearer \0x")),
    Probe("NUL in a name", 400, get("X\0: a")),
    Probe("NUL in the target", 400, "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("a control character in a value", 400, get("X: a\u{1}b")),
    Probe("a folded line", 400, get("X: a\r\n b")),
    Probe("a line folded with a tab", 400, get("X: a\r\n\tb")),
    Probe("a space before the first field", 400, "GET / HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n"),
    Probe("a space before the colon", 400, get("X : a")),
    Probe("no colon", 400, get("nonsense")),
    Probe("no name", 400, get(": a")),
    Probe("a name that is no token", 400, get("X(y): a")),
    Probe("two Authorizations", 400, get("Authorization: Bearer x", "authorization: Bearer y")),
    Probe(
      "a value that is no UTF-8", 400,
      Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xff, 0xfe] + Array("\r\n\r\n".utf8)),

    // RFC 9112 §3 request line
    Probe("an unknown method", 501, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("a method in small letters", 501, "get / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("CONNECT", 501, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("TRACE", 501, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("two spaces", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("no version", 400, "GET /\r\nHost: a\r\n\r\n"),
    Probe("another protocol", 400, "GET / HTTX/1.1\r\nHost: a\r\n\r\n"),
    Probe("HTTP/2.0", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Probe("HTTP/1.2", 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
    Probe("HTTP/0.9", 505, "GET / HTTP/0.9\r\nHost: a\r\n\r\n"),
    Probe("a fragment", 400, "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("a target beyond ASCII", 400, "GET /é HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("a target without a slash", 400, "GET x HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("a target of another scheme", 400, "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("a target with a list of hosts", 400, "GET http://a,b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("a target without a host", 400, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("a target with a user", 400, "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("a TLS hello", 400, [0x16, 0x03, 0x01, 0x00, 0x05, 0x0a, 0x0a, 0x0d, 0x0a, 0x0d, 0x0a]),

    // Limits
    Probe(
      "a long request line", 414,
      "GET /" + String(repeating: "a", count: 5000) + " HTTP/1.1\r\nHost: a\r\n\r\n"),
    Probe("a long field", 431, get("X: " + String(repeating: "a", count: 5000))),
    Probe(
      "many fields", 431, "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 40) + "\r\n"),
    Probe("a large body by its length", 413, post("Content-Length: 100000")),
    Probe("a large chunk by its size", 413, post("Transfer-Encoding: chunked", body: "fffff\r\n")),
    Probe(
      "many chunks", 413,
      post(
        "Transfer-Encoding: chunked",
        body: String(repeating: "3e8\r\n" + String(repeating: "a", count: 1000) + "\r\n", count: 20))),
    Probe("an unknown expectation", 417, post("Expect: tea", "Content-Length: 5", body: "hello")),
  ]
}

@Suite("RFC 9112 What is not clearly one request is refused")
struct ProbeTests {
  @Test(arguments: Probe.all)
  func `a probe is answered as it should be, and what is refused ends the connection`(
    probe: Probe
  ) async throws {
    try await withServer(
      echo,
      {
        $0.headLimit = 4096
        $0.fieldLimit = 32
        $0.bodyLimit = 10_000
        $0.headTime = .seconds(2)
        $0.bodyTime = .seconds(2)
      }
    ) { server in
      let client = try Client(server.port)
      try await client.send(probe.bytes)
      let answer = try await client.answer()
      #expect(answer.status == probe.status)
      if probe.closes {
        #expect(answer.fields["connection"] == "close")
        #expect(answer.fields["content-type"] == "application/json")
        #expect(answer.body.hasPrefix(#"{"error":""#))
        client.finishSending()
        #expect(try await client.receiveAll().isEmpty)
      }
    }
  }

  @Test(arguments: [
    "\r\n" + Probe.get(), Probe.post("Content-Length: 5", body: "hello"),
    Probe.post("Transfer-Encoding: chunked", body: "2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\n\r\n"),
    Probe.post("Transfer-Encoding: chunked", body: "0\r\n\r\n"),
  ])
  func `a request that comes byte by byte is the same request`(text: String) async throws {
    try await withServer { server in
      let whole = try Client(server.port)
      try await whole.send(text)
      let slow = try Client(server.port)
      for byte in text.utf8 { try await slow.send([byte]) }
      #expect(try await slow.answer().body == whole.answer().body)
    }
  }

  @Test func `a folded line is refused when it comes in two pieces`() async throws {
    try await withServer { server in
      let client = try Client(server.port)
      try await client.send("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n")
      try await client.send(" z\r\n\r\n")
      #expect(try await client.answer().status == 400)
    }
  }
}
