import HTTP
import Testing

/// Product row B6: whose address a request has. Our proxies are 127.0.0.1, 10.0.0.1 and 2001:db8:f::1.
@Suite struct `Trusted proxies` {
  private func client(
    of peer: String, _ field: TrustedProxies.Field, _ fields: [(name: String, value: String)]
  ) throws -> IPAddress {
    let proxies = TrustedProxies(
      [.loopback, try #require(IPAddress("10.0.0.1")), try #require(IPAddress("2001:db8:f::1"))], in: field)
    var request = Request(method: .get, path: "/", peer: try #require(IPAddress(peer)))
    for field in fields { request.fields.add(field.name, field.value) }
    return proxies.client(of: request)
  }

  /// Peer, the lines of `X-Forwarded-For`, and who it is then.
  @Test(arguments: [
    // Not a proxy of ours: its word does not count.
    ("10.0.0.9", ["1.2.3.4"], "10.0.0.9"),
    ("10.0.0.9", ["127.0.0.1"], "10.0.0.9"),
    ("2001:db8::9", ["1.2.3.4"], "2001:db8::9"),
    ("203.0.113.9", ["1.2.3.4, 10.0.0.1"], "203.0.113.9"),
    // A proxy that says nothing.
    ("127.0.0.1", [], "127.0.0.1"),
    ("127.0.0.1", [""], "127.0.0.1"),
    ("127.0.0.1", ["1.2.3.4"], "1.2.3.4"),
    ("::ffff:127.0.0.1", ["1.2.3.4"], "1.2.3.4"),
    ("2001:db8:f::1", ["1.2.3.4"], "1.2.3.4"),
    // The first was there before: anybody may have written it.
    ("127.0.0.1", ["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["6.6.6.6", "1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["127.0.0.1, 1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["10.0.0.1", "1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["6.6.6.6,1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["6.6.6.6 , \t1.2.3.4 "], "1.2.3.4"),
    // Quotation marks mean nothing in it: an open one swallows nothing of ours.
    ("127.0.0.1", ["\"6.6.6.6, 1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["\"6.6.6.6", "1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["\\\", 1.2.3.4"], "1.2.3.4"),
    // Several proxies of ours, one after the other.
    ("127.0.0.1", ["6.6.6.6, 1.2.3.4 , 10.0.0.1"], "1.2.3.4"),
    ("127.0.0.1", ["6.6.6.6, 1.2.3.4", "10.0.0.1"], "1.2.3.4"),
    ("127.0.0.1", ["1.2.3.4, 2001:db8:f::1, 10.0.0.1"], "1.2.3.4"),
    ("127.0.0.1", ["6.6.6.6, 10.0.0.1, 1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["10.0.0.1"], "10.0.0.1"),
    ("127.0.0.1", ["::ffff:10.0.0.1"], "10.0.0.1"),
    // Every form of an address.
    ("127.0.0.1", ["2001:db8::1"], "2001:db8::1"),
    ("127.0.0.1", ["2001:0DB8:0:0::0001"], "2001:db8::1"),
    ("127.0.0.1", ["::ffff:1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["1.2.3.4:443"], "1.2.3.4"),
    ("127.0.0.1", ["6.6.6.6, 1.2.3.4:1"], "1.2.3.4"),
    ("127.0.0.1", ["[2001:db8::1]"], "2001:db8::1"),
    ("127.0.0.1", ["[2001:db8::1]:443"], "2001:db8::1"),
    ("127.0.0.1", ["[::ffff:1.2.3.4]:443"], "1.2.3.4"),
    ("127.0.0.1", ["1.2.3.4, [2001:db8:f::1]:443"], "1.2.3.4"),
    // What our proxy tells nobody's address with is the proxy.
    ("127.0.0.1", ["6.6.6.6, unknown"], "127.0.0.1"),
    ("127.0.0.1", ["6.6.6.6, _hidden"], "127.0.0.1"),
    ("127.0.0.1", ["6.6.6.6,"], "127.0.0.1"),
    ("127.0.0.1", ["6.6.6.6, ,"], "127.0.0.1"),
    ("127.0.0.1", ["fe80::1%eth0"], "127.0.0.1"),
    ("127.0.0.1", ["[fe80::1%25eth0]"], "127.0.0.1"),
    ("127.0.0.1", ["[1.2.3.4]"], "127.0.0.1"),
    ("127.0.0.1", ["[2001:db8::1"], "127.0.0.1"),
    ("127.0.0.1", ["[2001:db8::1]443"], "127.0.0.1"),
    ("127.0.0.1", ["1.2.3.4:"], "127.0.0.1"),
    ("127.0.0.1", ["1.2.3.4:http"], "127.0.0.1"),
    ("127.0.0.1", ["1.2.3.4:123456"], "127.0.0.1"),
    ("127.0.0.1", ["01.2.3.4"], "127.0.0.1"),
    ("127.0.0.1", ["1.2.3"], "127.0.0.1"),
    ("127.0.0.1", ["1.2.3.4 5.6.7.8"], "127.0.0.1"),
    ("127.0.0.1", ["1.2.3.4/32"], "127.0.0.1"),
    ("127.0.0.1", ["client.example"], "127.0.0.1"),
    ("127.0.0.1", ["١.2.3.4"], "127.0.0.1"),
    ("127.0.0.1", ["unknown, 10.0.0.1"], "10.0.0.1"),
  ])
  func `the client is the last address before our own proxies`(
    peer: String, forwarded: [String], expected: String
  ) throws {
    let found = try client(of: peer, .xForwardedFor, forwarded.map { ("X-Forwarded-For", $0) })
    #expect(found == IPAddress(expected))
  }

  /// The same by RFC 7239, whose elements may be quoted and have parameters.
  @Test(arguments: [
    ("10.0.0.9", ["for=1.2.3.4"], "10.0.0.9"),
    ("127.0.0.1", [], "127.0.0.1"),
    ("127.0.0.1", ["for=1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["For=1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["FOR=\"1.2.3.4\""], "1.2.3.4"),
    ("127.0.0.1", ["for=192.0.2.60;proto=http;by=203.0.113.43"], "192.0.2.60"),
    ("127.0.0.1", ["proto=http; for=192.0.2.60 ;by=203.0.113.43"], "192.0.2.60"),
    ("127.0.0.1", ["for=\"[2001:db8:cafe::17]:4711\""], "2001:db8:cafe::17"),
    ("127.0.0.1", ["for=\"[2001:db8:cafe::17]:_port\""], "2001:db8:cafe::17"),
    ("127.0.0.1", ["for=\"192.0.2.43:47011\""], "192.0.2.43"),
    ("127.0.0.1", ["for=192.0.2.43:47011"], "192.0.2.43"),
    ("127.0.0.1", ["for=\"1\\.2.3.4\""], "1.2.3.4"),
    ("127.0.0.1", ["for=6.6.6.6, for=1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["for=6.6.6.6", "for=1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["for=6.6.6.6, for=1.2.3.4;by=\"a,b\", for=10.0.0.1"], "1.2.3.4"),
    ("127.0.0.1", ["for=1.2.3.4, for=\"[2001:db8:f::1]\";by=\"10.0.0.1\""], "1.2.3.4"),
    // What stands before our proxy's element can be anything, and changes nothing.
    ("127.0.0.1", ["for=\"6.6.6.6, for=1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["for=\"6.6.6.6\\, for=1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["\", for=1.2.3.4;proto=\"https\""], "1.2.3.4"),
    ("127.0.0.1", ["nonsense;;=, for=1.2.3.4"], "1.2.3.4"),
    ("127.0.0.1", ["for=6.6.6.6;secret=\"\\\", for=1.2.3.4"], "1.2.3.4"),
    // Nobody's address, or no element: the proxy.
    ("127.0.0.1", ["for=unknown"], "127.0.0.1"),
    ("127.0.0.1", ["for=\"_gazonk\""], "127.0.0.1"),
    ("127.0.0.1", ["for=6.6.6.6, for=_hidden, for=10.0.0.1"], "10.0.0.1"),
    ("127.0.0.1", ["for=6.6.6.6, proto=https"], "127.0.0.1"),
    ("127.0.0.1", ["for=6.6.6.6,"], "127.0.0.1"),
    ("127.0.0.1", ["for=1.2.3.4;for=6.6.6.6"], "127.0.0.1"),
    ("127.0.0.1", ["for="], "127.0.0.1"), ("127.0.0.1", ["for=\"\""], "127.0.0.1"),
    ("127.0.0.1", ["for = 1.2.3.4"], "127.0.0.1"), ("127.0.0.1", ["1.2.3.4"], "127.0.0.1"),
    ("127.0.0.1", ["for=\"[fe80::1%eth0]\""], "127.0.0.1"), ("127.0.0.1", ["for=\"1.2.3.4"], "127.0.0.1"),
    ("127.0.0.1", ["for=1.2.3.4 by=2"], "127.0.0.1"), ("127.0.0.1", [";for=1.2.3.4"], "127.0.0.1"),
  ])
  func `RFC 7239 §4 the last element before our own proxies names the client`(
    peer: String, forwarded: [String], expected: String
  ) throws {
    let found = try client(of: peer, .forwarded, forwarded.map { ("Forwarded", $0) })
    #expect(found == IPAddress(expected))
  }

  @Test func `only the field that our proxies write is read: the other one is the client's`() throws {
    let both = [("X-Forwarded-For", "1.2.3.4"), ("Forwarded", "for=5.6.7.8"), ("X-Real-IP", "6.6.6.6")]
    #expect(try client(of: "127.0.0.1", .xForwardedFor, both) == IPAddress("1.2.3.4"))
    #expect(try client(of: "127.0.0.1", .forwarded, both) == IPAddress("5.6.7.8"))
    #expect(try client(of: "127.0.0.1", .forwarded, [("X-Forwarded-For", "6.6.6.6")]) == .loopback)
    #expect(try client(of: "127.0.0.1", .xForwardedFor, [("Forwarded", "for=6.6.6.6")]) == .loopback)
  }

  @Test func `nobody is trusted who is not named`() throws {
    var request = Request(method: .get, path: "/", peer: .loopback)
    request.fields.add("X-Forwarded-For", "1.2.3.4")
    request.fields.add("Forwarded", "for=1.2.3.4")
    for field in TrustedProxies.Field.allCases {
      #expect(TrustedProxies([], in: field).client(of: request) == .loopback)
    }
  }

  @Test func `a field as long as one may be is read in a moment`() throws {
    for text in ["\"\\,", "for=\"", ",", "\\\\\\\"", "10.0.0.1,", "for=10.0.0.1,"] {
      let long = String(repeating: text, count: 16_384 / text.utf8.count)
      _ = try client(of: "127.0.0.1", .xForwardedFor, [("X-Forwarded-For", long)])
      _ = try client(of: "127.0.0.1", .forwarded, [("Forwarded", long)])
    }
  }
}
