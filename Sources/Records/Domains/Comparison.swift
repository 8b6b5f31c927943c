/// An operator of a domain's condition; the raw value is how Odoo writes it.
package enum Comparison: String, Sendable, CaseIterable {
  case equal = "="
  case notEqual = "!="
  case greater = ">"
  case greaterOrEqual = ">="
  case less = "<"
  case lessOrEqual = "<="
  case `in` = "in"
  case notIn = "not in"
  case like = "like"
  case ilike = "ilike"
  case notLike = "not like"
  case notIlike = "not ilike"
  case equalLike = "=like"
  case equalIlike = "=ilike"
  case childOf = "child_of"
  case parentOf = "parent_of"
  case any = "any"
  case notAny = "not any"

  /// The operator that this one denies, if it denies one: a condition with it holds where the other doesn't.
  var denied: Comparison? {
    switch self {
    case .notEqual: .equal
    case .notIn: .in
    case .notLike: .like
    case .notIlike: .ilike
    case .notAny: .any
    default: nil
    }
  }

  /// Whether its value is a list of values.
  var takesList: Bool { self == .in || self == .notIn }

  /// Whether its value is a pattern.
  var takesPattern: Bool {
    switch self {
    case .like, .ilike, .notLike, .notIlike, .equalLike, .equalIlike: true
    default: false
    }
  }

  /// Whether it asks for more or less.
  var isInequality: Bool {
    switch self {
    case .greater, .greaterOrEqual, .less, .lessOrEqual: true
    default: false
    }
  }

  /// Whether its value is a domain for the related records.
  var takesDomain: Bool { self == .any || self == .notAny }

  /// Whether it asks for the place in a tree.
  var isHierarchy: Bool { self == .childOf || self == .parentOf }
}
