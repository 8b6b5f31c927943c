package import JSON

/// What stands in a field of a new record where nothing is given.
///
///     "draft"                             the value itself
///     {"variable": "today"}               of the moment, or of the person who creates it
///     {"related": "product_id.name"}      of the record that a many2one of the new one leads to
///     {"sequence": "S", "digits": 5}      S00001, S00002, …
package enum FieldDefault: Sendable, Equatable {
  /// What is known when a record is created.
  package enum Variable: String, Sendable, CaseIterable {
    case userID = "user.id"
    /// The person's contact card.
    case userPartnerID = "user.partner_id"
    case companyID = "company_id"
    case today
    case now
  }

  case value(JSONValue)
  case variable(Variable)
  case related(through: String, field: String)
  case sequence(prefix: String, digits: Int)

  init(_ json: JSONValue, of field: ModelField, at place: String) throws(ModelError) {
    guard json.object != nil else {
      self = .value(json)
      return
    }
    var members = try DocumentReader(json, at: place)
    if let name = try members.text("variable") {
      guard let variable = Variable(rawValue: name) else {
        let known = Variable.allCases.map(\.rawValue).joined(separator: ", ")
        throw ModelError("\(place).variable", "'\(name)' is none of \(known)")
      }
      self = .variable(variable)
    } else if let path = try members.text("related") {
      let names = path.split(separator: ".", omittingEmptySubsequences: false)
      guard names.count == 2 else {
        throw ModelError("\(place).related", "'\(path)' is no path such as product_id.name")
      }
      self = .related(through: String(names[0]), field: String(names[1]))
    } else {
      let prefix = try members.requiredText("sequence")
      guard let digits = members.value("digits")?.integer, (1...12).contains(digits), field.type == .char
      else {
        throw ModelError(place, "a sequence is for texts and has 1 to 12 digits")
      }
      self = .sequence(prefix: prefix, digits: Int(digits))
    }
    try members.end()
  }
}

extension ModelCatalogue {
  /// A default that doesn't fit must be found at the start and not at the first record.
  func checkDefault(of field: ModelField, in model: Model) throws(ModelError) {
    let place = "\(model.name).fields.\(field.name).default"
    switch field.standard {
    case nil, .variable, .sequence: return
    case .value(let json):
      do throws(RecordsError) { _ = try ScalarValue.stored(json, for: field, at: "default") } catch {
        throw ModelError(place, error.sentence)
      }
    case .related(let through, let name):
      guard let link = model[through], link.type == .many2one, let related = link.relation,
        let source = self[related]?[name], source.column != nil,
        source.type.columnKind == field.type.columnKind
      else { throw ModelError(place, "'\(through).\(name)' leads to no value for it") }
    }
  }

  /// A formula that names what isn't there must be found at the start.
  func checkFormula(of field: ModelField, in model: Model) throws(ModelError) {
    guard let formula = field.formula else { return }
    let place = "\(model.name).fields.\(field.name).compute"
    for term in formula.terms {
      switch term {
      case .field(let name):
        guard let own = model[name], own.type.isNumber, own.column != nil, name != field.name else {
          throw ModelError(place, "'\(name)' is no other number of the record")
        }
      case .sum(let lines, let name):
        guard let many = model[lines], many.type == .one2many, let related = many.relation,
          let number = self[related]?[name], number.type.isNumber, number.column != nil
        else { throw ModelError(place, "'\(lines).\(name)' is no number of a one2many's records") }
      }
    }
  }
}

extension FieldType {
  /// Types with one kind hold each other's values.
  fileprivate var columnKind: Int {
    switch self {
    case .char, .text, .html: 0
    case .integer: 1
    case .float, .monetary: 2
    case .boolean: 3
    case .date: 4
    case .datetime: 5
    case .selection: 6
    case .many2one: 7
    case .one2many, .many2many: 8
    }
  }
}
