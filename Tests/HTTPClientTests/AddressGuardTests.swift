import HTTP
import HTTPClient
import Testing

@Suite("I8 to I16 Which addresses may be fetched from")
struct AddressGuardTests {
  @Test(arguments: [
    // RFC 6890 and the registries of special-purpose addresses, first and last of each.
    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.0", "100.100.100.200",
    "100.127.255.255", "127.0.0.0", "127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.169.254",
    "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.192", "192.0.2.1",
    "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::2", "::7f00:1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:1ff:ffff::1", "2001:db8::1",
    "2002:7f00:1::", "2002:a00:1::1", "3fff::1", "4000::1", "fc00::1", "fd00:ec2::254", "fdff::1", "fe80::1",
    "febf::1", "fec0::1", "ff02::1", "ffff::1",
  ])
  func `a special address is refused`(text: String) throws {
    #expect(!AddressGuard().admits(try #require(IPAddress(text))))
  }

  @Test(arguments: [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.0", "160.79.104.1", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
    "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8",
    "2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450::1", "3ffe::1",
  ])
  func `a public address is admitted`(text: String) throws {
    #expect(AddressGuard().admits(try #require(IPAddress(text))))
  }

  @Test(arguments: [
    ("127.0.0.1", true), ("127.0.0.2", false), ("10.1.2.3", true), ("10.2.0.1", false), ("fd12::5", true),
    ("fd13::5", false), ("::ffff:127.0.0.1", true), ("8.8.8.8", true),
  ])
  func `what the operator allowed is admitted, and no more`(text: String, isAdmitted: Bool) throws {
    let networks = ["127.0.0.1", "10.1.0.0/16", "fd12::/16"].compactMap { IPNetwork($0) }
    #expect(networks.count == 3)
    #expect(AddressGuard(allowing: networks).admits(try #require(IPAddress(text))) == isAdmitted)
  }
}
