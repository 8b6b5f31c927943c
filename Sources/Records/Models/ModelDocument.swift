internal import JSON

extension Model {
  /// Reads a model document; relations to other models are checked by `ModelCatalogue`.
  ///
  /// - Parameter prefix: of the tables' names, so that they collide with no other part's.
  /// - Parameter hasUsers: whether there are people among the models, so that it can be kept who wrote.
  init(document json: JSONValue, prefix: String, hasUsers: Bool = false) throws(ModelError) {
    var reader = try DocumentReader(json, at: "model")
    let name = try reader.requiredText("model")
    guard Self.isModelName(name) else {
      throw ModelError(name, "is no name for a model, such as 'sale.order'")
    }
    reader = try DocumentReader(json, at: name)
    _ = reader.value("model")
    let named = try reader.identifier("table")
    guard let table = named ?? Identifier(prefix + name.underscored) else {
      throw ModelError(name, "'\(prefix)\(name.underscored)' is no name for a table")
    }
    let label = try reader.requiredText("label")
    let displayField = try reader.text("display") ?? "name"
    let fields = try Self.fields(&reader, displayField: displayField, prefix: prefix, hasUsers: hasUsers)
    let names = Set(fields.map(\.name))

    let orderText = try reader.text("order") ?? "id"
    guard let order = OrderTerm.list(orderText), order.allSatisfy({ names.contains($0.field) }) else {
      throw ModelError("\(name).order", "'\(orderText)' is no order of the model's fields")
    }
    let listFields =
      try reader.texts("list")
      ?? fields.filter { !$0.type.isToMany && $0.type != .html && $0.type != .text }.map(\.name)
    for field in listFields where !names.contains(field) {
      throw ModelError("\(name).list", "'\(field)' is not a field")
    }
    let declaredParent = try reader.text("parent")
    let parent = declaredParent ?? "parent_id"
    let parentField = fields.first { $0.name == parent && $0.type == .many2one && $0.relation == name }
    if declaredParent != nil, parentField == nil {
      throw ModelError("\(name).parent", "'\(parent)' is no many2one to \(name)")
    }
    self.init(
      name: name, label: label, description: try reader.text("description") ?? label, table: table,
      fields: fields, displayField: displayField, order: order,
      listFields: listFields, parentField: parentField?.name,
      document: try Self.documentLink(&reader, fields: fields), access: try Self.access(&reader),
      rules: try Self.rules(&reader, fields: fields), unique: try Self.unique(&reader, fields: fields))
    try reader.end()
  }

  /// Whether it is lower-case words parted by dots, such as `sale.order.line`.
  static func isModelName(_ name: String) -> Bool {
    name.utf8.count <= 64
      && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
        Identifier(String($0)) != nil
      }
  }

  private static func fields(
    _ reader: inout DocumentReader, displayField: String, prefix: String, hasUsers: Bool
  ) throws(ModelError) -> [ModelField] {
    let place = reader.place
    let document = try reader.required("fields")
    let declared = try DocumentReader(document, at: "\(place).fields")
    var fields: [ModelField] = []
    for name in declared.names {
      guard let member = document[name] else { continue }
      var field = try DocumentReader(member, at: "\(declared.place).\(name)")
      fields.append(try ModelField(name: name, model: place, document: &field, prefix: prefix))
    }
    for name in ["create_date", "write_date"] where !fields.contains(where: { $0.name == name }) {
      guard let column = Identifier(name) else { continue }
      let label = name == "create_date" ? "Created on" : "Last Updated on"
      fields.append(.stamp(name, label: label, column: column))
    }
    for (name, label) in [("create_uid", "Created by"), ("write_uid", "Last Updated by")]
    where hasUsers && !fields.contains(where: { $0.name == name }) {
      guard let column = Identifier(name) else { continue }
      fields.append(.stamp(name, label: label, column: column, relation: "res.users"))
    }
    guard let display = fields.first(where: { $0.name == displayField }), display.type.isText,
      display.groups.isEmpty
    else {
      throw ModelError("\(place).display", "'\(displayField)' is no text field that everybody may read")
    }
    guard !fields.contains(where: { $0.name == "id" }), let id = Identifier("id") else {
      throw ModelError("\(place).fields.id", "is there without being declared")
    }
    let implied =
      displayField == "display_name"
      ? [.id(column: id)] : [.id(column: id), ModelField.displayName(of: display)]
    return implied + fields
  }

  private static func documentLink(
    _ reader: inout DocumentReader, fields: [ModelField]
  ) throws(ModelError) -> DocumentLink? {
    guard let json = reader.value("document") else { return nil }
    var members = try DocumentReader(json, at: "\(reader.place).document")
    let link = DocumentLink(model: try members.requiredText("model"), id: try members.requiredText("id"))
    try members.end()
    guard fields.contains(where: { $0.name == link.model && $0.type == .char }),
      fields.contains(where: { $0.name == link.id && $0.type == .integer })
    else { throw ModelError(members.place, "names no char field and integer field") }
    return link
  }

  private static func access(_ reader: inout DocumentReader) throws(ModelError) -> [String: Set<Right>] {
    let json = try reader.required("access")
    var groups = try DocumentReader(json, at: "\(reader.place).access")
    var access: [String: Set<Right>] = [:]
    for group in groups.names {
      var rights: Set<Right> = []
      for name in try groups.texts(group) ?? [] {
        guard let right = Right(rawValue: name) else {
          throw ModelError("\(groups.place).\(group)", "'\(name)' is none of read, create, write, unlink")
        }
        rights.insert(right)
      }
      access[group] = rights
    }
    return access
  }

  private static func rules(_ reader: inout DocumentReader, fields: [ModelField]) throws(ModelError) -> [Rule]
  {
    var rules: [Rule] = []
    // A record of a company is for those who work for it, unless the document says otherwise.
    var isConfined = fields.contains { $0.name == "company_id" && $0.relation == "res.company" }
    if let flag = reader.value("company") {
      guard let flag = flag.bool else {
        throw ModelError("\(reader.place).company", "expected true or false")
      }
      isConfined = isConfined && flag
    }
    if isConfined {
      let own = Domain.condition(.init(["company_id"], .in, .variable(.userCompanyIDs)))
      let isRequired = fields.contains { $0.name == "company_id" && $0.isRequired }
      let shared = Domain.condition(.init(["company_id"], .equal, .value(.null)))
      rules.append(
        Rule(
          label: "Companies that the user works for, and no company", groups: [],
          domain: isRequired ? own : shared.or(own)))
    }
    guard let json = reader.value("rules") else { return rules }
    guard let documents = json.array else { throw ModelError("\(reader.place).rules", "expected a list") }
    for (index, document) in documents.enumerated() {
      var members = try DocumentReader(document, at: "\(reader.place).rules[\(index)]")
      let domain: Domain
      do throws(RecordsError) {
        domain = try Domain(rule: members.required("domain", orElse: .null))
      } catch {
        throw ModelError(members.place, error.sentence)
      }
      var rights = Set(Right.allCases)
      if let names = try members.texts("rights") {
        rights = Set(names.compactMap(Right.init))
        guard !rights.isEmpty, rights.count == names.count else {
          throw ModelError("\(members.place).rights", "expected some of read, create, write, unlink")
        }
      }
      rules.append(
        Rule(
          label: try members.requiredText("label"), groups: Set(try members.texts("groups") ?? []),
          domain: domain, rights: rights))
      try members.end()
    }
    return rules
  }
}

extension Model {
  fileprivate static func unique(
    _ reader: inout DocumentReader, fields: [ModelField]
  ) throws(ModelError) -> [[String]] {
    guard let json = reader.value("unique") else { return [] }
    guard let lists = json.array else { throw ModelError("\(reader.place).unique", "expected a list") }
    var unique: [[String]] = []
    for (index, list) in lists.enumerated() {
      let names = (list.array ?? []).compactMap(\.string)
      guard !names.isEmpty, names.count == list.array?.count,
        names.allSatisfy({ name in fields.contains { $0.name == name && $0.column != nil } })
      else { throw ModelError("\(reader.place).unique[\(index)]", "expected names of stored fields") }
      unique.append(names)
    }
    return unique
  }
}

extension DocumentReader {
  /// The member, or what stands for it and will be refused.
  fileprivate mutating func required(_ name: String, orElse substitute: JSONValue) -> JSONValue {
    value(name) ?? substitute
  }
}

extension ModelField {
  init(name: String, model: String, document reader: inout DocumentReader, prefix: String) throws(ModelError)
  {
    guard let own = Identifier(name) else {
      throw ModelError(reader.place, "'\(name)' is no name for a field")
    }
    let typeName = try reader.requiredText("type")
    guard let type = FieldType(rawValue: typeName) else {
      throw ModelError("\(reader.place).type", "'\(typeName)' is no type of field")
    }
    var choices: [Choice] = []
    for choice in reader.value("selection")?.array ?? [] {
      guard let pair = choice.array, pair.count == 2, let value = pair[0].string, let label = pair[1].string
      else {
        throw ModelError("\(reader.place).selection", "expected pairs of a value and its label")
      }
      choices.append(Choice(value: value, label: label))
    }
    guard choices.isEmpty == (type != .selection) else {
      throw ModelError("\(reader.place).selection", "belongs to fields of type selection, and all of them")
    }
    let relation = try reader.text("relation")
    guard (relation != nil) == type.isRelation else {
      throw ModelError("\(reader.place).relation", "belongs to relations, and all of them")
    }
    let inverse = try reader.text("inverse")
    guard (inverse != nil) == (type == .one2many) else {
      throw ModelError("\(reader.place).inverse", "belongs to fields of type one2many, and all of them")
    }
    var through: Through?
    if let json = reader.value("through") {
      var members = try DocumentReader(json, at: "\(reader.place).through")
      guard let table = try members.identifier("table"), let left = try members.identifier("left"),
        let right = try members.identifier("right"), let prefixed = Identifier(prefix + table.text)
      else { throw ModelError(members.place, "needs table, left and right") }
      try members.end()
      through = Through(table: prefixed, left: left, right: right)
    }
    guard (through != nil) == (type == .many2many) else {
      throw ModelError("\(reader.place).through", "belongs to fields of type many2many, and all of them")
    }
    let column = try reader.identifier("column") ?? own
    self.init(
      name: name, type: type, label: try reader.requiredText("label"), help: try reader.text("help"),
      isRequired: try reader.flag("required"), isReadonly: try reader.flag("readonly"),
      isIndexed: try reader.flag("index") || type == .many2one, selection: choices, relation: relation,
      inverse: inverse, through: through, column: type.isToMany ? nil : column,
      groups: Set(try reader.texts("groups") ?? []))
    standard = try reader.value("default").map { json throws(ModelError) in
      try FieldDefault(json, of: self, at: "\(reader.place).default")
    }
    if standard == nil, name == "active", type == .boolean { standard = .value(true) }
    isTracked = try reader.flag("tracking")
    // What only some may read must not be told to all who read the chatter.
    guard !isTracked || (!type.isToMany && groups.isEmpty) else {
      throw ModelError(
        "\(reader.place).tracking", "belongs to stored fields that everybody may read")
    }
    let rule = try reader.text("ondelete")
    guard rule == nil || type == .many2one else {
      throw ModelError("\(reader.place).ondelete", "belongs to fields of type many2one")
    }
    if let rule {
      guard let onDelete = OnDelete(rawValue: rule), onDelete != .setNull || !isRequired else {
        throw ModelError(
          "\(reader.place).ondelete", "expected cascade, restrict, or set null where it isn't required")
      }
      self.onDelete = onDelete
    } else {
      // A record without its company would be everybody's.
      onDelete = isRequired || relation == "res.company" ? .restrict : .setNull
    }
    formula = try reader.text("compute").map { text throws(ModelError) in
      guard let formula = Formula(text), type.isNumber else {
        throw ModelError("\(reader.place).compute", "'\(text)' is no formula for a number")
      }
      return formula
    }
    try reader.end()
  }

  /// When and by whom a record was made or last changed.
  ///
  /// - Parameter relation: the people's model, where it is who and not when.
  static func stamp(
    _ name: String, label: String, column: Identifier, relation: String? = nil
  ) -> ModelField {
    ModelField(
      name: name, type: relation == nil ? .datetime : .many2one, label: label, help: nil, isRequired: false,
      isReadonly: true, isIndexed: false, selection: [], relation: relation, inverse: nil, through: nil,
      column: column, groups: [], isStamp: true)
  }
}

extension String {
  /// `sale.order` as a table's name.
  var underscored: String { String(map { $0 == "." ? "_" : $0 }) }
}
