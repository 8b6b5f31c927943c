package import World

/// One audit entry as the person whom it is about reads it.
package struct ActivityRow: Sendable {
  package var time: Instant
  /// The tool, or the method where there is none; of an event that everybody knows, a sentence.
  package var what: String
  package var isSentence: Bool
  /// The model that it was about; empty for none.
  package var model: String
  /// What came of it, in a word or a code.
  package var outcome: String
  package var isRefusal: Bool
  /// The connection that asked; nil where the page is about one alone.
  package var connection: String?
  package var address: String

  package init(
    time: Instant, what: String, isSentence: Bool = false, model: String, outcome: String, isRefusal: Bool,
    connection: String? = nil,
    address: String
  ) {
    self.time = time
    self.what = what
    self.isSentence = isSentence
    self.model = model
    self.outcome = outcome
    self.isRefusal = isRefusal
    self.connection = connection
    self.address = address
  }

  func fill(_ row: borrowing PageValues) {
    row.show(isSentence ? "SENTENCE" : "WORD", with: what) { $0.text("WHAT", $1) }
    row.text("ON", model)
    row.text("OUTCOME", outcome)
    row.exact("OUTCOME_CLASS", isRefusal ? "refused" : "fine")
    Moment(time).fill(row)
    row.show("BY", with: connection) { $0.name("CONNECTION", $1) }
    row.text("ADDRESS", address)
  }

  /// Fills a list of entries, or says that there are none.
  static func fill(_ rows: [ActivityRow], _ values: borrowing PageValues) {
    values.show("NO_ENTRIES", if: rows.isEmpty)
    guard !rows.isEmpty else { return }
    values.show("ENTRIES", with: rows) { list, rows in list.show("ENTRY", each: rows) { $1.fill($0) } }
  }
}
