internal import JSON
internal import Storage
internal import Words

/// The values of one record, checked against its model and the subject's rights, before any database is asked.
struct RecordValues: Sendable {
  /// What a one2many or many2many is told; Odoo's commands.
  indirect enum Command: Sendable {
    /// `[0, 0, values]`: a new record, related.
    case create(RecordValues)
    /// `[1, id, values]`: changes a related record.
    case update(Int64, RecordValues)
    /// `[2, id, 0]`: deletes a related record.
    case delete(Int64)
    /// `[3, id, 0]`: takes the relation away.
    case unlink(Int64)
    /// `[4, id, 0]`: relates a record.
    case link(Int64)
    /// `[5, 0, 0]`: takes all relations away.
    case clear
    /// `[6, 0, ids]`, or a plain list of ids: relates these and no others.
    case set([Int64])
  }

  let model: Model
  /// By field, in the order in which they were given.
  private(set) var stored: [(field: ModelField, value: SQLValue)] = []
  private(set) var commands: [(field: ModelField, commands: [Command])] = []

  func contains(_ field: String) -> Bool { stored.contains { $0.field.name == field } }
}

/// Reads values, and keeps which records they refer to.
struct ValuesReader {
  /// Records inside of records.
  static let deepest = 3
  /// Commands and ids of one call.
  static let mostCommands = 1000

  let catalogue: ModelCatalogue
  let subject: Subject
  /// Where each record that has to be visible was named, by model and id.
  private(set) var targets: [RecordKey: String] = [:]
  private var commandCount = 0

  init(catalogue: ModelCatalogue, subject: Subject) {
    self.catalogue = catalogue
    self.subject = subject
  }

  /// - Parameters:
  ///   - right: `create` or `write`.
  ///   - given: a field that stands already: the way back of a one2many.
  mutating func values(
    _ json: JSONObject, of model: Model, for right: Right, at place: String, given: String? = nil,
    depth: Int = 0
  ) throws(RecordsError) -> RecordValues {
    try catalogue.demand(right, on: model, by: subject)
    var values = RecordValues(model: model)
    for (name, value) in json.members {
      let place = "\(place).\(name.cut)"
      let field = try catalogue.writable(name, of: model, by: subject, at: place)
      guard name != given else {
        throw RecordsError(.invalidValue, "\(place): the command itself relates the record.")
      }
      if field.type.isToMany {
        let commands = try commands(value, of: field, of: model, at: place, depth: depth)
        values.append(field, commands)
        continue
      }
      let stored = try ScalarValue.stored(value, for: field, at: place)
      if stored == .null, field.isRequired {
        throw RecordsError(
          .missingValue, "\(place): '\(name)' (\(field.label)) of \(model.name) can't be empty.",
          details: ["fields": [.string(name)]])
      }
      if field.type == .many2one, case .integer(let id) = stored {
        let related = try catalogue.related(by: field, of: model, for: subject, at: place)
        try refer(to: id, of: related, at: place)
      }
      values.append(field, stored)
    }
    return values
  }

  private mutating func refer(to id: Int64, of model: Model, at place: String) throws(RecordsError) {
    let key = RecordKey(model: model.name, id: id)
    guard targets[key] == nil else { return }
    try count(place)
    targets[key] = place
  }

  private mutating func commands(
    _ json: JSONValue, of field: ModelField, of model: Model, at place: String, depth: Int
  ) throws(RecordsError) -> [RecordValues.Command] {
    let related = try catalogue.related(by: field, of: model, for: subject, at: place)
    if json == .null || json == false { return [.clear] }
    guard let elements = json.array else {
      throw .misfit(json, field, place, "a list of ids, or of commands such as [4, id, 0]")
    }
    guard elements.contains(where: { $0.array != nil }) else {
      return [.set(try ids(elements, of: field, in: related, at: place))]
    }
    var commands: [RecordValues.Command] = []
    for (index, element) in elements.enumerated() {
      let place = "\(place)[\(index)]"
      commands.append(try command(element, of: field, in: related, at: place, depth: depth))
    }
    return commands
  }

  private mutating func ids(
    _ elements: [JSONValue], of field: ModelField, in related: Model, at place: String
  ) throws(RecordsError) -> [Int64] {
    var ids: [Int64] = []
    var seen: Set<Int64> = []
    for (index, element) in elements.enumerated() {
      let place = "\(place)[\(index)]"
      let id = try ScalarValue.id(element, field, place)
      try refer(to: id, of: related, at: place)
      if seen.insert(id).inserted { ids.append(id) }
    }
    return ids
  }

  private mutating func command(
    _ json: JSONValue, of field: ModelField, in related: Model, at place: String, depth: Int
  ) throws(RecordsError) -> RecordValues.Command {
    guard let parts = json.array, let number = parts.first?.wholeNumber, (1...3).contains(parts.count) else {
      throw .misfit(
        json, field, place,
        "commands: [0, 0, values], [1, id, values], [2, id], [3, id], [4, id], [5], [6, 0, ids]")
    }
    let isChild = field.type == .one2many
    if isChild, let inverse = field.inverse, number != 1, number != 2 {
      // What relates and parts them is a field of theirs.
      _ = try catalogue.writable(inverse, of: related, by: subject, at: place, isCommand: true)
    }
    switch number {
    case 0:
      try count(place)
      return .create(
        try values(
          parts.third(place), of: related, for: .create, at: "\(place)[2]", given: field.inverse,
          deeper: depth))
    case 1:
      let id = try target(parts, field, related, place)
      return .update(
        id,
        try values(
          parts.third(place), of: related, for: .write, at: "\(place)[2]", given: field.inverse, deeper: depth
        ))
    case 2:
      let id = try target(parts, field, related, place)
      try catalogue.demand(.unlink, on: related, by: subject)
      return .delete(id)
    case 3: return .unlink(try target(parts, field, related, place))
    case 4: return .link(try target(parts, field, related, place))
    case 5: return .clear
    case 6:
      guard parts.count == 3, let elements = parts[2].array else {
        throw .misfit(json, field, place, "[6, 0, ids]")
      }
      return .set(try ids(elements, of: field, in: related, at: "\(place)[2]"))
    default: throw .misfit(json, field, place, "commands 0 to 6")
    }
  }

  private mutating func count(_ place: String) throws(RecordsError) {
    commandCount += 1
    guard commandCount <= Self.mostCommands else {
      throw RecordsError(
        .invalidArgument,
        "\(place): more than \(Self.mostCommands) commands and related records in one call.",
        hint: "Do it in several calls.")
    }
  }

  private mutating func target(
    _ parts: [JSONValue], _ field: ModelField, _ related: Model, _ place: String
  ) throws(RecordsError) -> Int64 {
    let id = try ScalarValue.id(parts.count > 1 ? parts[1] : .null, field, "\(place)[1]")
    try refer(to: id, of: related, at: "\(place)[1]")
    return id
  }

  private mutating func values(
    _ json: JSONObject, of model: Model, for right: Right, at place: String, given: String?, deeper depth: Int
  ) throws(RecordsError) -> RecordValues {
    guard depth < Self.deepest else {
      throw RecordsError(.invalidArgument, "\(place): records are nested more than \(Self.deepest) deep.")
    }
    return try values(json, of: model, for: right, at: place, given: given, depth: depth + 1)
  }
}

extension RecordValues {
  fileprivate mutating func append(_ field: ModelField, _ value: SQLValue) { stored.append((field, value)) }
  fileprivate mutating func append(_ field: ModelField, _ more: [Command]) { commands.append((field, more)) }
}

extension [JSONValue] {
  fileprivate func third(_ place: String) throws(RecordsError) -> JSONObject {
    guard count == 3, let object = self[2].object else {
      throw RecordsError(
        .invalidValue, "\(place): the command takes an object of values as its third element.")
    }
    return object
  }
}

extension ModelCatalogue {
  /// - Throws: `forbidden` when the subject has no such right on the model, whose name they know.
  func demand(_ right: Right, on model: Model, by subject: Subject) throws(RecordsError) {
    let rights = model.rights(of: subject)
    guard !rights.contains(right) else { return }
    let verb =
      switch right {
      case .read: "read"
      case .create: "create"
      case .write: "change"
      case .unlink: "delete"
      }
    let granted = Right.allCases.filter(rights.contains).map(\.rawValue).joined(separator: ", ")
    throw RecordsError(
      .forbidden, "You may not \(verb) records of \(model.name) (\(model.label)).",
      hint: "Your rights on it: \(granted). describe_model tells them.")
  }

  /// The field, if it is for people to write.
  ///
  /// - Parameter isCommand: whether a command writes it: such a field may be out of sight.
  /// - Throws: `unknownField`, for a hidden one in the same words; `readonlyField`.
  func writable(
    _ name: String, of model: Model, by subject: Subject, at place: String, isCommand: Bool = false
  ) throws(RecordsError) -> ModelField {
    guard let field = model[name], isCommand || isVisible(field, to: subject) else {
      let names = model.fields.filter { isVisible($0, to: subject) && !$0.isReadonly }.map(\.name)
      let nearest = names.nearest(to: name).map { "'\($0)'" }
      throw RecordsError(
        .unknownField, "\(place): \(model.name) has no field '\(name.cut)'.",
        hint: nearest.isEmpty
          ? "describe_model names the fields of \(model.name)."
          : "Did you mean \(nearest.joined(separator: " or "))?", details: ["field": .string(name.cut)])
    }
    guard !field.isReadonly, field.formula == nil else {
      throw RecordsError(
        .readonlyField,
        "\(place): '\(name)' (\(field.label)) of \(model.name) is "
          + (field.formula == nil ? "kept by the system" : "computed") + " and can't be given.",
        hint: "Leave it out.", details: ["field": .string(name)])
    }
    return field
  }
}
