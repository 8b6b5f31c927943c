import HTTP
import Testing

@testable import Pages

@Suite("Pages")
struct PageTests {
  @Test(arguments: Samples.all.map(\.name))
  func `every page is whole HTML in a known language with one heading`(name: String) throws {
    let html = try Samples.html(name)
    Attachment.record(html, named: "\(name).html")
    #expect(html.hasPrefix("<!doctype html>\n<html lang=\"en\">"))
    #expect(html.hasSuffix("</html>\n"))
    #expect(html.matches(of: /<h1[ >]/).count == 1)
  }
}

extension Samples {
  static func html(_ name: String) throws -> String {
    let sample = try #require(all.first { $0.name == name })
    return String(decoding: sample.page.rendered(), as: UTF8.self)
  }
}
