package import HTTP

/// A web page as a value: what it says is in its properties, how it looks is in its template.
///
/// The way of a page: a struct → its values, made visible (`VisibleText`) → the template, escaped by context
/// (ctemplate) → bytes → `Response` with `PageHeaders`. No page holds script or style of its own, so the content
/// security policy can forbid both; the few that are handier with a script link one of ours, and do without.
package protocol Page: Sendable {
  /// The template's name in `Templates.contents`.
  static var template: StaticString { get }
  /// How wide the page's one column may grow.
  static var width: PageWidth { get }
  /// Which of the two header sets it is sent with.
  static var place: PagePlace { get }
  /// The status that the page is sent with unless told otherwise.
  static var status: Int { get }
  /// Which of our scripts it links, and may therefore run; nil for none.
  var script: PageScript? { get }
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

/// A script of ours.
package enum PageScript: Sendable {
  /// Asks the browser for a passkey.
  case passkeys
  /// Moments in the reader's zone, and buttons that copy.
  case pages

  var asset: Asset {
    switch self {
    case .passkeys: Assets.passkeyScript
    case .pages: Assets.pageScript
    }
  }
}

extension Page {
  package static var width: PageWidth { .narrow }
  package static var place: PagePlace { .own }
  package static var status: Int { 200 }
  package var script: PageScript? { nil }

  /// The page as UTF-8 HTML.
  package func rendered() -> [UInt8] { TemplateSet.embedded.expand(self) }

  /// The page as a response, with every header that a page of its kind needs.
  package func response(status: Int = Self.status) -> Response {
    Response(
      status: status, fields: PageHeaders.page(Self.place, withScript: script != nil), body: rendered())
  }
}

/// Parses every template, so that the first visitor does not wait for it.
package func preparePages() { _ = TemplateSet.embedded }
