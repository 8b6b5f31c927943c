import HTTP
import Testing

@Suite("RFC 6265 Cookies")
struct CookieTests {
  @Test func `§4.2 pairs come in their order, over one line or several`() {
    var fields: Fields = ["cookie": "a=1; b=2;c=\"3\" ; nothing; =4; a=5"]
    fields.add("cookie", "d=x=y")
    let cookies = Cookies(fields)
    #expect(cookies.pairs.map(\.name) == ["a", "b", "c", "a", "d"])
    #expect(cookies["a"] == "1")
    #expect(cookies.all("a") == ["1", "5"])
    #expect(cookies["c"] == "3")
    #expect(cookies["d"] == "x=y")
    #expect(cookies["A"] == nil)
    #expect(Cookies(Fields()).pairs.isEmpty)
  }

  @Test func `a cookie is for this host only, out of reach of scripts, and secure, unless told otherwise`()
    throws
  {
    let cookie = try #require(SetCookie(name: "__Host-session", value: "abc", maximumAge: .seconds(60)))
    #expect(cookie.text == "__Host-session=abc; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax")
    #expect(cookie.removal.text == "__Host-session=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
    let plain = try #require(
      SetCookie(name: "theme", value: "", path: "/a", isSecure: false, isHTTPOnly: false, sameSite: .strict))
    #expect(plain.text == "theme=; Path=/a; SameSite=Strict")
  }

  @Test(arguments: ["__Host-a", "__host-a", "__HOST-a"])
  func `RFC 6265bis §4.1.3.2 the __Host- prefix promises Secure and the path /`(name: String) {
    #expect(SetCookie(name: name, value: "x") != nil)
    #expect(SetCookie(name: name, value: "x", isSecure: false) == nil)
    #expect(SetCookie(name: name, value: "x", path: "/a") == nil)
  }

  @Test func `RFC 6265bis §4.1.3.1 the __Secure- prefix and SameSite=None promise Secure`() {
    #expect(SetCookie(name: "__Secure-a", value: "x", path: "/a") != nil)
    #expect(SetCookie(name: "__Secure-a", value: "x", isSecure: false) == nil)
    #expect(SetCookie(name: "a", value: "x", isSecure: false, sameSite: .none) == nil)
  }

  @Test(arguments: ["a;b", "a b", "a,b", "a\"b", "a\\b", "a\r\nb", "a\u{0}", "é"])
  func `§4.1.1 a value that a cookie can't carry is refused`(value: String) {
    #expect(SetCookie(name: "a", value: value) == nil)
  }

  @Test(arguments: ["", "a b", "a=b", "a;b", "é", "a\r\nb"])
  func `§4.1.1 a name is a token`(name: String) { #expect(SetCookie(name: name, value: "x") == nil) }

  @Test(arguments: ["", "a", "/a;b", "/a\r\n"])
  func `§4.1.1 a path starts with a slash and ends no attribute`(path: String) {
    #expect(SetCookie(name: "a", value: "x", path: path) == nil)
  }

  @Test func `every cookie of a response has its own line`() throws {
    var response = Response(status: 200)
    response.set(try #require(SetCookie(name: "a", value: "1")))
    response.set(try #require(SetCookie(name: "b", value: "2")))
    #expect(response.fields.all("set-cookie").count == 2)
  }
}
