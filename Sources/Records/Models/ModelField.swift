/// A field of a model, as its document declares it.
package struct ModelField: Sendable, Equatable {
  /// The table in which a many2many keeps its pairs.
  package struct Through: Sendable, Equatable {
    package let table: Identifier
    /// The column with the id of the record that has the field.
    package let left: Identifier
    /// The column with the id of the related record.
    package let right: Identifier
  }

  /// A value of a selection and what people call it.
  package struct Choice: Sendable, Equatable {
    package let value: String
    package let label: String
  }

  /// What becomes of a record whose many2one leads to a record that is deleted.
  package enum OnDelete: String, Sendable, CaseIterable {
    /// It is deleted as well.
    case cascade
    /// Nothing is deleted.
    case restrict
    /// It leads nowhere.
    case setNull = "set null"
  }

  package let name: String
  package let type: FieldType
  package let label: String
  package let help: String?
  package let isRequired: Bool
  package let isReadonly: Bool
  package let isIndexed: Bool
  package let selection: [Choice]
  /// The model that a relation leads to.
  package let relation: String?
  /// For a one2many, the many2one on the related model that leads back.
  package let inverse: String?
  package let through: Through?
  /// Where the value is stored; nil for one2many and many2many.
  package let column: Identifier?
  /// Who may know of the field; empty for everybody who may read the model.
  package let groups: Set<String>
  /// What stands in a new record where nothing is given.
  package internal(set) var standard: FieldDefault?
  /// Whether a change leaves a message in the record's chatter.
  package internal(set) var isTracked = false
  /// Of a many2one: what becomes of the record when the one that it leads to is deleted.
  package internal(set) var onDelete = OnDelete.setNull
  /// How it is computed from the other fields; nil for what people enter.
  package internal(set) var formula: Formula?
  /// Whether it says who and when: kept by every write, given by none.
  package internal(set) var isStamp = false

  /// Whether the subject may read the field.
  package func isVisible(to subject: Subject) -> Bool {
    groups.isEmpty || !groups.isDisjoint(with: subject.groups)
  }
}

extension ModelField {
  /// `id`, which every record has.
  static func id(column: Identifier) -> ModelField {
    ModelField(
      name: "id", type: .integer, label: "ID", help: nil, isRequired: true, isReadonly: true,
      isIndexed: false,
      selection: [], relation: nil, inverse: nil, through: nil, column: column, groups: [])
  }

  /// `display_name`, which every record has: the field that names it, by another name.
  static func displayName(of field: ModelField) -> ModelField {
    ModelField(
      name: "display_name", type: .char, label: "Display Name", help: nil, isRequired: false,
      isReadonly: true,
      isIndexed: false, selection: [], relation: nil, inverse: nil, through: nil, column: field.column,
      groups: [])
  }
}
