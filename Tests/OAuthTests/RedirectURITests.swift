internal import OAuth
internal import Testing

@Suite("Redirect URIs (OAuth 2.1 §2.3, RFC 8252)")
struct RedirectURITests {
  @Test(arguments: [
    "https://c.example/cb", "https://c.example", "https://c.example/", "https://c.example:8443/cb",
    "https://c.example/cb?a=b", "https://c.example/cb?", "https://C.Example/cb",
    "https://sub.sub.c.example/a/b/c",
    "https://xn--mnchen-3ya.example/cb", "https://192.0.2.1/cb", "https://[2001:db8::1]/cb",
    "https://c.example/cb%20x",
    "https://localhost/cb", "https://c/cb", "HTTPS://c.example/cb", "http://localhost/cb",
    "http://localhost:1/cb",
    "http://localhost:65535/cb", "http://localhost", "http://127.0.0.1/", "http://127.0.0.1:33418/",
    "http://[::1]/cb",
    "http://[::1]:9/cb", "http://localhost:3000/?state=abc", "HTTP://localhost/cb",
    "cursor://anysphere.cursor-mcp/oauth/callback", "com.example.app:/cb", "com.example.app://cb",
    "vscode://x.y/z",
    "claude://login", "windsurf://a/cb", "zed://cb", "com.microsoft.app://cb", "msal1234://auth",
    "vscode-insiders://x.y/z", "myapp-x+y.z://cb?a=b",
  ])
  func `§2_3_1 is accepted at registration, and kept byte for byte`(text: String) throws {
    #expect(try RedirectURI(registering: text).text == text)
    #expect(RedirectURI(registered: text)?.text == text)
  }

  @Test(arguments: [
    "", " ", "cb", "/cb", "//c.example/cb", "?a=b", "#f", ":", "://c.example", "1https://c.example",
    "-x://c.example",
    "ht tp://c.example", "https://c.example/cb#", "https://c.example/cb#f", "https://u@c.example/",
    "https://u:p@c.example/",
    "https://@c.example/", "https://c.example@evil.example/", "https://c.example\\@evil.example/",
    "https://c.example\\cb",
    "https://", "https:///cb", "https:cb", "https:/cb", "https://?a", "https://:443/",
    "https://c.example:/cb",
    "https://c.example:0x50/", "https://c.example:65536/", "https://c.example:-1/",
    "https://c.example:443:443/",
    "https://c..example/", "https://.c.example/", "https://c.example./cb", "https://*.c.example/",
    "https://*/",
    "https://c.exa mple/", "https://c.example/c b", "https://c.example/\tcb", "https://c.example/cb\n",
    "https://c.example/\0", "https://c%2eexample/", "https://münchen.example/", "https://c.example/é",
    "https://c.example/<script>", "https://c.example/\"", "https://c.example/^", "https://c.example/`",
    "https://c.example/{x}", "https://c.example/|", "https://[::1", "https://[zz]/", "https://::1/",
    "http://c.example/cb", "http://127.0.0.1.evil.example/", "http://localhost.evil.example/",
    "http://127.0.0.2/",
    "http://0.0.0.0/", "http://127.1/", "http://2130706433/", "http://0x7f.0.0.1/", "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://localhost@evil.example/", "http://localhost:99999/", "http://10.0.0.1/", "http://LOCALHOST.evil/",
    "http:",
    "http:localhost/cb", "http:/localhost/cb", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)", "java\nscript:alert(1)", "javascript://c.example/%0aalert(1)",
    "data:text/html,x",
    "DATA:text/html;base64,eA==", "vbscript:x", "file:///etc/passwd", "blob:https://c.example/1",
    "about:blank",
    "filesystem:https://c.example/", "view-source:https://c.example/", "ws://c.example/", "wss://c.example/",
    "ftp://c.example/", "mailto:a@b.example", "tel:1", "intent://x#Intent;end", "jar:https://c.example!/",
    "x:y", "ab:y", "ms-msdt:/id", "MS-Word:ofe|u|x", "ms-word:ofe", "search-ms:query=x", "search:x",
    "steam://run/1",
    "ms-officecmd:%7B%7D", "shell:startup", "android-app://c.example/", "itms-services://?action=download",
    "ldap://c/",
    "smb://c.example/x", "ssh://c.example/", "chrome-extension://a/b.html", "moz-extension://a/",
    "jnlp://c.example/",
    "x-apple.systempreferences:a", "facetime:a", "sms:1", "shortcuts://run", "content://a/b", "mhtml:x",
    "microsoft-edge:https://c.example/", "help://x", "web+x://c.example/", "https://c.example:0443/",
  ])
  func `§2_3_1 is refused at registration, with a reason that is ASCII`(text: String) throws {
    let refusal = #expect(throws: RedirectURI.Refusal.self) { try RedirectURI(registering: text) }
    #expect(refusal?.says.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 } ?? false)
    #expect(RedirectURI(registered: text) == nil)
  }

  @Test(arguments: [
    ("https://c.example/cb", "https://c.example/cb", true),
    ("https://c.example/cb", "https://c.example/CB", false),
    ("https://c.example/cb", "https://C.example/cb", false),
    ("https://c.example/cb", "https://c.example:443/cb", false),
    ("https://c.example/cb", "https://c.example/cb/", false),
    ("https://c.example", "https://c.example/", false),
    ("https://c.example/cb", "https://c.example/cb?x=1", false),
    ("https://c.example/cb?x=1", "https://c.example/cb", false),
    ("https://c.example/cb", "http://c.example/cb", false),
    ("https://c.example/cb", "https://c.example/./cb", false),
    ("https://localhost/cb", "https://localhost:1/cb", false),
    ("https://127.0.0.1/cb", "https://127.0.0.1:1/cb", false),
    ("http://localhost/cb", "http://localhost:1/cb", true),
    ("http://localhost:1/cb", "http://localhost/cb", true),
    ("http://localhost:1/cb", "http://localhost:2/cb", true),
    ("http://127.0.0.1/", "http://127.0.0.1:9", true),
    ("http://127.0.0.1", "http://127.0.0.1:9/", true), ("http://[::1]/cb", "http://[::1]:2/cb", true),
    ("http://localhost/cb", "http://localhost:1/cb/", false),
    ("http://localhost/cb", "http://localhost:1/CB", false),
    ("http://localhost/cb", "http://localhost:1/%63b", false),
    ("http://localhost/cb", "http://127.0.0.1:1/cb", false),
    ("http://127.0.0.1/cb", "http://localhost/cb", false), ("http://127.0.0.1/cb", "http://[::1]/cb", false),
    ("http://localhost/cb", "https://localhost:1/cb", false),
    ("http://localhost/cb", "http://u@localhost:1/cb", false),
    ("http://localhost/cb", "http://localhost:1/cb#f", false),
    ("http://localhost/cb", "http://localhost:0x1/cb", false),
    ("http://localhost/cb", "http://localhost:1/cb?a=b", false),
    ("http://localhost/cb?a=b", "http://localhost:1/cb?a=b", true),
    ("http://localhost/cb?a=b", "http://localhost:1/cb", true),
    ("http://localhost/cb?a=b", "http://localhost:1/cb?a=c", false),
    ("http://localhost:3000/?state=u", "http://localhost:3000", true),
    ("http://localhost/cb", "http://LOCALHOST/cb", false),
    ("cursor://a/cb", "cursor://a/cb", true), ("cursor://a/cb", "cursor://a/cb2", false),
    ("cursor://a:1/cb", "cursor://a:2/cb", false),
  ])
  func `§4_1_1 is compared as text, but for a loopback port (RFC 8252 §7_3)`(
    registered: String, asked: String, isSame: Bool
  ) throws {
    let match = RedirectURI.match(asked, among: [try RedirectURI(registering: registered)])
    #expect((match != nil) == isSame)
    if isSame { #expect(match?.text == asked) }
  }

  @Test func `one of many is enough, none of none`() throws {
    let uris = try ["https://a.example/", "https://b.example/"].map { try RedirectURI(registering: $0) }
    #expect(RedirectURI.match("https://b.example/", among: uris) != nil)
    #expect(RedirectURI.match("https://b.example/", among: []) == nil)
  }

  @Test(arguments: [
    ("https://c.example/cb", "https://c.example/cb?code=1"),
    ("https://c.example/cb?a=b", "https://c.example/cb?a=b&code=1"),
    ("https://c.example/cb?", "https://c.example/cb?code=1"),
    ("https://c.example/cb?a&", "https://c.example/cb?a&code=1"),
    ("https://c.example", "https://c.example?code=1"), ("com.example:/cb", "com.example:/cb?code=1"),
  ])
  func `§4_1_2 the answer goes behind the URI's own query`(uri: String, whole: String) throws {
    #expect(try RedirectURI(registering: uri).with("code=1") == whole)
  }

  @Test(arguments: [
    ("https://c.example:8443/cb", "c.example:8443", false), ("http://localhost:1/cb", "localhost:1", true),
    ("http://[::1]:1/cb", "[::1]:1", true), ("cursor://a/cb", "cursor://", false),
    ("com.example:/cb", "com.example://", false),
    ("https://localhost/cb", "localhost", false),
  ])
  func `what a person is shown of it`(uri: String, host: String, isLoopback: Bool) throws {
    let uri = try RedirectURI(registering: uri)
    #expect(uri.displayHost == host && uri.isLoopback == isLoopback)
  }

  @Test(arguments: [(2048, true), (2049, false)])
  func `a limit of length`(length: Int, isAccepted: Bool) {
    let text = "https://c.example/"
    #expect(
      (RedirectURI(registered: text + String(repeating: "a", count: length - text.utf8.count)) != nil)
        == isAccepted)
  }
}
