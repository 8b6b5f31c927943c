internal import HTTPClient
internal import OAuth
internal import Telemetry
internal import World

/// Clients that are known by the URL of their metadata document: nobody registers them, their host vouches for them.
package struct DocumentClients: Sendable {
  private let documents: RemoteDocuments<ClientMetadataDocument>
  private let trust: Trust
  private let world: World

  /// Whose documents are taken.
  package struct Trust: Sendable {
    private let domains: [String]

    /// - Parameter domains: `client.example` is that host, `*.client.example` every host below it; none is all.
    package init(domains: [String] = []) { self.domains = domains.map { $0.lowercased() } }

    func allows(_ host: String) -> Bool {
      domains.isEmpty
        || domains.contains { $0.hasPrefix("*.") ? host.hasSuffix($0.dropFirst()) : host == $0 }
    }
  }

  init(fetch: @escaping Fetch, trust: Trust, rate: FetchRate, world: World, log: Log) {
    self.trust = trust
    self.world = world
    documents = RemoteDocuments(
      fetch: fetch, rate: rate, limits: HTTPClient.Limits(), world: world, log: log
    ) { url, reply throws(DocumentRefusal) in try ClientMetadataDocument(url, reply) }
  }

  /// The client of a URL.
  ///
  /// - Parameter mayBeStale: whether a document that is over will do while its host can't be reached: for a client
  ///   that comes with a token, not for a person who decides about it.
  /// - Throws: `OAuthError` `invalid_client`, or `temporarily_unavailable` when the document itself is not to blame.
  func client(_ id: String, mayBeStale: Bool) async throws(OAuthError) -> Client {
    guard let url = ClientIDURL(id) else {
      throw OAuthError(
        .invalidClient, says: "the client_id is no proper URL of a metadata document",
        because: String(id.prefix(200)))
    }
    guard trust.allows(url.domain) else {
      throw OAuthError(
        .invalidClient, says: "applications of this host are not let in here", because: url.host)
    }
    let document: ClientMetadataDocument
    do {
      document = try await documents.value(at: url.text, host: url.domain, mayBeStale: mayBeStale)
    } catch {
      throw OAuthError(
        error.isTransient ? .temporarilyUnavailable : .invalidClient,
        says: "the application's metadata document can't be used: \(error.says)", because: error.because)
    }
    var client = Client(
      id: url.text, name: document.name, isDynamic: true, uri: document.uri, method: document.method,
      isMethodExplicit: true, redirectURIs: document.redirectURIs, grantTypes: document.grantTypes,
      scopes: document.scopes, serviceUserID: nil, createdAt: world.now, isDisabled: false)
    client.host = url.host
    client.keys = document.keys
    client.mayOmitProof = document.mayOmitProof
    client.needsProof = document.needsProof
    client.documentDigest = document.digest
    return client
  }
}
