import JSON
import Records
import Storage

/// Random domains that a subject may ask, with values that occur in the data.
struct RandomDomain {
  let reference: Reference
  let catalogue: ModelCatalogue
  let subject: Subject
  var chance: SplitMix

  mutating func domain(of model: Model, depth: Int) -> [JSONValue] {
    switch depth > 0 ? Int.random(in: 0...9, using: &chance) : 9 {
    case 0, 1: return ["&"] + domain(of: model, depth: depth - 1) + domain(of: model, depth: depth - 1)
    case 2, 3: return ["|"] + domain(of: model, depth: depth - 1) + domain(of: model, depth: depth - 1)
    case 4: return ["!"] + domain(of: model, depth: depth - 1)
    default: return [condition(of: model)]
    }
  }

  private mutating func condition(of model: Model) -> JSONValue {
    var path: [String] = []
    var here = model
    while true {
      let fields = here.fields.filter { field in
        field.isVisible(to: subject)
          && (field.relation.map { catalogue[$0]?.isReadable(by: subject) == true } ?? true)
      }
      guard let field = fields.randomElement(using: &chance) else { return [1, "=", 1] }
      path.append(field.name)
      if let next = field.relation.flatMap({ catalogue[$0] }), path.count < 3, Bool.random(using: &chance) {
        here = next
        continue
      }
      let (comparison, value) = comparison(with: field, of: here)
      return [.string(path.joined(separator: ".")), .string(comparison), value]
    }
  }

  private mutating func sample(_ field: ModelField, of model: Model) -> JSONValue {
    let ids = reference.visible(model).sorted()
    for _ in 0..<5 {
      guard let id = ids.randomElement(using: &chance),
        let stored = reference.record(id, of: model.name)?[field.name]
      else { break }
      switch stored {
      case .integer(let number): return field.type == .boolean ? .bool(number != 0) : .integer(number)
      case .real(let number): return .number(number)
      case .text(let text): return .string(text)
      default: continue
      }
    }
    switch field.type {
    case .char, .text, .html: return "none"
    case .selection: return .string(field.selection[0].value)
    case .integer, .float, .monetary: return 7
    case .boolean: return true
    case .date: return "2026-11-21"
    case .datetime: return "2026-11-21 00:00:00"
    case .many2one, .one2many, .many2many: return 1
    }
  }

  private mutating func pattern(from text: String) -> JSONValue {
    let letters = Array(text)
    guard !letters.isEmpty else { return "" }
    let start = Int.random(in: 0..<letters.count, using: &chance)
    let part = String(letters[start..<min(letters.count, start + Int.random(in: 1...6, using: &chance))])
    switch Int.random(in: 0...4, using: &chance) {
    case 0: return .string(part.uppercased())
    case 1: return .string("%" + part + "_")
    case 2: return .string(part + "\\%")
    case 3: return .string("*?[" + part)
    default: return .string(part)
    }
  }

  private mutating func comparison(with field: ModelField, of model: Model) -> (String, JSONValue) {
    if field.type.isRelation, let related = field.relation.flatMap({ catalogue[$0] }) {
      let id = related["id"].map { sample($0, of: related) } ?? 1
      let name = related["display_name"].map { sample($0, of: related) } ?? ""
      switch Int.random(in: 0...9, using: &chance) {
      case 0: return ("=", id)
      case 1: return ("!=", id)
      case 2: return ("in", [id, false])
      case 3: return ("not in", [id])
      case 4: return ("=", false)
      case 5: return ("!=", false)
      case 6: return ("ilike", pattern(from: name.string ?? ""))
      case 7: return ("=", name.string.map { .string($0) } ?? false)
      case 8: return (Bool.random(using: &chance) ? "any" : "not any", .array(domain(of: related, depth: 1)))
      default:
        guard related.parentField != nil else { return ("not ilike", pattern(from: name.string ?? "")) }
        return (
          Bool.random(using: &chance) ? "child_of" : "parent_of", Bool.random(using: &chance) ? id : [id, 3]
        )
      }
    }
    let value = sample(field, of: model)
    if field.type.isText || field.type == .selection, Bool.random(using: &chance) {
      let operators = ["like", "ilike", "not like", "not ilike", "=like", "=ilike"]
      return (operators.randomElement(using: &chance) ?? "like", pattern(from: value.string ?? ""))
    }
    switch Int.random(in: 0...(field.type == .boolean ? 5 : 9), using: &chance) {
    case 0: return ("=", value)
    case 1: return ("!=", value)
    case 2: return ("in", [value, sample(field, of: model)])
    case 3: return ("not in", [value, .null])
    case 4: return ("=", false)
    case 5: return ("!=", .null)
    case 6: return (">", field.type == .datetime ? .string(String((value.string ?? "").prefix(10))) : value)
    case 7: return (">=", value)
    case 8: return ("<", value)
    default: return ("<=", field.type == .datetime ? .string(String((value.string ?? "").prefix(10))) : value)
    }
  }
}

/// The same random numbers every time.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
