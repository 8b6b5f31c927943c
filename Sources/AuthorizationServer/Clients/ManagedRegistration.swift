internal import Accounts
internal import Crypto
internal import JSON
internal import OAuth
internal import Storage
internal import World

/// What a client that registered itself may do with its registration (RFC 7592), by the token that it got for that.
///
/// A registration that was answered to more than one asker (`shared_at`) is nobody's to change: what one of them did to
/// it would happen to the others.
extension Clients {
  /// The text of a new registration access token.
  func newRegistrationToken() -> String { "gm_" + Base62.encode(world.random(32)) }

  /// Finds the client that a registration access token manages.
  ///
  /// - Returns: nil when there is no such client, it was disabled, or the token is not its own.
  func client(_ id: String, managedBy token: String) async throws(StorageError) -> Client? {
    let row = try await store.rows(
      "SELECT registration_mac FROM client WHERE id = \(id) AND disabled_at IS NULL"
    ).first
    let mac = row?.optionalBytes(0)
    let isRight = key.isValid(mac ?? [UInt8](repeating: 0, count: 32), for: Array(token.utf8))
    guard mac != nil, isRight else { return nil }
    return try await registered(id)
  }

  /// Puts new metadata in the place of a client's own.
  ///
  /// - Returns: the client, and a secret where its new method needs one and its old one had none; nil when the
  ///   registration is shared.
  func update(_ client: Client, to draft: Draft) async throws -> (client: Client, secret: String?)? {
    let secret = draft.method.hasSecret && !client.method.hasSecret ? newSecret() : nil
    let secretChange: SQL =
      if let secret {
        ", secret_mac = \(key.code(for: Array(secret.utf8)))"
      } else if !draft.method.hasSecret { ", secret_mac = NULL" } else { "" }
    let isDone = try await store.write { transaction in
      try !transaction.run(
        """
        UPDATE client SET name = \(draft.name), uri = \(draft.uri), auth_method = \(draft.method.rawValue),
          auth_method_is_explicit = \(draft.isMethodExplicit),
          redirect_uris = \(Self.column(draft.redirectURIs.map(\.text))),
          grant_types = \(Self.column(draft.grantTypes.map(\.rawValue).sorted())),
          scope = \(draft.scopes?.description), keys = \(draft.keys.map { JSONValue.object($0.metadata).text }),
          dpop_bound = \(draft.needsProof),
          metadata_digest = CASE WHEN metadata_digest IS NULL THEN NULL ELSE \(draft.digest) END\(secretChange)
        WHERE id = \(client.id) AND disabled_at IS NULL AND shared_at IS NULL RETURNING id
        """
      ).isEmpty
    }
    guard isDone, let updated = try await registered(client.id) else { return nil }
    return (updated, secret)
  }

  /// Ends a client and everything that people granted it. The row stays for a while, so that whoever still asks in its
  /// name hears `invalid_client`.
  ///
  /// - Returns: false when the registration is shared.
  func end(_ client: Client) async throws -> Bool {
    let now = world.now
    return try await store.write { transaction in
      let ended = try transaction.run(
        """
        UPDATE client SET disabled_at = \(now), registration_mac = NULL
        WHERE id = \(client.id) AND disabled_at IS NULL AND shared_at IS NULL RETURNING id
        """)
      guard !ended.isEmpty else { return false }
      try Self.endGrants(of: client.id, at: now, transaction)
      return true
    }
  }

  /// Ends all that people granted to a client: its tokens are dead at their next use.
  static func endGrants(of id: String, at now: Instant, _ transaction: Transaction) throws(StorageError) {
    _ = try transaction.run(
      "UPDATE token_family SET ended_at = \(now) WHERE client_id = \(id) AND ended_at IS NULL")
    try Connections.revokeAll(of: id, at: now, transaction)
  }

  /// Finds the registration that this one would only repeat, so that a client that registers at every start does not
  /// leave a row each time: one of the last day with the same metadata to the byte, of a public client, that nobody has
  /// let in yet or that came from the same network. From here on it is shared.
  ///
  /// - Returns: nil when there is none.
  func registered(like draft: Draft) async throws -> Client? {
    guard draft.isDynamic, draft.method == .none else { return nil }
    let (now, digest) = (world.now, draft.digest)
    let alike: SQL =
      """
      metadata_digest = \(digest) AND is_dynamic = 1 AND auth_method = 'none' AND disabled_at IS NULL
        AND created_at > \(now - Self.repeatTime)
        AND (network = \(draft.network) OR NOT EXISTS (SELECT 1 FROM connection n WHERE n.client_id = client.id))
      """
    let found = try await store.rows(
      "SELECT id, shared_at FROM client WHERE \(alike) ORDER BY created_at DESC, id LIMIT 1"
    ).first
    guard let found else { return nil }
    let id = found.text(0)
    if found[1] == .null {
      // Again inside of the writer: its one manager may have changed it meanwhile.
      let isShared = try await store.write { transaction in
        try !transaction.run(
          "UPDATE client SET shared_at = \(now) WHERE id = \(id) AND \(alike) RETURNING id"
        )
        .isEmpty
      }
      guard isShared else { return nil }
    }
    return try await registered(id)
  }

  /// For how long after a registration the same one is answered with it again.
  static let repeatTime: Duration = .hours(24)
}

extension Clients.Draft {
  /// A digest of all that is stored of it.
  var digest: [UInt8] {
    let whole: JSONValue = .array(
      [
        .string(name), .string(uri ?? ""), .string(method.rawValue), .bool(isMethodExplicit),
        .array(redirectURIs.map { .string($0.text) }),
        .array(grantTypes.map(\.rawValue).sorted().map { .string($0) }),
        .string(scopes?.description ?? ""), .object(keys?.metadata ?? [:]),
      ] + (needsProof ? [true] : []))
    return SHA256.hash(whole.serialized())
  }
}
