internal import AuthorizationServer
internal import HTTP
internal import HTTPClient
internal import JSON
internal import OAuth

extension FuzzTarget {
  /// What a client publishes of itself (draft-ietf-oauth-client-id-metadata-document §4). `true` for `client_id` stands
  /// for the URL that it was fetched from.
  static let clientDocument = FuzzTarget(name: "client-document") { bytes in
    let url = "https://client.example/oauth.json"
    var body = bytes
    if var object = accepted({ try JSONValue(parsing: bytes) })?.object, object["client_id"] == true {
      object["client_id"] = .string(url)
      body = object.serialized()
    }
    let reply = HTTPClient.Reply(status: 200, fields: ["content-type": "application/json"], body: body)
    let document: ClientMetadataDocument
    do throws(DocumentRefusal) { document = try ClientMetadataDocument(url, reply) } catch {
      // The sentence goes into a header field.
      try hold(
        error.says.utf8.allSatisfy { (0x20...0x7e).contains($0) }, "a refusal is no line: \(error.says)")
      return
    }
    guard let json = accepted({ try JSONValue(parsing: body) }) else {
      throw Violation(description: "what is no JSON is a document")
    }
    try hold(json["client_id"]?.string == url, "a document of another URL is taken")
    try hold(json["client_secret"] == nil, "a document with a secret is taken")
    try hold(!document.redirectURIs.isEmpty, "a client without a redirect URI")
    try hold(
      !document.name.isEmpty && document.name.count <= 200
        && document.name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control },
      "a name that is no line: \(document.name)")
    try hold(
      document.method == .none || document.keys != nil, "a client without keys has to prove itself by them")
    try hold(document.scopes?.contains(.admin) != true, "a client that nobody vouches for may administer")
    try hold(
      document.grantTypes.isDisjoint(with: [.clientCredentials, .jwtBearer, .tokenExchange]),
      "a client that nobody vouches for acts without asking")
    // Written in another order it is the same client.
    let again = HTTPClient.Reply(
      status: 200, fields: ["content-type": "application/json; charset=utf-8"], body: json.canonical())
    try hold(
      accepted { try ClientMetadataDocument(url, again).digest } == document.digest,
      "the same document is another client")
  }
}
