internal import Authentication
internal import JSON
internal import Records

/// A prompt about the company's records: a text with blanks, and the records that it is about.
package struct CompanyPrompt: Prompt {
  /// A resource that goes in before the text.
  enum Embed: Sendable {
    /// The record of that model which an argument names, by its id or its display name.
    case record(in: String, of: String)
    /// The same, of a model that another argument names.
    case recordOfModel(in: String, modelIn: String)
    /// The model that an argument names.
    case model(in: String)
  }

  package let definition: PromptDefinition
  private let records: any Records
  private let embeds: [Embed]
  private let write: @Sendable (_ arguments: Blanks) -> String

  /// The arguments in the words of a text.
  struct Blanks: Sendable {
    let values: [String: String]

    subscript(_ name: String) -> String { values[name] ?? "" }

    /// A piece of the text, where the argument is given.
    func given(_ name: String, _ piece: (String) -> String) -> String { values[name].map(piece) ?? "" }

    func given(_ name: String, _ piece: (String) -> String, else other: String) -> String {
      values[name].map(piece) ?? other
    }
  }

  init(
    _ name: String, _ title: String, _ description: String, _ arguments: [PromptArgument] = [],
    tools: [String], embeds: [Embed] = [], records: any Records,
    write: @escaping @Sendable (_ arguments: Blanks) -> String
  ) {
    definition = PromptDefinition(
      name: name, title: title, description: description, arguments: arguments, tools: tools)
    self.records = records
    self.embeds = embeds
    self.write = write
  }

  package func messages(
    _ arguments: [String: String], in context: PromptContext
  ) async throws(PromptError) -> [PromptMessage] {
    var messages: [PromptMessage] = []
    var notes: [String] = []
    for embed in embeds {
      guard let uri = try await uri(of: embed, arguments, context, &notes) else { continue }
      messages += await context.read(uri).map { .resource($0) }
    }
    let text = ([write(Blanks(values: arguments.filter { !$0.value.isEmpty }))] + notes).joined(
      separator: "\n\n")
    return messages + [.text(text)]
  }

  private func uri(
    of embed: Embed, _ arguments: [String: String], _ context: PromptContext, _ notes: inout [String]
  ) async throws(PromptError) -> String? {
    switch embed {
    case .model(let argument): return arguments[argument].map { "gatehouse://model/\($0)" }
    case .record(let argument, let model):
      guard let value = arguments[argument], !value.isEmpty else { return nil }
      return try await record(value, of: model, context, &notes)
    case .recordOfModel(let argument, let modelArgument):
      guard let value = arguments[argument], let model = arguments[modelArgument], !value.isEmpty else {
        return nil
      }
      return try await record(value, of: model, context, &notes)
    }
  }

  /// The URI of a record by its id or name; a note where there is none, or more than one.
  private func record(
    _ value: String, of model: String, _ context: PromptContext, _ notes: inout [String]
  ) async throws(PromptError) -> String? {
    if let id = Int64(value), id > 0 { return "gatehouse://record/\(model)/\(id)" }
    do throws(RecordsError) {
      let page = try await records.search(
        Query(model, where: try Domain([["display_name", "ilike", .string(value)]]), limit: 10),
        for: Subject(context.caller))
      let exact = page.elements.filter { $0["display_name"]?.string?.lowercased() == value.lowercased() }
      let found = exact.count == 1 ? exact : page.elements
      if found.count == 1, let id = found[0]["id"]?.integer { return "gatehouse://record/\(model)/\(id)" }
      let names = found.compactMap { record in
        record["display_name"]?.string.map { "\($0) (id \(record["id"]?.integer ?? 0))" }
      }
      notes.append(
        found.isEmpty
          ? "No record of \(model) is called '\(value)'; look for the right one with search_records, or ask me."
          : "Several records of \(model) may be meant by '\(value)': \(names.joined(separator: ", ")). Ask me which."
      )
      return nil
    } catch { throw PromptError(error.sentence) }
  }
}
