package import JSON
internal import Words

/// All models of a backend, checked against each other.
package struct ModelCatalogue: Sendable {
  /// By name, sorted.
  package let models: [Model]
  private let positions: [String: Int]

  /// Reads the documents.
  ///
  /// - Parameter prefix: of the tables' names, such as `demo_`.
  /// - Throws: what is wrong, and in which document: a backend with a doubtful rule doesn't start.
  package init(documents: [JSONValue], prefix: String) throws(ModelError) {
    var models: [Model] = []
    let hasUsers = documents.contains { $0["model"] == "res.users" }
    for document in documents {
      models.append(try Model(document: document, prefix: prefix, hasUsers: hasUsers))
    }
    models.sort { $0.name < $1.name }
    var positions: [String: Int] = [:]
    for (position, model) in models.enumerated() {
      guard positions.updateValue(position, forKey: model.name) == nil else {
        throw ModelError(model.name, "is described twice")
      }
    }
    self.models = models
    self.positions = positions
    for model in models {
      for field in model.fields {
        try checkRelation(of: field, in: model)
        try checkDefault(of: field, in: model)
        try checkFormula(of: field, in: model)
      }
      for (index, rule) in model.rules.enumerated() { try checkRule(rule, at: index, of: model) }
    }
  }

  package subscript(_ name: String) -> Model? { positions[name].map { models[$0] } }

  private func checkRelation(of field: ModelField, in model: Model) throws(ModelError) {
    guard let relation = field.relation else { return }
    let place = "\(model.name).fields.\(field.name)"
    guard let related = self[relation] else {
      throw ModelError("\(place).relation", "there is no model '\(relation)'")
    }
    guard let inverse = field.inverse else { return }
    guard let back = related[inverse], back.type == .many2one, back.relation == model.name else {
      throw ModelError("\(place).inverse", "'\(inverse)' is no many2one from \(relation) to \(model.name)")
    }
  }

  /// A rule that can't be compiled must be found at the start and not at the first query.
  private func checkRule(_ rule: Model.Rule, at index: Int, of model: Model) throws(ModelError) {
    let nobody = Subject(userID: 0, companyID: nil, companyIDs: [], groups: [])
    var compiler = DomainCompiler(catalogue: self, subject: nobody)
    do throws(RecordsError) {
      _ = try compiler.ruleCondition(rule.domain, on: model)
    } catch {
      throw ModelError("\(model.name) rule '\(rule.label)'", error.sentence)
    }
  }
}

extension ModelCatalogue {
  /// The model, if the subject may read it.
  ///
  /// - Throws: `unknownModel` with names that may be meant; `forbidden` to those who may know that it exists.
  func readable(_ name: String, by subject: Subject) throws(RecordsError) -> Model {
    if let model = self[name] {
      if model.isReadable(by: subject) { return model }
      if subject.isInsider {
        throw RecordsError(
          .forbidden, "You may not read \(name) (\(model.label)).",
          hint: "list_models names the models that you may read.")
      }
    }
    var names: [String] = []
    for model in models where model.isReadable(by: subject) { names.append(model.name) }
    let nearest = names.nearest(to: name)
    throw RecordsError(
      .unknownModel, "There is no model '\(name.cut)'.",
      hint: nearest.isEmpty
        ? "list_models names the models that you may read."
        : "Did you mean \(nearest.map { "'\($0)'" }.joined(separator: " or "))?")
  }

  /// Whether the subject may know of the field. People from outside don't learn of models through relations.
  func isVisible(_ field: ModelField, to subject: Subject) -> Bool {
    guard field.isVisible(to: subject) else { return false }
    guard !subject.isInsider, let relation = field.relation else { return true }
    return self[relation]?.isReadable(by: subject) ?? false
  }

  /// The field of a model, if the subject may read it.
  ///
  /// - Parameters:
  ///   - subject: nil reads everything: for record rules.
  ///   - position: where the name stands, for the sentence.
  /// - Throws: `unknownField` with names that may be meant; `forbidden` to those who may know that it exists.
  func field(
    _ name: String, of model: Model, for subject: Subject?, at position: String? = nil
  ) throws(RecordsError) -> ModelField {
    let place = position.map { "\($0): " } ?? ""
    if let field = model[name] {
      guard let subject, !isVisible(field, to: subject) else { return field }
      if subject.isInsider {
        throw RecordsError(.forbidden, "\(place)You may not read '\(name)' of \(model.name).")
      }
    }
    var names: [String] = []
    for field in model.fields where subject.map({ isVisible(field, to: $0) }) ?? true {
      names.append(field.name)
    }
    let nearest = names.nearest(to: name)
    throw RecordsError(
      .unknownField, "\(place)\(model.name) has no field '\(name.cut)'.",
      hint: nearest.isEmpty
        ? "describe_model names the fields of \(model.name)."
        : "Did you mean \(nearest.map { "'\($0)'" }.joined(separator: " or "))?")
  }

  /// The model that a relation leads to.
  ///
  /// - Throws: `forbidden` when the subject may not read it.
  func related(
    by field: ModelField, of model: Model, for subject: Subject?, at position: String? = nil
  ) throws(RecordsError) -> Model {
    let place = position.map { "\($0): " } ?? ""
    guard let relation = field.relation, let related = self[relation] else {
      throw RecordsError(
        .invalidArgument,
        "\(place)'\(field.name)' of \(model.name) is \(field.type.rawValue) and leads to no records.")
    }
    if let subject, !related.isReadable(by: subject) {
      throw RecordsError(
        .forbidden, "\(place)'\(field.name)' leads to \(relation) (\(related.label)), which you may not read."
      )
    }
    return related
  }

  /// The model as the subject may know it.
  func seen(_ model: Model, by subject: Subject) -> Model {
    model.keeping { isVisible($0, to: subject) }
  }
}

extension String {
  /// As much of a name that came from outside as fits in a sentence.
  var cut: String { count > 64 ? prefix(63) + "…" : self }
}
