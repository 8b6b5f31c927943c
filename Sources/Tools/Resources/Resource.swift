package import JSON

/// Something that a client can read by its URI, as it is listed.
package struct Resource: Sendable, Equatable {
  package let uri: String
  /// What orders it among the resources of its source, and tells the next page where to begin.
  package let key: String
  /// For programs; unique enough to tell resources apart in a list.
  package let name: String
  /// For people.
  package let title: String
  package let description: String
  package let mediaType: String
  /// In bytes, where it is known.
  package let size: Int?

  /// - Parameter key: nil where the URI orders it.
  package init(
    _ uri: String, key: String? = nil, name: String, title: String, description: String, mediaType: String,
    size: Int? = nil
  ) {
    self.uri = uri
    self.key = key ?? uri
    self.name = name
    self.title = title
    self.description = description
    self.mediaType = mediaType
    self.size = size
  }

  /// As `Resource` of the schema.
  package var object: JSONObject {
    var object: JSONObject = ["uri": .string(uri), "name": .string(name), "title": .string(title)]
    if !description.isEmpty { object["description"] = .string(description) }
    object["mimeType"] = .string(mediaType)
    if let size { object["size"] = .integer(Int64(size)) }
    return object
  }
}

/// What a resource holds.
package struct ResourceContents: Sendable, Equatable {
  package enum Body: Sendable, Equatable {
    case text(String)
    case bytes([UInt8])
  }

  package let uri: String
  package let mediaType: String
  package let body: Body
  /// `_meta` of the contents; empty for none.
  package let meta: JSONObject

  package init(_ uri: String, mediaType: String, _ body: Body, meta: JSONObject = [:]) {
    self.uri = uri
    self.mediaType = mediaType
    self.body = body
    self.meta = meta
  }
}

/// Why a resource is not read.
package enum ResourceError: Error, Sendable, Equatable {
  /// There is no such resource, or the caller may not know of it: one is as the other.
  case notFound
  /// It has more bytes than are sent at once.
  case tooLarge(Int)
  /// Not now.
  case unavailable
}
