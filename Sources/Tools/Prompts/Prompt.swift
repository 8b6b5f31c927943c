package import Authentication
package import JSON

/// A request that people begin with, written by those who know the house.
package protocol Prompt: Sendable {
  var definition: PromptDefinition { get }

  /// The messages for these arguments, which are known, and complete where they are required.
  func messages(
    _ arguments: [String: String], in context: PromptContext
  ) async throws(PromptError) -> [PromptMessage]
}

/// What a prompt is, as it is listed.
package struct PromptDefinition: Sendable {
  package let name: String
  package let title: String
  package let description: String
  package let arguments: [PromptArgument]
  /// The tools that it leans on: it is listed to those who see all of them.
  package let tools: [String]

  package init(
    name: String, title: String, description: String, arguments: [PromptArgument] = [], tools: [String] = []
  ) {
    self.name = name
    self.title = title
    self.description = description
    self.arguments = arguments
    self.tools = tools
  }

  /// As `Prompt` of the schema.
  package var object: JSONObject {
    var object: JSONObject = [
      "name": .string(name), "title": .string(title), "description": .string(description),
    ]
    if !arguments.isEmpty { object["arguments"] = .array(arguments.map { .object($0.object) }) }
    return object
  }
}

/// A blank in a prompt; its value is a text.
package struct PromptArgument: Sendable {
  package let name: String
  package let title: String
  package let description: String
  package let isRequired: Bool
  /// What completes it; nil for free text.
  package let completion: CompletionKind?

  private init(
    _ name: String, _ title: String, _ description: String, _ isRequired: Bool, _ completion: CompletionKind?
  ) {
    self.name = name
    self.title = title
    self.description = description
    self.isRequired = isRequired
    self.completion = completion
  }

  package static func required(
    _ name: String, _ title: String, _ description: String, _ completion: CompletionKind? = nil
  ) -> PromptArgument { PromptArgument(name, title, description, true, completion) }

  package static func optional(
    _ name: String, _ title: String, _ description: String, _ completion: CompletionKind? = nil
  ) -> PromptArgument { PromptArgument(name, title, description, false, completion) }

  /// As `PromptArgument` of the schema.
  package var object: JSONObject {
    [
      "name": .string(name), "title": .string(title), "description": .string(description),
      "required": .bool(isRequired),
    ]
  }
}

/// For whom a prompt is written, and what it may put in.
package struct PromptContext: Sendable {
  package let caller: Caller
  /// Reads a resource as the caller would.
  package let read: @Sendable (_ uri: String) async -> PromptReading
  /// Calls a tool as the caller would, by the same rules and on the same record.
  package let call: @Sendable (_ tool: any Tool, _ arguments: JSONObject) async -> ToolResult

  /// The way to the client, for a prompt that has to ask something first.
  package let conversation: any Conversation

  package init(
    caller: Caller, conversation: any Conversation = Silence(),
    read: @escaping @Sendable (String) async -> PromptReading,
    call: @escaping @Sendable (any Tool, JSONObject) async -> ToolResult
  ) {
    self.caller = caller
    self.conversation = conversation
    self.read = read
    self.call = call
  }

  /// Asks the client, all at once.
  ///
  /// - Throws: what a prompt lets through.
  package func ask(_ questions: [Question]) async throws(PromptError) -> [String: Answer] {
    do throws(Interruption) { return try await conversation.ask(questions) } catch {
      throw PromptError(error)
    }
  }
}

/// What a prompt found to put in.
package enum PromptReading: Sendable {
  case contents([ResourceContents])
  /// It isn't there, or not for the caller.
  case absent
  /// Not now, for a reason that the person should know.
  case refused(String)
}

/// One message of a prompt.
package struct PromptMessage: Sendable, Equatable {
  package enum Role: String, Sendable { case user, assistant }

  package let role: Role
  /// A content block: text, image, audio or resource.
  package let content: JSONObject

  package init(_ role: Role, _ content: JSONObject) {
    self.role = role
    self.content = content
  }

  package static func text(_ text: String, from role: Role = .user) -> PromptMessage {
    PromptMessage(role, ["type": "text", "text": .string(text)])
  }

  /// A resource with what it holds.
  package static func resource(_ contents: ResourceContents) -> PromptMessage {
    PromptMessage(.user, ["type": "resource", "resource": .object(contents.object)])
  }

  /// - Parameter base64: the image's bytes.
  package static func image(base64: String, mediaType: String) -> PromptMessage {
    PromptMessage(.user, ["type": "image", "data": .string(base64), "mimeType": .string(mediaType)])
  }

  /// As `PromptMessage` of the schema.
  package var object: JSONObject { ["role": .string(role.rawValue), "content": .object(content)] }
}

/// Why a prompt is not written, in a sentence for whoever filled it in.
package struct PromptError: Error, Sendable, Equatable {
  package let sentence: String
  /// Why the client did not answer what it was asked, where that is the reason.
  package let interruption: Interruption?

  package init(_ sentence: String) {
    self.sentence = sentence
    interruption = nil
  }

  init(_ interruption: Interruption) {
    sentence = ToolResult(interruption).text
    self.interruption = interruption
  }

  package static func == (a: PromptError, b: PromptError) -> Bool { a.sentence == b.sentence }
}
