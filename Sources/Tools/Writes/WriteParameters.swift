internal import Governance
internal import JSON
internal import Records

extension Shape {
  /// Ids that every JSON number can say (RFC 8259 §6).
  static let recordID = Shape.integer(1...9_007_199_254_740_991)
  static let recordIDs = Shape.array(of: .recordID, count: 1...100)
}

extension Parameter {
  static let recordID = Parameter.required("id", .recordID, "Id of the record")

  static func ids(_ what: String) -> Parameter {
    .required("ids", .recordIDs, "Ids of the records to \(what), up to 100, none twice")
  }

  static let valuesText = """
    By field name; describe_model names the fields and what they take. A many2one takes an id; a one2many or many2many \
    takes a list of ids, which then are all, or Odoo's commands: [0, 0, {values}] new, [1, id, {values}] change, \
    [2, id] delete, [3, id] take away, [4, id] add, [5] take all away, [6, 0, [ids]] exactly these. Dates are \
    'YYYY-MM-DD', datetimes 'YYYY-MM-DD HH:MM:SS' in UTC; null empties. Fields that are readonly or computed can't be \
    given
    """

  static let dryRun = Parameter.optional(
    "dry_run", .boolean,
    "true: check and compute everything, answer what would change, and write nothing", default: false)

  static let unchangedSince = Parameter.optional(
    "if_unchanged_since", .string(length: 1...40),
    """
    The write_date that you read, or RFC 3339: if a record was changed later, nothing is written (changed_since)
    """)

  // Results.

  static let writeResults: [Parameter] = [
    .required("model", .text, "The model that was written"),
    .required("dry_run", .boolean, "Whether nothing was written"),
    .required(
      "changes",
      .array(
        of: .record([
          .required("model", .text, ""),
          .required("id", .either([.integer(), .null]), "Null for one that a dry run would make"),
          .required("display_name", .either([.text, .null]), ""),
          .required("action", .choice(RecordChange.Action.allCases.map(\.rawValue)), ""),
          .required(
            "cause", .choice(RecordChange.Cause.allCases.map(\.rawValue)),
            "asked: named by the call; command: by a command on a relation; deletion: went with or led to what was deleted; formula: computed anew"
          ),
          .required("values", .object, "By field: {from, to}, as get_record tells them; those that differ"),
          .required(
            "write_date", .either([.text, .null]),
            "For if_unchanged_since; null of a deleted one and in a dry run"),
        ])), "Record by record, those that the call names first; the first 200"),
    .required("total", .integer(), "How many records are written in all, of those that you may see"),
    .required("has_more", .boolean, "Whether changes were cut"),
    .required(
      "includes_hidden", .boolean, "Whether records that are not yours to see are written along"),
  ]
}

extension ToolResult {
  /// Changes that are told one by one.
  private static let mostChanges = 200

  init(_ written: Written, model: String) {
    let changes = written.changes
    self.init(
      [
        "model": .string(model), "dry_run": .bool(written.isDryRun),
        "changes": .array(changes.prefix(Self.mostChanges).map(\.json)),
        "total": .integer(Int64(changes.count)), "has_more": .bool(changes.count > Self.mostChanges),
        "includes_hidden": .bool(written.includesHidden),
      ], text: written.sentence(model))
  }
}

extension RecordChange {
  fileprivate var json: JSONValue {
    [
      "model": .string(model), "id": id.map { .integer($0) } ?? .null,
      "display_name": name.map { .string($0) } ?? .null, "action": .string(action.rawValue),
      "cause": .string(cause.rawValue),
      "values": .object(JSONObject(values.map { ($0.field, ["from": $0.before, "to": $0.after]) })),
      "write_date": writeDate.map { .string($0) } ?? .null,
    ]
  }
}

extension Written {
  /// "Created sale.order 621 (S10620), and 3 more records with it."
  fileprivate func sentence(_ model: String) -> String {
    let asked = changes.filter { $0.cause == .asked }
    let action = asked.first?.action ?? .update
    let verb =
      switch (action, isDryRun) {
      case (.create, false): "Created"
      case (.update, false): "Changed"
      case (.delete, false): "Deleted"
      case (.create, true): "Would create"
      case (.update, true): "Would change"
      case (.delete, true): "Would delete"
      }
    let what =
      asked.count == 1
      ? "\(model)\(asked[0].id.map { " \($0)" } ?? "")\(asked[0].name.map { " (\($0))" } ?? "")"
      : "\(asked.count) records of \(model)"
    let isSame = action == .update && asked.allSatisfy(\.values.isEmpty)
    let along = changes.count - asked.count
    let more =
      along == 0 ? "" : along == 1 ? ", and 1 more record with it" : ", and \(along) more records with it"
    let end = isDryRun ? " Dry run: nothing was written." : isSame ? " The values were there already." : ""
    return "\(verb) \(what)\(more).\(end)"
  }
}
