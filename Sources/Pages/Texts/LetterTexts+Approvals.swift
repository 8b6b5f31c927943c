/// Letters about calls that wait for a person.
extension LetterTexts {
  /// One request as a letter tells of it: what it would do, who asked by which connection, and where its page is.
  package struct ApprovalItem: Sendable {
    package var summary: String
    package var requester: String
    package var connection: String
    /// Until when somebody may decide, for a letter to who decides; what became of it, to who asked.
    package var fate: String
    package var link: String

    package init(summary: String, requester: String, connection: String, fate: String, link: String) {
      self.summary = summary
      self.requester = requester
      self.connection = connection
      self.fate = fate
      self.link = link
    }
  }

  /// Of more than these a letter tells the number.
  package static let mostItems = 20
  /// Longer summaries are cut, in bytes.
  private static let summaryLimit = 1200

  package static func waitingSubject(_ count: Int) -> String {
    count == 1 ? "A call waits for your decision" : "\(count) calls wait for your decision"
  }

  package static func waiting(_ items: [ApprovalItem], overview: String) -> String {
    """
    Hello,

    an AI assistant wants to do what needs a person's approval. Nothing is done before you have decided.

    \(list(items, overview: overview) { "for \($0.requester), by “\($0.connection)”; \($0.fate)" })
    """
  }

  package static func decidedSubject(_ count: Int) -> String {
    count == 1 ? "What became of your call" : "What became of \(count) of your calls"
  }

  package static func decided(_ items: [ApprovalItem], overview: String) -> String {
    """
    Hello,

    this became of what your AI assistant asked for:

    \(list(items, overview: overview) { "\($0.fate) (“\($0.connection)”)" })
    """
  }

  package static let approved = "approved"

  package static func until(_ time: String) -> String { "to be decided until \(time)" }

  package static func rejected(_ reason: String?) -> String {
    reason.map { "rejected: \(VisibleText.line($0))" } ?? "rejected"
  }

  package static func expired(_ reason: String?) -> String {
    reason.map { "not done: \(VisibleText.line($0))" } ?? "not done"
  }

  package static func failed(_ reason: String?) -> String {
    "approved, but not done" + (reason.map { ": \(VisibleText.line($0))" } ?? "")
  }

  private static func list(
    _ items: [ApprovalItem], overview: String, _ words: (ApprovalItem) -> String
  ) -> String {
    var text = ""
    for item in items.prefix(mostItems) {
      var item = item
      item.requester = VisibleText.line(item.requester, limit: VisibleText.nameLimit)
      item.connection = VisibleText.line(item.connection, limit: VisibleText.nameLimit)
      text += "- \(VisibleText.line(item.summary, limit: summaryLimit))\n  \(words(item))\n  \(item.link)\n\n"
    }
    if items.count > mostItems { text += "And \(items.count - mostItems) more: \(overview)\n" }
    return text
  }
}
