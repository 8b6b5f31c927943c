package import JSON
package import OAuth

extension Client {
  /// A client's public keys (RFC 7591 §2 `jwks` and `jwks_uri`).
  package enum Keys: Sendable {
    /// As they were registered.
    case set(KeySet)
    /// Where the client publishes them: an `https` URL.
    case location(String)

    /// Reads the two members of a client's metadata.
    ///
    /// - Returns: nil when there is neither.
    /// - Throws: `KeySet.Refusal` when both are there, or one is malformed.
    package init?(_ metadata: JSONObject) throws(KeySet.Refusal) {
      let (set, location) = (Self.member("jwks", metadata), Self.member("jwks_uri", metadata))
      // RFC 7591 §2: the jwks_uri and jwks parameters MUST NOT both be present.
      guard set == nil || location == nil else {
        throw KeySet.Refusal(says: "jwks and jwks_uri exclude each other")
      }
      if let set {
        self = .set(try KeySet(set))
      } else if let location {
        // Where it may lead is the business of the door that it is fetched through, which knows what the operator allows.
        guard let url = location.string, ClientIDURL(url) != nil else {
          throw KeySet.Refusal(says: "jwks_uri has to be an https URL with a path, and nothing but that")
        }
        self = .location(url)
      } else {
        return nil
      }
    }

    /// The members, as they were read.
    package var metadata: JSONObject {
      switch self {
      case .set(let keys): ["jwks": keys.json]
      case .location(let url): ["jwks_uri": .string(url)]
      }
    }

    private static func member(_ name: String, _ metadata: JSONObject) -> JSONValue? {
      metadata[name].flatMap { $0 == .null ? nil : $0 }
    }
  }
}
