import HTTP
import Testing

@Suite("RFC 4291 IP addresses")
struct IPAddressTests {
  @Test(arguments: [
    ("0.0.0.0", "0.0.0.0"), ("127.0.0.1", "127.0.0.1"), ("255.255.255.255", "255.255.255.255"),
    ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
    ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
    ("::ffff:10.0.0.1", "10.0.0.1"), ("::ffff:0a00:0001", "10.0.0.1"),
    ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
  ])
  func `RFC 5952 §4 an address has one text`(text: String, canonical: String) throws {
    let address = try #require(IPAddress(text))
    #expect(address.description == canonical)
    #expect(IPAddress(canonical) == address)
  }

  @Test(arguments: [
    "", " ", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "0x7f.0.0.1", "1.2.3.4 ", "+1.2.3.4",
    "1..2.3",
    ":", ":::", "1:::2", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::",
    "g::",
    "::1%lo", "[::1]", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "::+1", "1:2:3:4:5:6:7:1.2.3.4",
  ])
  func `anything else is no address`(text: String) { #expect(IPAddress(text) == nil) }

  @Test func `an IPv4-mapped address is the IPv4 address`() {
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 2, 3]
    #expect(IPAddress(octets: mapped) == IPAddress(octets: [10, 1, 2, 3]))
    #expect(IPAddress(high: 0, low: 0xffff_0a01_0203) == IPAddress("10.1.2.3"))
  }

  @Test(arguments: [0, 3, 5, 15, 17]) func `an address has 4 or 16 octets`(count: Int) {
    #expect(IPAddress(octets: [UInt8](repeating: 1, count: count)) == nil)
  }

  @Test(arguments: [
    ("127.0.0.1", true), ("127.255.0.1", true), ("::1", true), ("::ffff:127.0.0.1", true),
    ("128.0.0.1", false), ("10.0.0.1", false), ("::2", false), ("::", false), ("1::1", false),
  ])
  func `RFC 1122 §3.2.1.3 the loopback addresses are these`(text: String, isLoopback: Bool) throws {
    #expect(try #require(IPAddress(text)).isLoopback == isLoopback)
  }
}
