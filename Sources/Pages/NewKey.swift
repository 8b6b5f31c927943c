/// An API key that was just made, with ready-to-paste setups around it.
package struct NewKey: Sendable {
  /// What the person called it.
  package var name: String
  /// The key itself.
  package var key: String
  package var snippets: [Snippet]

  package init(name: String, key: String, snippets: [Snippet]) {
    self.name = name
    self.key = key
    self.snippets = snippets
  }

  func fill(_ values: borrowing PageValues) {
    values.name("KEY_NAME", name)
    values.exact("KEY", key)
    guard !snippets.isEmpty else { return }
    values.show("SNIPPETS", with: snippets) { section, snippets in
      section.show("SNIPPET", each: Array(snippets.enumerated())) { row, snippet in
        row.exact("SNIPPET_INDEX", String(snippet.offset))
        row.text("SNIPPET_TITLE", snippet.element.title)
        row.exact("SNIPPET_TEXT", snippet.element.text)
      }
    }
  }
}

/// A setup for one tool, to copy as it is.
package struct Snippet: Sendable {
  /// The tool's name.
  package var title: String
  /// What to paste; line breaks are kept.
  package var text: String

  package init(title: String, text: String) {
    self.title = title
    self.text = text
  }
}
