internal import Storage
internal import World

/// What ends with a person's password, factor or standing: always their browser sessions, and the refresh tokens of
/// their connections where the administrator says so.
package struct CredentialPolicy: Sendable {
  /// What changed.
  package enum Change: String, Sendable, CaseIterable {
    case password
    /// A factor was taken away; one that is added ends nothing.
    case factor
    case disabled
  }

  /// The changes that end refresh tokens as well.
  package var endingTokens: Set<Change>

  package init(endingTokens: Set<Change> = Set(Change.allCases)) { self.endingTokens = endingTokens }

  /// - Parameter mac: of the session in which the person made the change themselves, which goes on.
  func apply(
    _ change: Change, to userID: Int64, at now: Instant, keeping mac: [UInt8]?, _ transaction: Transaction
  ) throws(StorageError) {
    _ = try transaction.run("UPDATE account SET credentials_changed_at = \(now) WHERE id = \(userID)")
    try BrowserSessions.endAll(of: userID, except: mac, transaction)
    guard endingTokens.contains(change) else { return }
    _ = try transaction.run(
      """
      UPDATE token_family SET ended_at = \(now)
      WHERE ended_at IS NULL
        AND connection_id IN (SELECT id FROM connection WHERE account_id = \(userID) AND kind = 'browser')
      """)
  }
}
