internal import Governance
internal import JSON
internal import Tools

extension Fixture {
  /// Those that ask the client, in the form of each era.
  static var asking: [any Tool] {
    [
      Fixture(
        "test_sampling", "Asks the client's model.",
        parameters: [.required("prompt", .text, "What to ask")]
      ) { arguments, talk throws(Interruption) in
        let answer = try await talk.ask(
          .sampling("sample", arguments["prompt"]?.string ?? "", maximumTokens: 100))
        return .said("LLM response: \(answer.text ?? "")")
      },
      Fixture(
        "test_elicitation", "Asks the person.", parameters: [.required("message", .text, "What to ask")]
      ) { arguments, talk throws(Interruption) in
        let answer = try await talk.ask(
          .form("response", arguments["message"]?.string ?? "", form("response", "User's response")))
        return .said(
          "User response: action=\(answer.action ?? ""), content=\(JSONValue.object(answer.content))")
      },
      Fixture("test_elicitation_sep1034_defaults", "Asks by a form with defaults.") {
        _, talk throws(Interruption) in
        let answer = try await talk.ask(.form("defaults", "Please review these values", defaults))
        return .said(
          "Elicitation result: action=\(answer.action ?? ""), content=\(JSONValue.object(answer.content))")
      },
      Fixture("test_elicitation_sep1330_enums", "Asks by a form with choices of every kind.") {
        _, talk throws(Interruption) in
        let answer = try await talk.ask(.form("choices", "Please choose", choices))
        return .said(
          "Elicitation result: action=\(answer.action ?? ""), content=\(JSONValue.object(answer.content))")
      },
      Fixture("test_streaming_elicitation", "Reports progress, then asks.") { _, talk throws(Interruption) in
        await talk.progress(1, of: 2)
        let answer = try await talk.ask(.form("name", "What is your name?", form("name", "Your name")))
        return .said("Hello, \(answer.content["name"]?.string ?? "nobody")!")
      },
      Fixture("test_missing_capability", "Needs a client that can sample.") { _, talk throws(Interruption) in
        guard talk.canAsk(.sampling) else { throw .unsupported([.sampling]) }
        return .said("The client can sample.")
      },
    ]
  }

  static func form(_ name: String, _ description: String, type: String = "string") -> JSONObject {
    [
      "type": "object",
      "properties": .object([name: ["type": .string(type), "description": .string(description)]]),
      "required": [.string(name)],
    ]
  }

  private static let defaults: JSONObject = [
    "type": "object",
    "properties": [
      "name": ["type": "string", "description": "Name", "default": "John Doe"],
      "age": ["type": "integer", "description": "Age", "default": 30],
      "score": ["type": "number", "description": "Score", "default": 95.5],
      "status": [
        "type": "string", "description": "Status", "enum": ["active", "inactive", "pending"],
        "default": "active",
      ],
      "verified": ["type": "boolean", "description": "Whether it was verified", "default": true],
    ],
    "required": [],
  ]

  private static let choices: JSONObject = [
    "type": "object",
    "properties": [
      "untitledSingle": ["type": "string", "enum": ["option1", "option2", "option3"]],
      "titledSingle": [
        "type": "string",
        "oneOf": [
          ["const": "low", "title": "Low"], ["const": "medium", "title": "Medium"],
          ["const": "high", "title": "High"],
        ],
      ],
      "untitledMulti": [
        "type": "array", "items": ["type": "string", "enum": ["read", "write", "execute"]],
      ],
      "titledMulti": [
        "type": "array",
        "items": [
          "anyOf": [
            ["const": "feature", "title": "Feature"], ["const": "bug", "title": "Bug"],
            ["const": "docs", "title": "Documentation"],
          ]
        ],
      ],
      "legacyEnum": [
        "type": "string", "enum": ["small", "medium", "large"], "enumNames": ["Small", "Medium", "Large"],
      ],
    ],
    "required": [],
  ]
}
