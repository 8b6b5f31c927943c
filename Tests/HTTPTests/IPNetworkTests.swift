import HTTP
import Testing

@Suite("RFC 4632 §3.1 networks")
struct IPNetworkTests {
  @Test(arguments: [
    "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08 ", "10.0.0.0/8/8",
    "10.0.0.1/8", "10.0.0.0.0/8", "fc00::/129", "fc00::1/7", "::/0x0", "host/8", "10.0.0.0/٨",
    "::ffff:10.0.0.0/8", "::ffff:10.0.0.0/95", "::ffff:10.0.0.1/104", "::ffff:10.0.0.0/129",
    "fe80::1%eth0/64",
    "[fc00::]/7", "10.0.0.0:80/8", "0.0.0.1/0", "::1/0", "2001:db8::1/127",
  ])
  func `what is no network is none`(text: String) { #expect(IPNetwork(text) == nil) }

  @Test(arguments: [
    ("0.0.0.0/0", "255.255.255.255", true), ("0.0.0.0/0", "::1", false), ("::/0", "ffff::", true),
    ("::/0", "1.2.3.4", false), ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
    ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.2", false), ("10.0.0.0/31", "10.0.0.1", true),
    ("fc00::/7", "fdff::1", true), ("fc00::/7", "fe00::", false), ("2001:db8::/32", "2001:db8:ffff::", true),
    ("::1/128", "::1", true), ("::1/128", "::2", false), ("10.0.0.0/8", "::ffff:10.0.0.1", true),
    ("::ffff:10.0.0.0/104", "10.255.255.255", true), ("::ffff:10.0.0.0/104", "11.0.0.0", false),
    ("::ffff:0:0/96", "255.255.255.255", true), ("::ffff:0:0/96", "::1", false),
    ("::ffff:10.0.0.1/128", "10.0.0.1", true), ("::ffff:10.0.0.1/128", "10.0.0.2", false),
    ("0.0.0.0/1", "127.255.255.255", true), ("0.0.0.0/1", "128.0.0.0", false),
    ("128.0.0.0/1", "255.255.255.255", true), ("::/1", "7fff::", true), ("::/1", "8000::", false),
    ("10.0.0.1/32", "10.0.0.1", true), ("10.0.0.1/32", "10.0.0.0", false),
    ("2001:db8::2/127", "2001:db8::3", true), ("2001:db8::2/127", "2001:db8::1", false),
    ("2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff", true), ("2001:db8::/64", "2001:db8:0:1::", false),
    ("2001:db8::/65", "2001:db8::8000:0:0:0", false), ("64:ff9b::/96", "192.0.2.1", false),
  ])
  func `it holds what begins with its bits`(network: String, address: String, isInside: Bool) throws {
    let network = try #require(IPNetwork(network))
    #expect(network.contains(try #require(IPAddress(address))) == isInside)
  }
}
