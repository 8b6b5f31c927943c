internal import JSON
internal import Storage

/// Lists in a column: JSON arrays of texts or of numbers.
extension Row {
  func texts(_ column: Int) -> [String] { list(column).compactMap(\.string) }
  func numbers(_ column: Int) -> [Int64] { list(column).compactMap(\.integer) }

  func optionalTexts(_ column: Int) -> Set<String>? {
    optionalText(column) == nil ? nil : Set(texts(column))
  }

  private func list(_ column: Int) -> [JSONValue] {
    guard let text = optionalText(column) else { return [] }
    do { return try JSONValue(parsing: Array(text.utf8)).array ?? [] } catch { return [] }
  }
}

func column(_ texts: some Sequence<String>) -> String { JSONValue.array(texts.map(JSONValue.string)).text }
func column(_ numbers: [Int64]) -> String { JSONValue.array(numbers.map(JSONValue.integer)).text }
