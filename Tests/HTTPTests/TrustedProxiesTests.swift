import HTTP
import Testing

@Suite struct `Trusted proxies` {
  @Test(arguments: [
    ("10.0.0.9", ["1.2.3.4"], "10.0.0.9"),  // not a proxy of ours: its word does not count
    ("127.0.0.1", [], "127.0.0.1"),
    ("127.0.0.1", ["1.2.3.4"], "1.2.3.4"),
    // the first was there before: anybody may have written it
    ("127.0.0.1", ["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["6.6.6.6", "1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["6.6.6.6, 1.2.3.4 , 10.0.0.1"], "1.2.3.4"),
    ("127.0.0.1", ["2001:db8::1"], "2001:db8::1"),
    ("127.0.0.1", ["::ffff:1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["6.6.6.6, unknown"], "127.0.0.1"),
    ("127.0.0.1", ["6.6.6.6,"], "127.0.0.1"),
    ("127.0.0.1", ["10.0.0.1"], "10.0.0.1"),
  ])
  func `the client is the last address before our own proxies`(
    peer: String, forwarded: [String], client: String
  ) throws {
    let proxies = TrustedProxies([.loopback, try #require(IPAddress("10.0.0.1"))])
    var request = Request(method: .get, path: "/", peer: try #require(IPAddress(peer)))
    for line in forwarded { request.fields.add("X-Forwarded-For", line) }
    #expect(proxies.client(of: request) == IPAddress(client))
  }
}
