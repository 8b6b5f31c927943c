package import Governance
internal import JSON
package import Records
internal import Words

/// Tool 2, `describe_model`.
package struct DescribeModel: RecordTool {
  let records: any Records

  package init(records: any Records) { self.records = records }

  package let definition = ToolDefinition(
    name: "describe_model", title: "Describe a model",
    description: """
      Tells the fields of a model: technical name, type, label, the values of selections, and where relations lead. \
      Use it before you write a domain or name fields, instead of guessing names. Fields that you may not read are \
      left out. Fields that are readonly or computed can't be given to create_record and update_record. It tells nothing of the records themselves: use search_read for those.
      """,
    category: .read, group: .read, risk: .low, effect: .reads,
    parameters: [
      .model,
      .optional("fields", .names, "Names of the only fields to describe. Left out, all are described."),
    ],
    results: [
      .modelResult, .required("label", .text, "What people call it"),
      .required("description", .text, "What its records are"),
      .required("rights", .array(of: .choice(["read", "create", "write", "unlink"])), "What you may do"),
      .required("display_field", .text, "The field that names a record (display_name)"),
      .required("order", .text, "The order in which records come when none is asked for"),
      .required("usual_fields", .array(of: .text), "What search_read answers when no fields are named"),
      .required(
        "hides_archived", .boolean,
        "Whether searches leave out archived records unless the domain names the field active"),
      .required(
        "fields",
        .array(
          of: .record([
            .required("name", .text, "Technical name"),
            .required("type", .choice(FieldType.allCases.map(\.rawValue)), ""),
            .required("label", .text, ""), .required("required", .boolean, ""),
            .required("readonly", .boolean, ""),
            .optional("help", .text, "What it means"),
            .optional("has_default", .boolean, "Whether it fills itself in when nothing is given"),
            .optional("computed", .text, "The formula that it is computed by"),
            .optional(
              "selection", .array(of: .array(of: .text)), "Pairs of value and label; domains take the value"),
            .optional("relation", .text, "The model that it leads to"),
            .optional("inverse", .text, "Of a one2many, the field of that model that leads back"),
          ])), "In the model's order"),
    ])

  func answer(_ arguments: RecordArguments, for subject: Subject) async throws(RecordsError) -> ToolResult {
    let model = try await records.model(arguments.model, for: subject)
    var fields = model.fields
    if let names = arguments.texts("fields") {
      fields = []
      for name in names {
        guard let field = model[name] else {
          let nearest = model.fields.map(\.name).nearest(to: name).map { "'\($0)'" }
          throw RecordsError(
            .unknownField, "\(model.name) has no field '\(name.prefix(64))' that you may read.",
            hint: nearest.isEmpty
              ? "Call describe_model without fields to see all."
              : "Did you mean \(nearest.joined(separator: " or "))?")
        }
        fields.append(field)
      }
    }
    let order = model.order.map { $0.isDescending ? "\($0.field) desc" : $0.field }.joined(separator: ", ")
    let structured: JSONObject = [
      "model": .string(model.name), "label": .string(model.label), "description": .string(model.description),
      "rights": model.rightsJSON(of: subject), "display_field": .string(model.displayField),
      "order": .string(order),
      "usual_fields": .array(model.listFields.map { .string($0) }),
      "hides_archived": .bool(model["active"]?.type == .boolean), "fields": .array(fields.map(\.json)),
    ]
    return ToolResult(structured, text: "\(model.label) (\(model.name)) with \(fields.count) fields.")
  }
}

extension ModelField {
  /// The field in the words of `describe_model`.
  fileprivate var json: JSONValue {
    var object: JSONObject = [
      "name": .string(name), "type": .string(type.rawValue), "label": .string(label),
      "required": .bool(isRequired),
      "readonly": .bool(isReadonly),
    ]
    if standard != nil { object["has_default"] = true }
    if let formula { object["computed"] = .string(formula.text) }
    if let help { object["help"] = .string(help) }
    if !selection.isEmpty {
      object["selection"] = .array(selection.map { [.string($0.value), .string($0.label)] })
    }
    if let relation { object["relation"] = .string(relation) }
    if let inverse { object["inverse"] = .string(inverse) }
    return .object(object)
  }
}
