internal import Authentication
internal import JSON
internal import Records

/// What a write would do, in a sentence for the person who has to decide: "Permanently delete 12 Sales Orders: S10001,
/// S10002, S10003 and 9 more, in Nordlicht Interiors GmbH".
///
/// Names are looked up as the caller sees them, and come from records that anybody may have named: they are cut short,
/// and stand in quotation marks.
struct WriteWords: Sendable {
  let records: any Records
  let verb: String

  func sentence(_ arguments: JSONObject, _ caller: Caller) async -> String? {
    let arguments = RecordArguments(arguments)
    let subject = Subject(caller)
    let updates = arguments.all["updates"]?.array ?? []
    let ids =
      arguments.all["ids"]?.array?.compactMap(\.integer)
      ?? (arguments.all["id"]?.integer.map { [$0] } ?? updates.compactMap { $0["id"]?.integer })
    var isNamed = true
    do throws(RecordsError) {
      let model = try await records.model(arguments.model, for: subject)
      let count = ids.isEmpty ? arguments.count : ids.count
      var text = "\(verb) \(count == 1 ? "the \(model.label)" : "\(count) \(model.label.plural)")"
      if ids.isEmpty {
        text = "\(verb) \(count == 1 ? "a new \(model.label)" : "\(count) new \(model.label.plural)")"
        isNamed = false
      }
      let hasCompany = model["company_id"]?.relation == "res.company"
      let found =
        isNamed
        ? try await records.read(
          ids, of: model.name, fields: hasCompany ? ["display_name", "company_id"] : ["display_name"],
          for: subject) : []
      if !found.isEmpty { text += " " + Self.list(found.map { $0["display_name"]?.string ?? "" }, of: count) }
      let companies = Set(found.compactMap { $0["company_id"]?.array?.last?.string })
      if let company = companies.first, companies.count == 1 { text += " in \(company.quoted)" }
      let values = arguments.all["values"]?.object ?? updates.first?["values"]?.object ?? JSONObject()
      if !values.isEmpty {
        text += ": " + Self.values(values, of: model)
        if updates.count > 1 { text += ", and others for the others" }
      }
      return arguments.isDryRun ? "Try out without writing: \(text)" : text
    } catch {
      // The call will be refused just so.
      return nil
    }
  }

  private static func list(_ names: [String], of count: Int) -> String {
    let shown = names.prefix(3).map(\.quoted)
    let more = count - shown.count
    return shown.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }

  private static func values(_ values: JSONObject, of model: Model) -> String {
    let shown = values.members.prefix(6).map { name, value in
      "\(model[name]?.label ?? String(name.prefix(64))) = \(Self.excerpt(value))"
    }
    let more = values.count - shown.count
    return shown.joined(separator: ", ") + (more > 0 ? " and \(more) more values" : "")
  }

  private static func excerpt(_ value: JSONValue) -> String {
    switch value {
    case .null: return "empty"
    case .string(let text): return text.quoted
    case .array(let list) where list.count > 5: return "\(list.count) entries"
    default: return value.text.unicodeScalars.count > 80 ? value.text.quoted : value.text
    }
  }
}

extension String {
  /// In quotation marks, on one line, and no longer than a name is.
  fileprivate var quoted: String {
    var text = String.UnicodeScalarView()
    for scalar in unicodeScalars.prefix(80) {
      // Nothing that breaks the line or turns the direction of the text.
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: text.append(" ")
      default: text.append(scalar == "“" || scalar == "”" ? "'" : scalar)
      }
    }
    return "“\(String(text))\(unicodeScalars.count > 80 ? "…" : "")”"
  }

  /// Of a label in English.
  fileprivate var plural: String {
    let vowels: [Character] = ["a", "e", "i", "o", "u"]
    if hasSuffix("y"), let before = dropLast().last, !vowels.contains(before) { return dropLast() + "ies" }
    if ["s", "x", "ch", "sh"].contains(where: hasSuffix) { return self + "es" }
    return self + "s"
  }
}
