internal import JSON

/// Records as a table (RFC 4180), to be opened by a program that takes a text for a formula if it looks like one.
struct CSV {
  private(set) var text = ""
  private var names: [String] = []

  /// Adds a record; the first one's members are the columns.
  ///
  /// - Returns: false when the table would have more bytes than that: then it is as it was.
  mutating func add(_ record: JSONObject, unlessOver most: Int) -> Bool {
    var lines = ""
    if names.isEmpty {
      names = record.members.map(\.name).filter { $0 != "__cut" }
      lines = names.map(Self.field).joined(separator: ",") + "\r\n"
    }
    lines += names.map { Self.cell(record[$0] ?? .null) }.joined(separator: ",") + "\r\n"
    guard text.utf8.count + lines.utf8.count <= most else { return false }
    text += lines
    return true
  }

  private static func cell(_ value: JSONValue) -> String {
    switch value {
    case .null: ""
    case .bool(let flag): flag ? "true" : "false"
    case .integer, .number: value.text
    case .string(let text): field(text)
    case .array(let values):
      // A many2one is told by its name, the ids of a list are put side by side.
      if values.count == 2, let name = values[1].string {
        field(name)
      } else {
        field(values.filter { !$0.isNull }.map { $0.string ?? $0.text }.joined(separator: " "))
      }
    case .object: field(value.text)
    }
  }

  private static func field(_ text: String) -> String {
    // OWASP "CSV Injection": what begins so is a formula to a spreadsheet.
    let isFormula = text.unicodeScalars.first.map { "=+-@\t\r".unicodeScalars.contains($0) } ?? false
    let safe = isFormula ? "'" + text : text
    guard safe.utf8.contains(where: { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }) else { return safe }
    return "\"" + safe.replacing("\"", with: "\"\"") + "\""
  }
}
