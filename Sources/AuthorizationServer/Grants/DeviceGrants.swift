internal import Crypto
internal import OAuth
internal import Storage
internal import World

/// Devices that wait for a person to decide elsewhere (RFC 8628), from their first request to their tokens. Both codes
/// are kept as MACs only.
struct DeviceGrants: Sendable {
  let store: Store
  let world: World
  let key: HMACKey

  /// How long a person has to go to the page and type.
  static let lifetime: Duration = .minutes(10)
  /// How far apart a device's questions have to be, at first and by how much more after each that came too soon.
  static let interval: Duration = .seconds(5)
  /// By how much a question may come early, since two clocks and a network lie in between.
  private static let slack: Duration = .milliseconds(500)

  /// What the device shows and what it keeps.
  struct Begun: Sendable {
    let deviceCode: String
    let userCode: UserCode
  }

  /// Begins the waiting of a device.
  func begin(_ client: Client, scopes: ScopeSet, resource: Resource) async throws -> Begun {
    let begun = Begun(
      deviceCode: "gd_" + Base62.encode(world.random(32)), userCode: UserCode(world: world))
    let (mac, userMAC, expiry) = (mac(begun.deviceCode), mac(begun.userCode.text), world.now + Self.lifetime)
    do {
      try await store.write { transaction in
        _ = try transaction.run(
          """
          INSERT INTO device_grant (mac, user_code_mac, client_id, scope, resource, expires_at, seconds_between_polls)
          VALUES (\(mac), \(userMAC), \(client.id), \(scopes.description), \(resource.text), \(expiry),
                  \(Self.interval.wholeSeconds))
          """)
      }
    } catch let error as StorageError where error.kind == .notUnique {
      throw OAuthError(.temporarilyUnavailable, says: "try again", because: "the user code is in use")
    }
    return begun
  }

  /// A device that nobody has decided about.
  struct Waiting: Sendable {
    let userCode: UserCode
    let clientID: String
    let scopes: ScopeSet
    let resource: Resource
    fileprivate let mac: [UInt8]
  }

  /// Finds the device that shows a code.
  ///
  /// - Returns: nil when none does, or it was decided about, or its time is over.
  func waiting(_ code: UserCode) async throws(StorageError) -> Waiting? {
    let row = try await store.rows(
      """
      SELECT mac, client_id, scope, resource FROM device_grant
      WHERE user_code_mac = \(mac(code.text)) AND family_id IS NULL AND denied_at IS NULL AND expires_at > \(world.now)
      """
    ).first
    return row.flatMap { row in
      Resource(row.text(3)).map {
        Waiting(
          userCode: code, clientID: row.text(1), scopes: ScopeSet(known: row.text(2)), resource: $0,
          mac: row.bytes(0))
      }
    }
  }

  /// Lets the device in, once.
  ///
  /// - Returns: false when it was decided about before, or its time is over.
  func allow(
    _ waiting: Waiting, scopes: ScopeSet, by userID: Int64, signedIn: SignedIn, for client: Client
  ) async throws -> Bool {
    let now = world.now
    let opening = TokenStore.Opening(
      family: Base62.encode(world.random(12)), connection: Base62.encode(world.random(12)), userID: userID,
      client: client, scopes: scopes, resource: waiting.resource, signedIn: signedIn)
    return try await store.write { transaction in
      guard
        try !transaction.run(
          """
          SELECT 1 FROM device_grant
          WHERE mac = \(waiting.mac) AND family_id IS NULL AND denied_at IS NULL AND expires_at > \(now)
          """
        ).isEmpty
      else { return false }
      try opening.write(at: now, transaction)
      _ = try transaction.run(
        "UPDATE device_grant SET family_id = \(opening.family) WHERE mac = \(waiting.mac)")
      return true
    }
  }

  /// Sends the device away, once.
  ///
  /// - Returns: false when it was decided about before.
  func deny(_ waiting: Waiting) async throws -> Bool {
    let now = world.now
    return try await store.write { transaction in
      try !transaction.run(
        """
        UPDATE device_grant SET denied_at = \(now)
        WHERE mac = \(waiting.mac) AND family_id IS NULL AND denied_at IS NULL RETURNING mac
        """
      ).isEmpty
    }
  }

  /// Answers a device that asks for its tokens (RFC 8628 §3.4, §3.5).
  ///
  /// - Throws: `OAuthError` `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, `invalid_grant`,
  ///   `invalid_target`; `StorageError`.
  func redeem(
    _ deviceCode: String, resource: Resource?, client: Client, tokens: TokenStore, possession: Possession
  ) async throws -> Grant {
    let (mac, now) = (mac(deviceCode), world.now)
    let refresh = tokens.newRefreshToken(for: client)
    let redemption: TokenStore.Redemption = try await store.write { transaction in
      func refuse(_ because: String) -> TokenStore.Redemption {
        .refused(
          OAuthError(
            .invalidGrant, says: "the device code is not valid", because: "\(because), client \(client.id)"))
      }
      guard
        let row = try transaction.run(
          """
          SELECT client_id, resource, expires_at, denied_at, family_id, spent_at, polled_at, seconds_between_polls
          FROM device_grant WHERE mac = \(mac)
          """
        ).first
      else { return refuse("unknown") }
      guard row.text(0) == client.id else { return refuse("it belongs to another client") }
      guard row.optionalInteger(5) == nil else { return refuse("it was used before") }
      guard row.optionalInteger(3) == nil else {
        return .refused(OAuthError(.accessDenied, says: "the person said no"))
      }
      guard now < row.instant(2) else {
        return .refused(OAuthError(.expiredToken, says: "the device code has expired"))
      }
      guard resource.map({ $0.text == row.text(1) }) ?? true else {
        return .refused(OAuthError(.invalidTarget, says: "the resource differs from the authorized one"))
      }
      guard let family = row.optionalText(4) else {
        // RFC 8628 §3.5: after slow_down the interval MUST be increased by 5 seconds, for all that follow too.
        let wait: Duration = .seconds(row.integer(7))
        let isTooSoon = row.optionalInstant(6).map { now - $0 < wait - Self.slack } ?? false
        let next = (isTooSoon ? wait + Self.interval : wait).wholeSeconds
        _ = try transaction.run(
          "UPDATE device_grant SET polled_at = \(now), seconds_between_polls = \(next) WHERE mac = \(mac)")
        return .refused(
          isTooSoon
            ? OAuthError(.slowDown, says: "wait \(next) seconds between two requests")
            : OAuthError(.authorizationPending, says: "the person has not decided yet"))
      }
      let redemption = try TokenStore.grant(
        of: family, refreshToken: refresh?.text, narrowedTo: nil, possession, at: now, transaction)
      if case .granted = redemption {
        _ = try transaction.run("UPDATE device_grant SET spent_at = \(now) WHERE mac = \(mac)")
        try refresh?.write(family: family, at: now, transaction)
      }
      return redemption
    }
    return try redemption.grant
  }

  private func mac(_ code: String) -> [UInt8] { key.code(for: Array(code.utf8)) }
}
