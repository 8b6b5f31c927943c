internal import JSON
internal import Tools

extension Fixture {
  static let image =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAA"
    + "AElFTkSuQmCC"
  static let audio = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA=="

  /// What tools can give back.
  static var content: [any Tool] {
    [
      Fixture("test_simple_text", "Gives a text.") { _, _ in
        .said("This is a simple text response for testing.")
      },
      Fixture("test_image_content", "Gives an image.") { _, _ in
        .content([.image(base64: image, mediaType: "image/png")])
      },
      Fixture("test_audio_content", "Gives a sound.") { _, _ in
        .content([.audio(base64: audio, mediaType: "audio/wav")])
      },
      Fixture("test_embedded_resource", "Gives a resource.") { _, _ in
        .content([
          .resource(
            uri: "test://embedded-resource", mediaType: "text/plain",
            text: "This is an embedded resource content.")
        ])
      },
      Fixture("test_multiple_content_types", "Gives a text, an image and a resource.") { _, _ in
        .content([
          .text("Multiple content types test:"), .image(base64: image, mediaType: "image/png"),
          .resource(
            uri: "test://mixed-content-resource", mediaType: "application/json",
            text: #"{"test":"data","value":123}"#),
        ])
      },
      Fixture("test_error_handling", "Always fails.") { _, _ in
        .content([.text("This tool intentionally returns an error for testing")], isError: true)
      },
      Fixture(
        "test_x_mcp_header", "Gives back the region, which a header repeats.",
        schema: [
          "type": "object",
          "properties": [
            "region": ["type": "string", "description": "Where it runs", "x-mcp-header": "Region"]
          ],
          "required": ["region"],
        ]
      ) { arguments, _ in .said("region=\(arguments["region"]?.string ?? "")") },
      Fixture(
        "json_schema_2020_12_tool", "Has a schema with the keywords of JSON Schema 2020-12.",
        schema: schema2020
      ) { arguments, _ in .said("JSON Schema 2020-12 tool called with: \(JSONValue.object(arguments))") },
    ]
  }

  /// Kept to the letter.
  private static let schema2020: JSONObject = [
    "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
    "$defs": [
      "address": [
        "$anchor": "addressDef", "type": "object",
        "properties": ["street": ["type": "string"], "city": ["type": "string"]],
      ]
    ],
    "properties": [
      "name": ["type": "string"], "address": ["$ref": "#/$defs/address"],
      "contactMethod": ["type": "string", "enum": ["phone", "email"]], "phone": ["type": "string"],
      "email": ["type": "string"],
    ],
    "allOf": [["anyOf": [["required": ["phone"]], ["required": ["email"]], ["required": ["name"]]]]],
    "if": ["properties": ["contactMethod": ["const": "phone"]], "required": ["contactMethod"]],
    "then": ["required": ["phone"]], "else": ["required": ["name"]], "additionalProperties": false,
  ]
}
