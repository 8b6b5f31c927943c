import Testing

@testable import Pages

@Suite("Pages: the templates")
struct TemplateSetTests {
  static func parses(_ template: String) -> Bool {
    TemplateSet(
      frame: Array("{{%AUTOESCAPE context=\"HTML\"}}{{>CONTENT}}".utf8),
      contents: [("x", Array(template.utf8))]) != nil
  }

  @Test(arguments: [
    "{{#A}}never closed", "{{A", "{{%AUTOESCAPE context=\"HTML\"}}<a href={{A}}>x</a>",
    "{{%AUTOESCAPE context=\"HTML\"}}<div onclick={{A}}>x</div>",
  ])
  func `a template that is broken, or could not be made safe, is refused at start`(template: String) {
    #expect(!Self.parses(template))
  }

  @Test func `a sound template is taken`() {
    #expect(Self.parses("{{%AUTOESCAPE context=\"HTML\"}}<p>{{A}}</p>"))
  }

  @Test func `pages of all kinds rendered at once are the same as one by one`() async {
    preparePages()
    let expected = Samples.all.map { $0.page.rendered() }
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<100 {
            for (index, sample) in Samples.all.enumerated() where sample.page.rendered() != expected[index] {
              return false
            }
          }
          return true
        }
      }
      for await same in group { #expect(same) }
    }
  }

  @Test func `a page longer than the first guess is whole`() {
    var page = Samples.account
    page.connections = (0..<200).map { index in
      var row = Samples.connections[0]
      row.name = "Number \(index)."
      return row
    }
    let html = String(decoding: page.rendered(), as: UTF8.self)
    #expect(html.utf8.count > 50_000)
    #expect(html.contains("Number 199."))
    #expect(html.hasSuffix("</html>\n"))
  }
}
