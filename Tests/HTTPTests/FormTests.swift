import HTTP
import Testing

@Suite("WHATWG URL §5.1 Form")
struct FormTests {
  @Test(
    arguments: [
      ("", [:]),
      ("a=b", ["a": "b"]),
      ("a=b&c=d", ["a": "b", "c": "d"]),
      ("a+b=c+d", ["a b": "c d"]),
      ("a=%2B%20%26%3d", ["a": "+ &="]),
      ("a==b=", ["a": "=b="]),
      ("&&a=b&&", ["a": "b"]),
      ("=b", ["": "b"]),
      ("a=%E2%82%AC", ["a": "€"]),
      ("a=€", ["a": "€"]),
    ] as [(String, KeyValuePairs<String, String>)])
  func `§5.1 a form reads as these pairs`(text: String, expected: KeyValuePairs<String, String>) throws {
    let form = try #require(Form(decoding: text.utf8))
    #expect(form.pairs.map(\.name) == expected.map(\.key))
    #expect(form.pairs.map(\.value) == expected.map(\.value))
  }

  @Test(arguments: ["a=%", "a=%2", "a=%zz", "%=b", "a=%C3", "a=%C3%28", "a=%FF", "a=%+1", "a=%ED%A0%80"])
  func `a malformed escape or text that is no UTF-8 is no form`(text: String) {
    #expect(Form(decoding: text.utf8) == nil)
  }

  @Test func `OAuth 2.1 §3.1 a parameter without a value is as if it were omitted`() throws {
    let form = try #require(Form(decoding: "a=&b&c=1".utf8))
    #expect(form["a"] == nil)
    #expect(form["b"] == nil)
    #expect(form["c"] == "1")
    #expect(form.all("a").isEmpty)
  }

  @Test func `OAuth 2.1 §3.1 a parameter that is given twice has no value and is named`() throws {
    let form = try #require(Form(decoding: "a=1&b=2&a=1".utf8))
    #expect(form["a"] == nil)
    #expect(form.repeated == ["a"])
    #expect(form.all("a") == ["1", "1"])
  }

  @Test func `what is encoded reads back the same`() throws {
    let pairs = [("name with space", "a+b&c=d%"), ("ü", "\u{0}\n€😀"), ("empty", "")]
    let form = Form(pairs.map { (name: $0.0, value: $0.1) })
    let back = try #require(Form(decoding: form.encoded.utf8))
    #expect(back.pairs.map(\.name) == pairs.map(\.0))
    #expect(back.pairs.map(\.value) == pairs.map(\.1))
    #expect(form.encoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f })
  }
}

@Suite("RFC 3986 §2.1 Percent-encoding")
struct PercentEncodingTests {
  @Test(arguments: [
    ("aZ09-._~", "aZ09-._~"), (" ", "%20"), ("+", "%2B"), ("/?#", "%2F%3F%23"), ("é", "%C3%A9"),
    ("\u{0}", "%00"),
  ])
  func `§2.3 only unreserved characters stay`(text: String, encoded: String) {
    #expect(percentEncoded(text) == encoded)
    #expect(percentDecoded(encoded) == text)
  }

  @Test func `a plus sign is no space outside forms`() { #expect(percentDecoded("a+b") == "a+b") }

  @Test(arguments: ["%", "%4", "%4g", "%%41", "%FF", "%C3"])
  func `a malformed escape is not decoded`(text: String) { #expect(percentDecoded(text) == nil) }
}
