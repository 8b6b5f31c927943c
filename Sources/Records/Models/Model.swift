/// A kind of record: its fields, who may do what with it, and which of its records each may see.
package struct Model: Sendable {
  /// A record rule: which records are to be seen.
  ///
  /// Rules without groups hold for everybody, all of them; of the rules that name a group of the subject, one must
  /// hold. That is Odoo's order: the first narrow, the second widen each other.
  package struct Rule: Sendable {
    package let label: String
    package let groups: Set<String>
    package let domain: Domain
    /// What it is asked for: all four unless the document says otherwise.
    package internal(set) var rights = Set(Right.allCases)
  }

  /// A record that belongs to a record of any model, such as a message: seen by those who see that record.
  package struct DocumentLink: Sendable {
    /// The field with the model's name.
    package let model: String
    /// The field with the record's id.
    package let id: String
  }

  package let name: String
  package let label: String
  package let description: String
  package let table: Identifier
  /// By name, in the document's order, `id` and `display_name` first.
  package let fields: [ModelField]
  /// The field that names a record.
  package let displayField: String
  /// The order when none is asked for.
  package let order: [OrderTerm]
  /// The fields that are answered when none are asked for.
  package let listFields: [String]
  /// The many2one that makes a tree of the records.
  package let parentField: String?
  package let document: DocumentLink?
  /// Rights by group.
  package let access: [String: Set<Right>]
  package let rules: [Rule]
  /// Fields that no two records have the same values of; an empty value is like no other.
  package let unique: [[String]]
  private let positions: [String: Int]

  init(
    name: String, label: String, description: String, table: Identifier, fields: [ModelField],
    displayField: String, order: [OrderTerm], listFields: [String], parentField: String?,
    document: DocumentLink?, access: [String: Set<Right>], rules: [Rule], unique: [[String]] = []
  ) {
    self.name = name
    self.label = label
    self.description = description
    self.table = table
    self.fields = fields
    self.displayField = displayField
    self.order = order
    self.listFields = listFields
    self.parentField = parentField
    self.document = document
    self.access = access
    self.rules = rules
    self.unique = unique
    var positions: [String: Int] = [:]
    for (position, field) in fields.enumerated() { positions[field.name] = position }
    self.positions = positions
  }

  /// The field of that name.
  package subscript(_ field: String) -> ModelField? { positions[field].map { fields[$0] } }

  /// What the subject may do with the model's records.
  package func rights(of subject: Subject) -> Set<Right> {
    if let models = subject.models, !models.contains(name) { return [] }
    var rights: Set<Right> = []
    for (group, granted) in access where subject.groups.contains(group) { rights.formUnion(granted) }
    return rights
  }

  /// Whether the subject may read the model at all.
  package func isReadable(by subject: Subject) -> Bool { rights(of: subject).contains(.read) }

  /// The model with those of its fields alone, and without its rules: as it is shown.
  func keeping(_ isKept: (ModelField) -> Bool) -> Model {
    let visible = fields.filter(isKept)
    let names = Set(visible.map(\.name))
    return Model(
      name: name, label: label, description: description, table: table, fields: visible,
      displayField: displayField,
      order: order.filter { names.contains($0.field) }, listFields: listFields.filter(names.contains),
      parentField: parentField.flatMap { names.contains($0) ? $0 : nil }, document: document, access: access,
      rules: [])
  }
}
