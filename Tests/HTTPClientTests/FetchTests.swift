import Foundation
import HTTP
import HTTPClient
import HTTPServer
import Support
import Synchronization
import Testing

@Suite("Fetching what others publish")
struct FetchTests {
  private static let small = HTTPClient.Limits(body: 100, head: 2000, time: .seconds(10))

  private static func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0x61, count: count) }

  @Test func `a document comes whole, with its status and fields`() async throws {
    try await withPublisher { request in
      #expect(request.fields["accept"] == "application/json")
      #expect(request.fields["accept-encoding"] == nil)
      #expect(request.fields["authorization"] == nil && request.fields["cookie"] == nil)
      return Response(
        status: 203, fields: ["content-type": "application/json", "cache-control": "max-age=7"],
        body: Array("{\"a\":1}".utf8))
    } _: { publisher in
      let reply = try await publisher.client().get(publisher.url("/x?y=1"))
      #expect(reply.status == 203)
      #expect(reply.fields["cache-control"] == "max-age=7")
      #expect(String(decoding: reply.body, as: UTF8.self) == "{\"a\":1}")
    }
  }

  @Test(arguments: [301, 302, 303, 307, 308])
  func `I18 a redirect is an answer and not followed`(status: Int) async throws {
    let seen = Mutex<[String]>([])
    try await withPublisher { request in
      seen.withLock { $0.append(request.path) }
      return Response(status: status, fields: ["location": "/other"])
    } _: { publisher in
      let reply = try await publisher.client().get(publisher.url("/x"))
      #expect(reply.status == status)
    }
    #expect(seen.withLock { $0 } == ["/x"])
  }

  @Test(arguments: [(100, true), (101, false), (500_000, false)])
  func `I20 an answer of more than the limit is broken off`(length: Int, isTaken: Bool) async throws {
    try await withPublisher { _ in
      Response(status: 200, body: Self.bytes(length))
    } _: { publisher in
      let client = try publisher.client()
      if isTaken {
        #expect(try await client.get(publisher.url("/"), limits: Self.small).body.count == length)
      } else {
        await #expect(throws: HTTPClientError.tooLong) {
          try await client.get(publisher.url("/"), limits: Self.small)
        }
      }
    }
  }

  @Test func `I20 an answer in chunks, without a length, is broken off too`() async throws {
    try await withPublisher { _ in
      Response(
        status: 200, fields: [:],
        stream: { stream in
          var isOpen = true
          for _ in 0..<1000 where isOpen { isOpen = await stream.write(Self.bytes(1000)) }
        })
    } _: { publisher in
      let client = try publisher.client()
      await #expect(throws: HTTPClientError.tooLong) {
        try await client.get(publisher.url("/"), limits: Self.small)
      }
    }
  }

  @Test func `I20 header fields have a limit as well`() async throws {
    try await withPublisher { _ in
      Response(status: 200, fields: ["x-long": String(repeating: "a", count: 3000)])
    } _: { publisher in
      let client = try publisher.client()
      await #expect(throws: HTTPClientError.tooLong) {
        try await client.get(publisher.url("/"), limits: Self.small)
      }
    }
  }

  @Test func `I20 a body that is packed is not unpacked, and refused`() async throws {
    try await withPublisher { _ in
      Response(status: 200, fields: ["content-encoding": "gzip"], body: Self.bytes(20))
    } _: { publisher in
      let client = try publisher.client()
      await #expect { try await client.get(publisher.url("/")) } throws: { error in
        if case .unreachable = error as? HTTPClientError { true } else { false }
      }
    }
  }

  @Test func `I21 an answer that is late is broken off`() async throws {
    let gate = Gate()
    try await withPublisher { _ in
      await gate.wait()
      return Response(status: 200)
    } _: { publisher in
      let client = try publisher.client()
      var limits = HTTPClient.Limits()
      limits.time = .milliseconds(200)
      await #expect(throws: HTTPClientError.tooSlow) {
        try await client.get(publisher.url("/"), limits: limits)
      }
      await gate.open()
    }
  }

  @Test func `I8 a host at a loopback address is refused when the socket would open`() async throws {
    let requests = Atomic<Int>(0)
    try await withPublisher { _ in
      requests.add(1, ordering: .relaxed)
      return Response(status: 200)
    } _: { publisher in
      let client = try HTTPClient(authorities: publisher.authorities)
      for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"] {
        await #expect(throws: HTTPClientError.forbiddenAddress, "\(host)") {
          try await client.get("https://\(host):\(publisher.port)/")
        }
      }
    }
    #expect(requests.load(ordering: .relaxed) == 0)
  }

  @Test(arguments: [
    "http://example.com/", "HTTPS://example.com/", "file:///etc/passwd", "ftp://example.com/",
    "https://example.com/a b", "https://example.com/\n", "gopher://example.com/", "", "example.com",
    "https://u:p@example.com/", "https://é.example/",
  ])
  func `a URL that is not plain https is never fetched`(url: String) async throws {
    let client = try HTTPClient(door: AddressGuard(), concurrency: 1)
    await #expect(throws: HTTPClientError.unfitURL) { try await client.get(url) }
  }

  @Test func `a certificate of nobody we trust, or of another name, is refused`() async throws {
    try await withPublisher { _ in
      Response(status: 200)
    } _: { publisher in
      let door = AddressGuard(
        allowing: [try #require(IPNetwork("127.0.0.1")), try #require(IPNetwork("::1"))])
      let strangers = try HTTPClient(door: door)
      let wrongName = try HTTPClient(door: door, authorities: publisher.authorities)
      for (client, host) in [(strangers, "127.0.0.1"), (wrongName, "localhost")] {
        await #expect { try await client.get("https://\(host):\(publisher.port)/") } throws: { error in
          if case .unreachable = error as? HTTPClientError { true } else { false }
        }
      }
    }
  }

  @Test func `more requests than may wait are refused`() async throws {
    let gate = Gate()
    try await withPublisher { _ in
      await gate.wait()
      return Response(status: 200)
    } _: { publisher in
      let client = try HTTPClient(
        door: AddressGuard(allowing: [try #require(IPNetwork("127.0.0.1"))]),
        authorities: publisher.authorities, concurrency: 1, waiting: 1)
      let outcomes = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<10 {
          group.addTask {
            do {
              _ = try await client.get(publisher.url("/"))
              return true
            } catch {
              // The first refusal lets the others end.
              await gate.open()
              return false
            }
          }
        }
        return await group.reduce(into: [Bool]()) { $0.append($1) }
      }
      #expect(outcomes.contains(false) && outcomes.contains(true))
    }
  }
}

/// What a handler waits at until the test lets it go on.
private actor Gate {
  private var isOpen = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func wait() async {
    guard !isOpen else { return }
    await withCheckedContinuation { waiting.append($0) }
  }

  func open() {
    isOpen = true
    for continuation in waiting { continuation.resume() }
    waiting = []
  }
}
