internal import JSON
internal import Tools

/// A prompt of which a test suite knows what it says.
struct FixturePrompt: Prompt {
  typealias Words =
    @Sendable ([String: String], PromptContext) async throws(PromptError) -> [PromptMessage]

  let definition: PromptDefinition
  private let words: Words

  init(
    _ name: String, _ description: String, _ arguments: [PromptArgument] = [], _ words: @escaping Words
  ) {
    definition = PromptDefinition(
      name: name, title: name, description: description, arguments: arguments)
    self.words = words
  }

  func messages(
    _ arguments: [String: String], in context: PromptContext
  ) async throws(PromptError) -> [PromptMessage] { try await words(arguments, context) }

  static let all: [any Prompt] = [
    FixturePrompt("test_simple_prompt", "A prompt without arguments.") { _, _ in
      [.text("This is a simple prompt for testing.")]
    },
    FixturePrompt(
      "test_prompt_with_arguments", "A prompt with two arguments.",
      [
        .required("arg1", "First", "The first argument", .choices(["paris", "park", "party"])),
        .required("arg2", "Second", "The second argument", .choices(["red", "green", "blue"])),
      ]
    ) { arguments, _ in
      [
        .text(
          "Prompt with arguments: arg1='\(arguments["arg1"] ?? "")', arg2='\(arguments["arg2"] ?? "")'")
      ]
    },
    FixturePrompt(
      "test_prompt_with_embedded_resource", "A prompt with a resource in it.",
      [.required("resourceUri", "Resource", "The URI of the resource")]
    ) { arguments, _ in
      let uri = arguments["resourceUri"] ?? ""
      return [
        .resource(
          ResourceContents(
            uri, mediaType: "text/plain", .text("Embedded resource content for testing."))),
        .text("Please process the embedded resource above."),
      ]
    },
    FixturePrompt("test_prompt_with_image", "A prompt with an image in it.") { _, _ in
      [
        .image(base64: Fixture.image, mediaType: "image/png"), .text("Please analyze the image above."),
      ]
    },
    FixturePrompt("test_input_required_result_prompt", "A prompt that asks for context.") {
      _, context throws(PromptError) in
      let answers = try await context.ask([
        .form("user_context", "What context should the prompt use?", Fixture.form("context", "The context"))
      ])
      return [.text("Context: \(answers["user_context"]?.content["context"]?.string ?? "none")")]
    },
  ]

  /// One that comes and goes.
  static let temporary = FixturePrompt("test_temporary_prompt", "Is there for a moment.") { _, _ in
    [.text("here")]
  }
}
