import HTTP
import Testing

@testable import Pages

/// With `--attachments-path` each run leaves the pages as files, to look at in a browser.
@Suite("Pages: what every page keeps")
struct PageTests {
  @Test(arguments: Samples.names)
  func `every page is whole HTML in a known language with one heading and one main part`(name: String) throws
  {
    let html = try Samples.html(name)
    Attachment.record(html, named: "\(name).html")
    #expect(html.hasPrefix("<!doctype html>\n<html lang=\"en\">"))
    #expect(html.hasSuffix("</html>\n"))
    let page = Markup(html)
    #expect(page.all("h1").count == 1)
    #expect(page.all("main").count == 1)
    #expect(page.all("title").count == 1)
    #expect(page.all("meta").contains { $0["name"] == "viewport" })
  }

  @Test(arguments: Samples.names)
  func `a page holds no script, no style and nothing from elsewhere`(name: String) throws {
    let page = Markup(try Samples.html(name))
    // Some pages link one of our scripts; none holds one itself.
    let scripts = page.all("script")
    let sample = try #require(Samples.all.first { $0.name == name })
    #expect(scripts.map { $0["src"] } == (sample.page.script.map { [$0.asset.path] } ?? []))
    for element in page.elements {
      #expect(!["style", "iframe", "object", "embed", "base", "img"].contains(element.name))
      for attribute in element.attributes {
        #expect(attribute.name != "style" && !attribute.name.hasPrefix("on"), "\(element)")
        if ["href", "src", "action", "formaction"].contains(attribute.name) {
          #expect(attribute.value.hasPrefix("/") || attribute.value.hasPrefix("#"), "\(element)")
          #expect(!attribute.value.hasPrefix("//"))
        }
      }
    }
  }

  @Test(arguments: Samples.names)
  func `WCAG 1.3.1 every field has a label, and every reference has its target`(name: String) throws {
    let page = Markup(try Samples.html(name))
    let ids = page.elements.compactMap { $0["id"] }
    #expect(Set(ids).count == ids.count)
    let labelled = Set(page.all("label").compactMap { $0["for"] })
    let fields = page.elements.filter {
      ["input", "select", "textarea"].contains($0.name) && $0["type"] != "hidden"
    }
    for field in fields { #expect(field["id"].map(labelled.contains) == true, "\(field)") }
    for element in page.elements {
      for name in ["for", "form", "aria-labelledby", "aria-describedby"] {
        for id in (element[name] ?? "").split(separator: " ") {
          #expect(ids.contains(String(id)), "\(element)")
        }
      }
    }
  }

  @Test(arguments: Samples.names)
  func `WCAG 4.1.2 every button and link says what it does`(name: String) throws {
    let html = try Samples.html(name)
    let named = html.matches(of: /<(?:button|a)\b[^>]*>((?:.|\n)*?)<\/(?:button|a)>/)
    #expect(!named.isEmpty)
    for match in named {
      let words = Markup(String(match.output.1)).texts.joined()
      #expect(words.contains { $0.isLetter }, "\(match.output.0)")
    }
  }

  @Test(arguments: Samples.names)
  func `every form posts with its ticket`(name: String) throws {
    let html = try Samples.html(name)
    for form in html.matches(of: /<form\b(?:.|\n)*?<\/form>/) {
      let inside = Markup(String(form.output))
      #expect(inside.all("form").first?["method"] == "post")
      #expect(inside.all("input").contains { $0["name"] == "ticket" && $0["value"] == Samples.ticket })
    }
  }

  @Test(arguments: Samples.names)
  func `issue 4 a page, its stylesheet and its icon weigh 30 KB at most`(name: String) throws {
    let weight = try Samples.html(name).utf8.count + Assets.stylesheet.bytes.count + Assets.icon.bytes.count
    #expect(weight <= 30_000)
  }

  @Test(arguments: Samples.names)
  func `OAuth 2.1 §7.11 case C4 a page can't be framed, cached, sniffed or leak its address`(
    name: String
  ) throws {
    let sample = try #require(Samples.all.first { $0.name == name })
    let fields = sample.page.response().fields
    #expect(fields["content-type"] == "text/html; charset=utf-8")
    #expect(fields["cache-control"] == "no-store")
    #expect(
      fields["content-security-policy"]
        == "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
        + (sample.page.script != nil ? "; script-src 'self'" : "")
    )
    #expect(fields["x-frame-options"] == "DENY")
    #expect(fields["x-content-type-options"] == "nosniff")
    #expect(fields["referrer-policy"] == "no-referrer")
    #expect(fields["permissions-policy"]?.contains("camera=()") == true)
    #expect(Set(fields.lines.map(\.name)).count == fields.lines.count)
  }

  @Test
  func `case C5 no page restricts where a form may lead, or Chromium blocks the way back to the client`() {
    #expect(!PageHeaders.contentSecurityPolicy.contains("form-action"))
  }

  @Test func `only pages outside of an authorization request cut the tie to the window that opened them`() {
    let name = "cross-origin-opener-policy"
    for page in [Samples.login, Samples.consent, Samples.error] as [any Page] {
      #expect(page.response().fields[name] == nil)
    }
    #expect(PageHeaders.redirect(to: "https://client.example/cb").fields[name] == nil)
    for page in [Samples.home, Samples.account, Samples.confirm, SignedOutPage()] as [any Page] {
      #expect(page.response().fields[name] == "same-origin")
    }
  }

  @Test func `RFC 9700 §4.12 a redirect after a form is a 303 that is not cached`() {
    let response = PageHeaders.redirect(to: "https://client.example/cb?code=c&iss=i")
    #expect(response.status == 303)
    #expect(response.fields["location"] == "https://client.example/cb?code=c&iss=i")
    #expect(response.fields["cache-control"] == "no-store")
    #expect(response.fields["referrer-policy"] == "no-referrer")
    #expect(response.fields["content-type"] == nil)
  }

  @Test func `a page is answered 200 and an error 400 unless told otherwise`() {
    #expect(Samples.login.response().status == 200)
    #expect(Samples.login.response(status: 429).status == 429)
    #expect(Samples.error.response().status == 400)
    let page: any Page = Samples.error
    #expect(page.response().status == 400)
    #expect(page.response(status: 403).status == 403)
  }
}

extension Samples {
  static let names = all.map(\.name)

  static func html(_ name: String) throws -> String {
    let sample = try #require(all.first { $0.name == name })
    return String(decoding: sample.page.rendered(), as: UTF8.self)
  }
}
