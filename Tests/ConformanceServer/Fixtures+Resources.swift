internal import Crypto
internal import Governance
internal import JSON
internal import Tools

extension FixedResources {
  /// The resources of which a test suite knows what they hold.
  static var fixtures: FixedResources {
    let image = Base64.decode(Fixture.image) ?? []
    let rules = ToolDefinition(
      name: "test_simple_text", title: "Resources", description: "Reads a fixture.", category: .read,
      group: .read, risk: .low, effect: .reads, isContentOnly: true)
    return FixedResources(
      tool: rules,
      [
        known(
          "test://static-text", "static-text", "text/plain",
          .text("This is the content of the static text resource.")),
        known("test://static-binary", "static-binary", "image/png", .bytes(image)),
        known(
          "test://watched-resource", "watched-resource", "text/plain", .text("Watched resource content.")),
      ],
      templates: [
        ResourceTemplate(
          "test://template/{id}/data", name: "template", title: "Template", description: "Data by an id",
          mediaType: "application/json", completions: ["id": .choices(["1", "12", "123"])])
      ]
    ) { uri, values in
      let id = values["id"] ?? ""
      return ResourceContents(
        uri, mediaType: "application/json",
        .text(
          JSONValue.object(["id": .string(id), "templateTest": true, "data": .string("Data for ID: \(id)")])
            .text))
    }
  }

  private static func known(
    _ uri: String, _ name: String, _ mediaType: String, _ body: ResourceContents.Body
  ) -> (resource: Resource, contents: ResourceContents) {
    (
      Resource(uri, name: name, title: name, description: "A fixture", mediaType: mediaType),
      ResourceContents(uri, mediaType: mediaType, body)
    )
  }
}
