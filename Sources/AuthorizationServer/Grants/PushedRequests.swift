internal import Crypto
internal import HTTP
internal import OAuth
internal import Storage
internal import World

/// Authorization requests that clients pushed before the browser comes (RFC 9126), by the references that stand for
/// them. A reference is random and kept as a MAC only; it belongs to its client and is good for one decision.
struct PushedRequests: Sendable {
  let store: Store
  let world: World
  let key: HMACKey

  private static let prefix = "urn:ietf:params:oauth:request_uri:"
  /// How long a browser may take to arrive (RFC 9126 §2.2 suggests 5 to 600 s), …
  static let lifetime: Duration = .seconds(60)
  /// … and then the person, to sign in and decide: as long as any form of ours waits.
  static let openLifetime = Ticket.lifetime

  /// Which request was pushed; spent together with what it leads to.
  struct Reference: Sendable { let mac: [UInt8] }

  /// What a link asks for, wherever its parameters came from.
  struct Resolved: Sendable {
    let form: Form?
    /// nil when the parameters are the link's own.
    let reference: Reference?
  }

  /// Keeps a request that was checked.
  ///
  /// - Returns: the `request_uri`.
  func push(_ form: Form, of client: Client) async throws -> String {
    let uri = Self.prefix + Base62.encode(world.random(32))
    let (mac, expiry) = (mac(uri), world.now + Self.lifetime)
    try await store.write { transaction in
      _ = try transaction.run(
        """
        INSERT INTO pushed_request (mac, client_id, parameters, expires_at)
        VALUES (\(mac), \(client.id), \(form.encoded), \(expiry))
        """)
    }
    return uri
  }

  /// Puts the pushed parameters in the place of a link that refers to some; any other link is left as it is.
  ///
  /// - Throws: `AuthorizationFailure` when the reference is unknown, over, spent or another client's: it proves no
  ///   redirect URI, so the person is told. `StorageError`.
  func resolve(_ query: String) async throws -> Resolved {
    let link = Form(decoding: query.utf8)
    guard let link, let uri = link["request_uri"], uri.hasPrefix(Self.prefix) else {
      return Resolved(form: link, reference: nil)
    }
    let (mac, now) = (mac(uri), world.now)
    let row = try await store.rows(
      """
      SELECT parameters, opened_at FROM pushed_request
      WHERE mac = \(mac) AND client_id = \(link["client_id"]) AND expires_at > \(now) AND spent_at IS NULL
      """
    ).first
    // RFC 9126 §4: the request MUST be that of the client that pushed it, and not have expired.
    guard let row else {
      throw AuthorizationFailure.page(
        OAuthError(
          .invalidRequestURI, says: "the link was used before, has expired, or belongs to another application"
        ))
    }
    if row[1] == .null {
      try await store.write { transaction in
        _ = try transaction.run(
          """
          UPDATE pushed_request SET opened_at = \(now), expires_at = \(now + Self.openLifetime)
          WHERE mac = \(mac) AND opened_at IS NULL
          """)
      }
    }
    // RFC 9101 §5: only the parameters of the pushed request count, never those beside the reference.
    return Resolved(form: Form(decoding: row.text(0).utf8), reference: Reference(mac: mac))
  }

  /// Spends a reference for a decision that leads to nothing else.
  ///
  /// - Returns: false when it was spent before.
  func spend(_ reference: Reference) async throws -> Bool {
    let now = world.now
    return try await store.write { transaction in try Self.spend(reference, at: now, transaction) }
  }

  /// The same inside of the transaction that writes what it leads to.
  static func spend(
    _ reference: Reference, at now: Instant, _ transaction: Transaction
  ) throws(StorageError) -> Bool {
    try !transaction.run(
      "UPDATE pushed_request SET spent_at = \(now) WHERE mac = \(reference.mac) AND spent_at IS NULL RETURNING mac"
    ).isEmpty
  }

  private func mac(_ uri: String) -> [UInt8] { key.code(for: Array(uri.utf8)) }
}
