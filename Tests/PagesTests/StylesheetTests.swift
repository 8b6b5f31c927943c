import Foundation
import HTTP
import Testing

@testable import Pages

@Suite("Pages: the stylesheet and the other assets")
struct StylesheetTests {
  static let css = String(decoding: Assets.stylesheet.bytes, as: UTF8.self)

  enum Theme: String, CaseIterable { case light, dark }

  /// The colour tokens of a theme: what `:root` says, and for dark what its media query says over it.
  static func tokens(_ theme: Theme) throws -> [String: String] {
    let parts = css.components(separatedBy: "@media (prefers-color-scheme: dark)")
    try #require(parts.count == 2)
    let dark = try #require(parts[1].components(separatedBy: "\n}\n").first)
    var tokens: [String: String] = [:]
    for text in theme == .light ? [parts[0]] : [parts[0], dark] {
      for match in text.matches(of: /--([a-z-]+): (#[0-9a-f]{6});/) {
        tokens[String(match.output.1)] = String(match.output.2)
      }
    }
    return tokens
  }

  /// WCAG 2.2: relative luminance of `#rrggbb`.
  static func luminance(_ colour: String) throws -> Double {
    let bits = try #require(UInt32(colour.dropFirst(), radix: 16))
    let linear = [16, 8, 0].map { shift -> Double in
      let value = Double(bits >> UInt32(shift) & 255) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
  }

  static func contrast(_ one: String, _ other: String, _ theme: Theme) throws -> Double {
    let tokens = try tokens(theme)
    let a = try luminance(try #require(tokens[one]))
    let b = try luminance(try #require(tokens[other]))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  static let textPairs: [(String, String)] = [
    ("ink", "ground"), ("ink", "card"), ("ink-soft", "ground"), ("ink-soft", "card"), ("accent", "ground"),
    ("accent", "card"), ("accent-strong", "card"), ("accent-strong", "ground"), ("on-accent", "accent"),
    ("on-accent", "accent-strong"), ("danger", "card"), ("on-danger", "danger"),
    ("on-danger", "danger-strong"),
    ("yellow-ink", "yellow-wash"), ("green-ink", "green-wash"), ("blue-ink", "blue-wash"),
    ("red-ink", "red-wash"),
  ]

  @Test(arguments: textPairs, Theme.allCases)
  func `WCAG 1.4.3 text stands out at least 4.5 to 1`(pair: (String, String), theme: Theme) throws {
    #expect(try Self.contrast(pair.0, pair.1, theme) >= 4.5)
  }

  @Test(
    arguments: [
      ("line-strong", "card"), ("line-strong", "ground"), ("focus", "card"), ("focus", "ground"),
      ("danger", "card"),
    ],
    Theme.allCases)
  func `WCAG 1.4.11 the edge of a field and the focus ring stand out at least 3 to 1`(
    pair: (String, String), theme: Theme
  ) throws {
    #expect(try Self.contrast(pair.0, pair.1, theme) >= 3)
  }

  @Test func `the contrast table knows black on white`() throws {
    #expect(abs((try Self.luminance("#ffffff") + 0.05) / (try Self.luminance("#000000") + 0.05) - 21) < 0.001)
  }

  @Test func `every colour of light has its counterpart in dark`() throws {
    let light = try Self.tokens(.light)
    let dark = try Self.tokens(.dark)
    #expect(light.count >= 20)
    for (name, colour) in light { #expect(dark[name] != colour, "\(name) is the same in both themes") }
  }

  @Test func `every pair of colours that a rule puts together is in the tables`() throws {
    for match in Self.css.matches(of: /color: var\(--([a-z-]+)\);[^}]*?background: var\(--([a-z-]+)\)/) {
      let pair = (String(match.output.1), String(match.output.2))
      #expect(Self.textPairs.contains { $0 == pair }, "\(pair)")
    }
  }

  @Test func `colours are written once, as tokens`() {
    let rules = Self.css.components(separatedBy: "*, *::before")[1]
    #expect(rules.matches(of: /#[0-9a-fA-F]{3,8}\b|rgb\(|hsl\(/).isEmpty)
    let known = Set(Self.css.matches(of: /--([a-z0-9-]+):/).map { String($0.output.1) })
    for use in Self.css.matches(of: /var\(--([a-z0-9-]+)\)/) { #expect(known.contains(String(use.output.1))) }
  }

  @Test func `every class that a page uses is styled`() throws {
    for name in Samples.names {
      for element in Markup(try Samples.html(name)).elements {
        for style in (element["class"] ?? "").split(separator: " ") {
          #expect(Self.css.contains(".\(style)"), "\(style)")
        }
      }
    }
  }

  @Test func `nothing is fetched from elsewhere, and what moves asks first`() throws {
    #expect(!Self.css.contains("url(") && !Self.css.contains("@import") && !Self.css.contains("@font-face"))
    let calm = Self.css.components(separatedBy: "@media (prefers-reduced-motion: no-preference)")[0]
    #expect(!calm.contains("transition") && !calm.contains("animation"))
    #expect(Self.css.contains(":focus-visible"))
    #expect(!Self.css.contains("outline: none") && !Self.css.contains("outline: 0"))
  }

  @Test func `assets lie under paths that name their content and are kept for ever`() throws {
    for asset in [Assets.stylesheet, Assets.icon] {
      let response = try #require(Assets.response(for: asset.path))
      #expect(response.status == 200)
      #expect(response.fields["cache-control"] == "public, max-age=31536000, immutable")
      #expect(response.fields["x-content-type-options"] == "nosniff")
      guard case .bytes(let bytes) = response.body else {
        Issue.record("an asset is a stream")
        continue
      }
      #expect(bytes == asset.bytes && !bytes.isEmpty)
    }
    #expect(Assets.stylesheet.path.wholeMatch(of: /\/assets\/gatehouse-[0-9a-f]{16}\.css/) != nil)
    #expect(Asset("a", "css", "text/css", [1]).path != Asset("a", "css", "text/css", [2]).path)
  }

  @Test(arguments: [
    "/assets/", "/assets/gatehouse.css", "/assets/gatehouse-0000000000000000.css", "/assets/../frame.html",
    "",
  ])
  func `what is no asset is none`(path: String) { #expect(Assets.response(for: path) == nil) }

  @Test func `every page links the stylesheet and the icon that are served`() throws {
    for name in Samples.names {
      let links = Markup(try Samples.html(name)).all("link").compactMap { $0["href"] }
      #expect(links.count == 2)
      for link in links { #expect(Assets.response(for: link) != nil) }
    }
  }
}
