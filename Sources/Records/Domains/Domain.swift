package import JSON

/// Which records are meant: Odoo's domain, read into a tree.
///
/// A tree holds as many levels, conditions and ids as `DomainReader` admits, and no more.
package indirect enum Domain: Sendable, Equatable {
  case everything
  case nothing
  case all([Domain])
  case any([Domain])
  case not(Domain)
  case condition(Condition)

  /// The path of fields, the operator and the value of one element of a domain.
  package struct Condition: Sendable, Equatable {
    /// One field, or relations that lead to one.
    package let path: [String]
    package let comparison: Comparison
    package let operand: Operand
    /// Where it stands in what was read: `domain[2]`. Errors name it.
    package let position: String

    package init(
      _ path: [String], _ comparison: Comparison, _ operand: Operand, position: String = "domain"
    ) {
      self.path = path
      self.comparison = comparison
      self.operand = operand
      self.position = position
    }
  }

  /// What a condition compares with.
  package enum Operand: Sendable, Equatable {
    case value(JSONValue)
    /// Of `any` and `not any`: what must hold for a related record.
    case domain(Domain)
    /// In record rules only.
    case variable(Variable)
  }

  /// What stands for a value of the subject in a record rule.
  package enum Variable: String, Sendable, CaseIterable {
    case userID = "user.id"
    case userCompanyID = "user.company_id"
    case userCompanyIDs = "user.company_ids"
    case companyID = "company_id"
    case companyIDs = "company_ids"

    func value(of subject: Subject) -> JSONValue {
      switch self {
      case .userID: .integer(subject.userID)
      case .userCompanyID, .companyID: subject.companyID.map(JSONValue.integer) ?? .null
      case .userCompanyIDs, .companyIDs: .array(subject.companyIDs.map(JSONValue.integer))
      }
    }
  }
}

extension Domain {
  /// Both of them, without needless levels.
  package func and(_ other: Domain) -> Domain {
    Self.combined(self, other, whole: .nothing, none: .everything)
  }

  /// Either of them, without needless levels.
  package func or(_ other: Domain) -> Domain {
    Self.combined(self, other, whole: .everything, none: .nothing)
  }

  /// - Parameters:
  ///   - whole: decides whatever the other says.
  ///   - none: says nothing beside another.
  private static func combined(_ a: Domain, _ b: Domain, whole: Domain, none: Domain) -> Domain {
    if a == whole || b == whole { return whole }
    if a == none { return b }
    if b == none { return a }
    switch (whole, a, b) {
    case (.nothing, .all(let left), .all(let right)): return .all(left + right)
    case (.nothing, .all(let left), _): return .all(left + [b])
    case (.nothing, _, .all(let right)): return .all([a] + right)
    case (.nothing, _, _): return .all([a, b])
    case (_, .any(let left), .any(let right)): return .any(left + right)
    case (_, .any(let left), _): return .any(left + [b])
    case (_, _, .any(let right)): return .any([a] + right)
    default: return .any([a, b])
    }
  }

  /// About how much of a parser's stack the condition takes; only to put the greatest first.
  var cost: Int {
    switch self {
    case .everything, .nothing: 1
    case .condition(let condition):
      if case .domain(let inner) = condition.operand {
        10 * condition.path.count + inner.cost
      } else {
        10 * (condition.path.count - 1) + (condition.comparison.isHierarchy ? 20 : 1)
      }
    case .not(let inner): 1 + inner.cost
    case .all(let parts), .any(let parts): 1 + (parts.lazy.map(\.cost).max() ?? 0)
    }
  }

  /// Whether a condition on the records themselves, not on related ones, names the field.
  func names(_ field: String) -> Bool {
    switch self {
    case .everything, .nothing: false
    case .condition(let condition): condition.path == [field]
    case .not(let inner): inner.names(field)
    case .all(let parts), .any(let parts): parts.contains { $0.names(field) }
    }
  }

  /// The domain in Odoo's prefix notation.
  package var json: JSONValue {
    if case .all(let parts) = self {
      // Odoo joins the elements of the outermost list by itself.
      return .array(parts.flatMap(\.elements))
    }
    return self == .everything ? [] : .array(elements)
  }

  private var elements: [JSONValue] {
    switch self {
    case .everything: return [[1, "=", 1]]
    case .nothing: return [[0, "=", 1]]
    case .not(let inner): return ["!"] + inner.elements
    case .all(let parts):
      return Array(repeating: "&", count: Swift.max(0, parts.count - 1)) + parts.flatMap(\.elements)
    case .any(let parts):
      return Array(repeating: "|", count: Swift.max(0, parts.count - 1)) + parts.flatMap(\.elements)
    case .condition(let condition):
      let value: JSONValue
      switch condition.operand {
      case .value(let json): value = json
      case .domain(let domain): value = domain.json
      case .variable(let variable): value = .string(variable.rawValue)
      }
      return [
        [.string(condition.path.joined(separator: ".")), .string(condition.comparison.rawValue), value]
      ]
    }
  }
}
