internal import JSON
internal import Records

extension ToolResult {
  /// A page of records.
  init(_ page: Page<Record>, of model: String) {
    var structured: JSONObject = [
      "model": .string(model), "records": .array(page.elements.map { .object($0) }),
      "total": .integer(Int64(page.total)), "has_more": .bool(page.hasMore),
    ]
    if let next = page.nextOffset { structured["next_offset"] = .integer(Int64(next)) }
    self.init(structured, text: page.sentence("record", of: model))
  }
}

extension Page {
  /// "80 of 212 records of sale.order; the next page begins at offset 80."
  func sentence(_ noun: String, of model: String) -> String {
    let count = elements.count
    let plural = total == 1 ? noun : noun + "s"
    let shown =
      count == total ? "\(total) \(plural) of \(model)" : "\(count) of \(total) \(plural) of \(model)"
    if let nextOffset { return "\(shown); the next page begins at offset \(nextOffset)." }
    return offset > 0 ? "\(shown), from offset \(offset)." : "\(shown)."
  }
}
