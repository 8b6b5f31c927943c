package import HTTP

/// A web page as a value: what it says is in its properties, how it looks is in its template.
///
/// The way of a page: a struct → its values, made visible (`VisibleText`) → the template, escaped by context
/// (ctemplate) → bytes → `Response` with `PageHeaders`. No page holds script or style of its own, so the content
/// security policy can forbid both; the pages that ask for a passkey link the one script there is.
package protocol Page: Sendable {
  /// The template's name in `Templates.contents`.
  static var template: StaticString { get }
  /// How wide the page's one column may grow.
  static var width: PageWidth { get }
  /// Which of the two header sets it is sent with.
  static var place: PagePlace { get }
  /// The status that the page is sent with unless told otherwise.
  static var status: Int { get }
  /// Whether it needs our one script, and may therefore run what comes from our origin.
  var usesScript: Bool { get }
  /// What the browser's tab says, and in some pages the heading.
  var title: String { get }
  /// Hands the page's values to its template.
  func fill(_ values: borrowing PageValues)
}

/// How wide a page's column may grow.
package enum PageWidth: String, Sendable {
  /// One short form.
  case narrow
  /// Something to read and decide.
  case medium
  /// Lists.
  case broad
}

extension Page {
  package static var width: PageWidth { .narrow }
  package static var place: PagePlace { .own }
  package static var status: Int { 200 }
  package var usesScript: Bool { false }

  /// The page as UTF-8 HTML.
  package func rendered() -> [UInt8] { TemplateSet.embedded.expand(self) }

  /// The page as a response, with every header that a page of its kind needs.
  package func response(status: Int = Self.status) -> Response {
    Response(status: status, fields: PageHeaders.page(Self.place, withScript: usesScript), body: rendered())
  }
}

/// Parses every template, so that the first visitor does not wait for it.
package func preparePages() { _ = TemplateSet.embedded }
