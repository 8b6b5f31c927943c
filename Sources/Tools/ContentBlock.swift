package import JSON

/// One piece of what a tool gives back besides its structured content.
package enum ContentBlock: Sendable {
  case text(String)
  /// - Parameter base64: the image's bytes.
  case image(base64: String, mediaType: String)
  case audio(base64: String, mediaType: String)
  /// A resource, contents and all.
  case resource(uri: String, mediaType: String, text: String)
  /// Where a resource is.
  case link(uri: String, name: String, mediaType: String?)

  /// The block as every revision's schema has it.
  package var object: JSONObject {
    switch self {
    case .text(let text): return ["type": "text", "text": .string(text)]
    case .image(let data, let type):
      return ["type": "image", "data": .string(data), "mimeType": .string(type)]
    case .audio(let data, let type):
      return ["type": "audio", "data": .string(data), "mimeType": .string(type)]
    case .resource(let uri, let type, let text):
      return [
        "type": "resource",
        "resource": ["uri": .string(uri), "mimeType": .string(type), "text": .string(text)],
      ]
    case .link(let uri, let name, let type):
      var block: JSONObject = ["type": "resource_link", "uri": .string(uri), "name": .string(name)]
      if let type { block["mimeType"] = .string(type) }
      return block
    }
  }
}
