package import Authentication
package import JSON
internal import JSONSchema
package import OAuth

/// What a tool is: its name, words, parameters and the facts that governance decides by.
///
/// Schema, annotations and the scope that it needs are computed from these facts and can't disagree with them.
package struct ToolDefinition: Sendable {
  /// The technical category.
  package enum Category: String, Sendable, CaseIterable {
    case read, write, execute, workflow, chatter, event, advanced
  }

  /// Where people find it in the console.
  package enum Group: String, Sendable, CaseIterable {
    case read = "Read"
    case write = "Write"
    case workflow = "Workflow"
    case chatter = "Chatter"
    case email = "Email"
    case reporting = "Reporting"
    case knowledge = "Knowledge"
    case visualisation = "Visualisation"
    case events = "Events"
  }

  package enum Risk: String, Sendable, CaseIterable, Comparable {
    case low, medium, high

    package static func < (a: Risk, b: Risk) -> Bool {
      switch (a, b) {
      case (.low, .medium), (.low, .high), (.medium, .high): true
      default: false
      }
    }
  }

  /// What a call leaves behind.
  package enum Effect: String, Sendable, CaseIterable {
    /// Nothing.
    case reads
    /// Something new; what was there stays as it was. A second call adds a second one.
    case adds
    /// What was there is overwritten. A second call with the same arguments changes nothing more.
    case changes
    /// What was there is gone.
    case deletes
    /// Whatever the method that is run does: taken for the worst.
    case runs
  }

  /// Whether a call may be made a task: work that is asked for now and fetched later.
  package enum TaskSupport: Sendable {
    /// It answers at once.
    case forbidden
    /// It answers at once, or as a task if the client asks for one.
    case allowed
    /// It takes long: it is a task for every client that knows them.
    case preferred
    /// It is a task or nothing.
    case required
  }

  package let name: String
  package let title: String
  /// For a model: what it does, when to use it, when not.
  package let description: String
  package let category: Category
  package let group: Group
  package let risk: Risk
  package let effect: Effect
  /// Whether a call reaches beyond the gateway and its backend (mail, webhooks, upstream servers).
  package let reachesOut: Bool
  package let parameters: [Parameter]
  package let results: [Parameter]
  /// Whether the tool gives content alone (texts, images, resources), without a structure that a schema could describe.
  package let isContentOnly: Bool
  /// What the tool asks of its caller's sign-in, besides what the operator asks for its risk; nil for nothing.
  package let requiredAuthentication: RequiredAuthentication?
  /// The URI of what hosts show its result with (MCP Apps); nil for nothing but text.
  package let view: String?
  /// Says what a call would do, for the person who has to decide, in better words than its arguments; nil where they
  /// have to do.
  package let words: (@Sendable (_ arguments: JSONObject, Caller) async -> String?)?
  package let taskSupport: TaskSupport
  /// JSON Schema 2020-12 of the arguments, as it is listed and as every call is checked with.
  package let inputSchema: JSONObject
  /// The input schema, compiled; why it can't be is a contradiction, and no call passes.
  let argumentSchema: Result<JSONSchema, ArgumentError>
  /// JSON Schema 2020-12 of the structured content.
  package let outputSchema: JSONObject

  /// - Parameter inputSchema: where arguments are described by a schema of one's own, kept to the letter, in place of
  ///   `parameters`; the tool gets the arguments as they came.
  package init(
    name: String, title: String, description: String, category: Category, group: Group, risk: Risk,
    effect: Effect,
    reachesOut: Bool = false, parameters: [Parameter] = [], results: [Parameter] = [],
    isContentOnly: Bool = false, requiredAuthentication: RequiredAuthentication? = nil,
    inputSchema: JSONObject? = nil, view: String? = nil, taskSupport: TaskSupport = .allowed,
    words: (@Sendable (_ arguments: JSONObject, Caller) async -> String?)? = nil
  ) {
    self.words = words
    self.name = name
    self.title = title
    self.description = description
    self.category = category
    self.group = group
    self.risk = risk
    self.effect = effect
    self.reachesOut = reachesOut
    self.parameters = parameters
    self.results = results
    self.isContentOnly = isContentOnly
    self.requiredAuthentication = requiredAuthentication
    self.view = view
    self.taskSupport = taskSupport
    let inputSchema = inputSchema ?? Parameter.schema(of: parameters, isClosed: true)
    self.inputSchema = inputSchema
    self.argumentSchema = Self.compiled(inputSchema)
    self.outputSchema = Parameter.schema(of: results, isClosed: false)
  }

  /// The scope without which the tool is neither listed nor run.
  package var requiredScope: Scope {
    if category == .execute { return .execute }
    return effect == .reads ? .read : .write
  }

  /// The hints of MCP's `ToolAnnotations`.
  package var annotations: JSONObject {
    [
      "title": .string(title),
      "readOnlyHint": .bool(effect == .reads),
      "destructiveHint": .bool(effect == .changes || effect == .deletes || effect == .runs),
      "idempotentHint": .bool(effect == .reads || effect == .changes || effect == .deletes),
      "openWorldHint": .bool(reachesOut),
    ]
  }

  private static func compiled(_ schema: JSONObject) -> Result<JSONSchema, ArgumentError> {
    do throws(SchemaError) { return .success(try JSONSchema(.object(schema))) } catch {
      let problem = SchemaProblem(pointer: "", keyword: "", sentence: "can't be checked: \(error)")
      return .failure(ArgumentError(problems: [ArgumentProblem(problem)]))
    }
  }

  /// Where structured content does not fit the output schema, or has members that it does not tell of: what a tool
  /// promises and doesn't keep.
  package func misfits(of structured: JSONObject) -> [ArgumentProblem] {
    let schemas = [outputSchema] + (results.isEmpty ? [] : [Parameter.schema(of: results, isClosed: true)])
    for schema in schemas {
      switch Self.compiled(schema) {
      case .failure(let error): return error.problems
      case .success(let schema):
        let problems = schema.problems(of: .object(structured))
        if !problems.isEmpty { return problems.map { ArgumentProblem($0) } }
      }
    }
    return []
  }

  /// What contradicts itself in this definition, or nil: such a tool can't be registered.
  package var contradiction: String? {
    let isNameCharacter = { (character: Character) in
      character.isASCII && (character.isLetter || character.isNumber || character == "_" || character == "-")
    }
    if name.isEmpty || name.count > 64 || !name.allSatisfy(isNameCharacter) {
      return "the name is not 1 to 64 of A-Z a-z 0-9 _ -"
    }
    if title.isEmpty || description.isEmpty { return "it has no title or description" }
    if results.isEmpty != isContentOnly { return "it has no output schema, or one for content alone" }
    if category == .read && effect != .reads { return "a read tool must only read" }
    if category == .write && effect == .reads { return "a write tool must write" }
    if effect == .deletes && risk == .low { return "a tool that deletes is not of low risk" }
    if Set(parameters.map(\.name)).count != parameters.count { return "two parameters have one name" }
    if case .failure(let error) = argumentSchema { return "its input schema \(error)" }
    guard inputSchema["type"] == "object" else { return "its input schema does not describe an object" }
    for parameter in parameters where parameter.isRequired && parameter.standard != nil {
      return "parameter '\(parameter.name)' is required and has a default"
    }
    return nil
  }
}
