internal import OAuth
internal import Testing

@Suite("Resources and issuers (RFC 8707, RFC 8414)")
struct ResourceTests {
  @Test(arguments: [
    ("https://gate.example/mcp", "https://gate.example/mcp"),
    ("HTTPS://GATE.Example/mcp", "https://gate.example/mcp"),
    ("https://gate.example", "https://gate.example"), ("https://gate.example/", "https://gate.example"),
    ("https://gate.example//", "https://gate.example"),
    ("https://gate.example/mcp/", "https://gate.example/mcp"),
    ("https://gate.example:443/mcp", "https://gate.example/mcp"),
    ("http://gate.example:80/mcp", "http://gate.example/mcp"),
    ("https://gate.example:80/mcp", "https://gate.example:80/mcp"),
    ("http://127.0.0.1:8080/mcp", "http://127.0.0.1:8080/mcp"),
    ("https://gate.example/MCP", "https://gate.example/MCP"),
    ("https://gate.example/mcp?a=b", "https://gate.example/mcp?a=b"),
    ("https://[2001:DB8::1]/mcp", "https://[2001:db8::1]/mcp"),
    ("https://gate.example/a%2Fb", "https://gate.example/a%2Fb"),
    ("https://gate.example/a/../mcp", "https://gate.example/a/../mcp"),
  ])
  func `RFC 8707 §2 one form of each`(asked: String, canonical: String) throws {
    let resource = try #require(Resource(asked))
    #expect(resource.text == canonical)
    #expect(Resource(resource.text) == resource)
  }

  @Test(arguments: [
    "", "mcp", "/mcp", "//gate.example/mcp", "gate.example/mcp", "https:", "https://", "https:///mcp",
    "https:mcp",
    "https://gate.example/mcp#", "https://gate.example/mcp#f", "https://u@gate.example/mcp", "urn:mcp:x",
    "ftp://gate.example",
    "javascript:alert(1)", "https://gate.example/m cp", "https://gate.example\\mcp", "https://gate..example/",
    "https://*/mcp",
    "https://gate.example:x/", "https://münchen.example/mcp", " https://gate.example/mcp",
    "https://gate.example/mcp\n",
    "https://gate.example/" + String(repeating: "a", count: 2048),
  ])
  func `RFC 8707 §2 what is no absolute URI, or has a fragment, is no resource`(asked: String) {
    #expect(Resource(asked) == nil)
  }

  @Test(arguments: [
    ("https://gate.example/mcp", "https://gate.example"),
    ("https://gate.example:8443/a?b", "https://gate.example:8443"),
    ("https://gate.example", "https://gate.example"), ("http://[::1]:8080/mcp", "http://[::1]:8080"),
    ("https://gate.example?a/b", "https://gate.example"),
  ])
  func `its origin`(text: String, origin: String) {
    #expect(Resource(text)?.origin == origin)
  }

  @Test(arguments: [
    ("https://gate.example", "https://gate.example", "", "https://gate.example/mcp", ["/mcp", "/odoo/mcp"]),
    ("https://gate.example/", "https://gate.example", "", "https://gate.example/mcp", ["/mcp", "/odoo/mcp"]),
    (
      "https://gate.example/t", "https://gate.example/t", "/t", "https://gate.example/t/mcp",
      ["/t/mcp", "/t/odoo/mcp"]
    ),
    (
      "https://gate.example/a/b/", "https://gate.example/a/b", "/a/b", "https://gate.example/a/b/mcp",
      ["/a/b/mcp", "/a/b/odoo/mcp"]
    ),
    (
      "http://127.0.0.1:8080", "http://127.0.0.1:8080", "", "http://127.0.0.1:8080/mcp",
      ["/mcp", "/odoo/mcp"]
    ),
  ])
  func `RFC 8414 §2 an issuer and what it names`(
    text: String, url: String, path: String, resource: String, paths: [String]
  ) throws {
    let issuer = try #require(Issuer(text))
    #expect(issuer.url == url && issuer.path == path && issuer.resource.text == resource)
    #expect(issuer.resourcePaths == paths)
    #expect(issuer.isSecure == text.hasPrefix("https"))
  }

  @Test(arguments: [
    "", "gate.example", "https://gate.example?a=b", "https://gate.example/#f", "ftp://gate.example",
    "https://u@gate.example", "http://gate.example", "http://10.0.0.1:8080", "http://localhost.evil.example",
    "https://gate.example:0443",
  ])
  func `RFC 8414 §2 no query, no fragment, no other scheme`(text: String) {
    #expect(Issuer(text) == nil)
  }

  @Test(arguments: [
    ("https://gate.example/t/mcp", true), ("https://gate.example/t/mcp/", true),
    ("https://gate.example/t", true),
    ("https://gate.example", true), ("https://gate.example/t/odoo/mcp", true),
    ("https://gate.example/mcp", false),
    ("https://gate.example/other", false), ("https://gate.example/t/mcp/x", false),
    ("https://gate.example/t/mcp?a=b", false),
    ("http://gate.example/t/mcp", false), ("https://gate.example:444/t/mcp", false),
    ("https://gate.example.evil.example/t/mcp", false),
    ("https://gate.example/T/mcp", false),
  ])
  func `B45 B48 which names mean this resource`(asked: String, isOurs: Bool) throws {
    let issuer = try #require(Issuer("https://gate.example/t"))
    #expect(issuer.accepts(try #require(Resource(asked))) == isOurs)
  }

  @Test(arguments: [
    ("https://c.example", true), ("https://c.example/a?b#c", true), ("http://c.example", false),
    ("https://localhost", false),
    ("https://c.local", false), ("https://c.internal/", false), ("https://intra", false),
    ("https://10.0.0.1", false),
    ("https://[2001:db8::1]/", false), ("data:image/png,x", false), ("javascript:alert(1)", false),
    ("https://u:p@c.example", false),
    ("https://127.0.0.1/", false), ("https://c.localhost/", false), ("https://0x7f.1/", true),
  ])
  func `H32 RFC 7591 §2 a link that can be shown to people`(text: String, isLink: Bool) {
    #expect((WebLink(text) != nil) == isLink)
  }
}
