internal import Crypto
package import JSON

extension ResourceContents {
  /// As `TextResourceContents` or `BlobResourceContents` of the schema.
  package var object: JSONObject {
    var object: JSONObject = ["uri": .string(uri), "mimeType": .string(mediaType)]
    switch body {
    case .text(let text): object["text"] = .string(text)
    case .bytes(let bytes): object["blob"] = .string(Base64.encode(bytes))
    }
    if !meta.isEmpty { object["_meta"] = .object(meta) }
    return object
  }
}
