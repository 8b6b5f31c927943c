import HTTP
import Testing

@Suite("RFC 9110 §8.3 Media types")
struct MediaTypeTests {
  @Test(arguments: [
    ("text/html", "text/html"), ("Text/HTML;Charset=UTF-8", "text/html; charset=UTF-8"),
    ("application/json ; charset=\"utf-8\"", "application/json; charset=utf-8"),
    ("a/b; c=\"d;\\\"e\"", "a/b; c=\"d;\\\"e\""), ("a/b;", "a/b"), (" a/b ", "a/b"),
    ("application/vnd.x+json", "application/vnd.x+json"),
  ])
  func `§8.3.1 a media type reads as this`(text: String, canonical: String) throws {
    #expect(try #require(MediaType(text)).description == canonical)
  }

  @Test(arguments: [
    "", "text", "/html", "text/", "text/html/x", "te xt/html", "text/html; charset", "text/html; =x",
    "text/html; a=\"b", "text/html; a=1; A=2", "text/html; a=b c", "*/html", "text/html, text/plain",
  ])
  func `§8.3.1 anything else is no media type`(text: String) { #expect(MediaType(text) == nil) }

  @Test func `types are compared without their parameters, and without case`() throws {
    #expect(try #require(MediaType("Application/JSON; charset=utf-8")).isSame(as: .json))
    #expect(try !#require(MediaType("application/jsonp")).isSame(as: .json))
  }

  @Test func `two Content-Type lines are none`() {
    var fields: Fields = ["content-type": "application/json"]
    #expect(fields.contentType == .json)
    fields.add("Content-Type", "text/html")
    #expect(fields.contentType == nil)
    #expect(Fields().contentType == nil)
  }
}

@Suite("RFC 9110 §12.5.1 Accept")
struct AcceptTests {
  /// The example of the section.
  static let example = Accept([
    "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5"
  ])

  @Test(arguments: [
    ("text/plain;format=flowed", 1000), ("text/plain", 700), ("text/html", 300), ("image/jpeg", 500),
    ("text/plain;format=fixed", 400), ("text/html;level=3", 300),
  ])
  func `the most specific range weighs`(type: String, weight: Int) throws {
    #expect(try Self.example.weight(of: #require(MediaType(type))) == weight)
  }

  @Test func `without the field everything is welcome`() { #expect(Accept(Fields()).includes(.eventStream)) }

  @Test(arguments: [
    (["application/json, text/event-stream"], true, true), (["text/event-stream"], false, true),
    (["*/*"], true, true), (["application/*"], true, false), (["application/json;q=0, */*"], false, true),
    ([""], false, false), (["application/json", "text/event-stream"], true, true),
    (["application/json;q=0.001"], true, false), (["application/json;q=2"], false, false),
    (["application/json;q=0.1234"], false, false), (["nonsense, application/json"], true, false),
  ])
  func `a type is taken or not`(values: [String], json: Bool, eventStream: Bool) {
    let accept = Accept(values)
    #expect(accept.includes(.json) == json)
    #expect(accept.includes(.eventStream) == eventStream)
  }

  @Test func `a wildcard takes a type in without naming it`() {
    #expect(!Accept(["*/*"]).names(.eventStream))
    #expect(Accept(["text/event-stream;q=0.5"]).names(.eventStream))
    #expect(!Accept(["text/event-stream;q=0"]).names(.eventStream))
  }

  @Test(arguments: [
    (["application/json, text/event-stream"], "application/json"),
    (["application/json;q=0.5, text/event-stream"], "text/event-stream"),
    (["image/png"], "none"), (["text/*, */*;q=0.1"], "text/event-stream"),
  ])
  func `the most welcome of the offers is chosen, the first of equals`(values: [String], chosen: String) {
    #expect(Accept(values).preferred(of: [.json, .eventStream])?.essence ?? "none" == chosen)
  }
}
