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
  private let searching: SearchRecords
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
    searching = SearchRecords(records: records)
    self.embeds = embeds
    self.write = write
  }

  package func messages(
    _ arguments: [String: String], in context: PromptContext
  ) async throws(PromptError) -> [PromptMessage] {
    var messages: [PromptMessage] = []
    var notes: [String] = []
    for embed in embeds {
      guard let uri = await uri(of: embed, arguments, context, &notes) else { continue }
      switch await context.read(uri) {
      case .contents(let contents): messages += contents.map { .resource($0) }
      case .absent: break
      case .refused(let reason): notes.append("What \(uri) holds could not be put in: \(reason)")
      }
    }
    let text = ([write(Blanks(values: arguments.filter { !$0.value.isEmpty }))] + notes).joined(
      separator: "\n\n")
    return messages + [.text(text)]
  }

  private func uri(
    of embed: Embed, _ arguments: [String: String], _ context: PromptContext, _ notes: inout [String]
  ) async -> String? {
    switch embed {
    case .model(let argument): return arguments[argument].map { "gatehouse://model/\($0)" }
    case .record(let argument, let model):
      guard let value = arguments[argument], !value.isEmpty else { return nil }
      return await record(value, of: model, context, &notes)
    case .recordOfModel(let argument, let modelArgument):
      guard let value = arguments[argument], let model = arguments[modelArgument], !value.isEmpty else {
        return nil
      }
      return await record(value, of: model, context, &notes)
    }
  }

  /// The URI of a record by its id or name; a note where there is none, or more than one.
  private func record(
    _ value: String, of model: String, _ context: PromptContext, _ notes: inout [String]
  ) async -> String? {
    if let id = Int64(value), id > 0 { return "gatehouse://record/\(model)/\(id)" }
    let result = await context.call(
      searching,
      ["model": .string(model), "domain": [["display_name", "ilike", .string(value)]], "limit": 10])
    guard !result.isError else {
      notes.append("'\(value)' could not be looked up: \(result.text)")
      return nil
    }
    let all = result.structured["records"]?.array ?? []
    let exact = all.filter { $0["display_name"]?.string?.lowercased() == value.lowercased() }
    let found = exact.count == 1 ? exact : all
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
  }
}
