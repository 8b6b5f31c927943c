/// What a field holds; the raw value is Odoo's name.
package enum FieldType: String, Sendable, CaseIterable {
  case char, text, html, integer, float, monetary, boolean, date, datetime, selection, many2one, one2many,
    many2many

  /// Whether it leads to other records.
  package var isRelation: Bool { self == .many2one || isToMany }

  /// Whether it leads to any number of records.
  package var isToMany: Bool { self == .one2many || self == .many2many }

  /// Whether it can be summed up.
  package var isNumber: Bool { self == .integer || self == .float || self == .monetary }

  /// Whether it is free text.
  package var isText: Bool { self == .char || self == .text || self == .html }

  /// Whether it lies in time.
  package var isTime: Bool { self == .date || self == .datetime }
}
