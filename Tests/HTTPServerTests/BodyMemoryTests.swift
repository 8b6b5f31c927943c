import HTTP
import HTTPServer
import Testing

@Suite("Bodies that come slowly take no more memory than they may")
struct BodyMemoryTests {
  @Test func `beyond the limit a large body is answered 503, a small one is taken`() async throws {
    try await withServer(
      echo,
      {
        $0.loops = 1
        $0.unfinishedBodyLimit = 300_000
        $0.smallBody = 1000
      }
    ) { server in
      let part =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n"
        + String(repeating: "x", count: 199_999)
      let patient = try Client(server.port)
      try await patient.send(part)
      // The one loop has answered others since: it has seen the first head before the second is sent.
      for _ in 0..<3 {
        let between = try Client(server.port)
        try await between.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try await between.answer()
      }
      let second = try Client(server.port)
      try await second.send(part)
      #expect(try await second.answer().status == 503)
      let small = try Client(server.port)
      try await small.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
      #expect(try await small.answer().status == 200)
      try await patient.send("x")
      #expect(try await patient.answer().status == 200)
      // What was held is given back, by those that were answered and by those that were refused.
      for _ in 0..<4 {
        let later = try Client(server.port)
        try await later.send(part + "x")
        #expect(try await later.answer().status == 200)
      }
    }
  }
}
