internal import JSON
internal import Storage

extension RecordTransaction {
  /// Leaves a message in the record's chatter that tells the changes of tracked fields, as the subject sees them.
  mutating func note(_ change: RecordChange, on key: RecordKey, _ model: Model) throws {
    let tracked = change.values.filter { model[$0.field]?.isTracked ?? false }
    guard !tracked.isEmpty, let chatter = catalogue["mail.message"], let link = chatter.document else {
      return
    }
    let items = tracked.map { value in
      let field = model[value.field]
      return "<li>\(value.label.escaped): \(words(value.before, field).escaped) → "
        + "\(words(value.after, field).escaped)</li>"
    }
    var values: [String: SQLValue] = [link.model: .text(key.model), link.id: .integer(key.id)]
    values["record_name"] = change.name.map(SQLValue.text) ?? .null
    values["body"] = .text("<ul>\(items.joined())</ul>")
    values["message_type"] = .text("notification")
    // Names in it may be for the people of the house alone.
    values["is_internal"] = .integer(1)
    values["author_id"] = try author()
    values["date"] = .text(MomentText.text(now))
    _ = try insert(values, into: chatter)
  }

  /// The subject's contact card.
  func author() throws -> SQLValue {
    guard let users = catalogue["res.users"], let column = users["partner_id"]?.column else { return .null }
    let found = try transaction.run(
      "SELECT \(column.sql) FROM \(users.table.sql) WHERE \"id\" = \(subject.userID)")
    return found.first?[0] ?? .null
  }

  private func words(_ value: JSONValue, _ field: ModelField?) -> String {
    switch value {
    case .null: return "–"
    case .bool(let flag): return flag ? "yes" : "no"
    case .string(let text):
      return field?.selection.first { $0.value.hasSameBytes(as: text) }?.label ?? text.shortened
    case .array(let parts) where field?.type == .many2one:
      return parts.last?.string ?? "another \(field?.relation ?? "record")"
    default: return value.excerpt
    }
  }
}

extension String {
  fileprivate var shortened: String { count > 200 ? prefix(199) + "…" : self }

  /// As text of an HTML document.
  fileprivate var escaped: String {
    replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
