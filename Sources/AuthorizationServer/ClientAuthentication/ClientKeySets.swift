internal import HTTPClient
internal import JSON
internal import OAuth
internal import Telemetry
internal import World

/// The keys of clients and of the issuers that we trust, where they publish them or as they were registered.
struct ClientKeySets: Sendable {
  /// nil when nothing is fetched.
  private let published: RemoteDocuments<KeySet>?

  private static let limits = HTTPClient.Limits(body: 64 * 1024)

  init(fetch: Fetch?, rate: FetchRate, world: World, log: Log) {
    published = fetch.map { fetch in
      RemoteDocuments(fetch: fetch, rate: rate, limits: Self.limits, world: world, log: log) {
        url, reply throws(DocumentRefusal) in
        let because = String(url.prefix(200))
        let value: JSONValue
        do { value = try JSONValue(parsing: reply.body) } catch {
          throw DocumentRefusal(says: "the key set is no proper JSON", because: because)
        }
        do throws(KeySet.Refusal) { return try KeySet(value) } catch {
          throw DocumentRefusal(says: error.says, because: because)
        }
      }
    }
  }

  /// Whether one of the keys signed the JWT. Published keys are fetched once more for one that is not among them, because
  /// their owners change them without telling us.
  ///
  /// - Throws: `OAuthError` when the keys can't be had.
  func vouch(for jwt: CompactJWT, keys owned: Client.Keys?) async throws(OAuthError) -> Bool {
    guard let algorithm = jwt.algorithm else { return false }
    switch owned {
    case nil: return false
    case .set(let keys): return jwt.isSigned(by: keys)
    case .location(let url):
      let keys = try await fetched(url, renewing: false)
      // One that names its key and whose key is there is decided; a key without a name may be among the new ones.
      if !keys.candidates(jwt.keyID, algorithm).isEmpty {
        if jwt.isSigned(by: keys) { return true }
        if jwt.keyID != nil { return false }
      }
      return jwt.isSigned(by: try await fetched(url, renewing: true))
    }
  }

  private func fetched(_ url: String, renewing: Bool) async throws(OAuthError) -> KeySet {
    guard let published else {
      throw OAuthError(.invalidClient, says: "keys are not fetched here", because: String(url.prefix(200)))
    }
    do {
      return try await published.value(at: url, host: Self.host(url), mayBeStale: true, renewing: renewing)
    } catch {
      throw OAuthError(
        error.isTransient ? .temporarilyUnavailable : .invalidClient,
        says: "the keys can't be had: \(error.says)", because: error.because)
    }
  }

  private static func host(_ url: String) -> String {
    String(url.dropFirst("https://".count).prefix { $0 != "/" && $0 != "?" && $0 != ":" }).lowercased()
  }
}
