package import Mail
internal import Pages
package import Storage
package import Telemetry
package import World

/// Tells people and programs of calls that wait for a person, and of what became of them.
///
///     request filed, decided, over ─► notice (by trigger, in the same transaction) ─► letters, webhook message
///
/// Whichever process or command changes a request, and be it the revocation of its connection: the notice is written
/// with the change or not at all. A server then turns notices into letters and messages, all of them in one
/// transaction, so that a kill in between loses none and doubles none.
package struct ApprovalNotices: Sendable {
  /// Who gets letters.
  package enum Addressee: String, Sendable, CaseIterable {
    /// Whoever may decide, when a call begins to wait.
    case approver
    /// Who asked, when it is decided or over.
    case requester
  }

  private let store: Store
  private let world: World
  private let log: Log
  private let outbox: Outbox
  private let addressees: Set<Addressee>
  private let hasWebhook: Bool
  /// The page of all requests; each has its own below it.
  private let pages: String
  private let allowsOwn: Bool

  /// - Parameters:
  ///   - addressees: who gets letters; nobody where no mail is sent.
  ///   - pages: the URL of the page of all requests.
  ///   - allowsOwn: whether people may approve what they asked for themselves.
  package init(
    store: Store, world: World, log: Log, outbox: Outbox, to addressees: Set<Addressee>, hasWebhook: Bool,
    pages: String, allowsOwn: Bool
  ) {
    self.store = store
    self.world = world
    self.log = log
    self.outbox = outbox
    self.addressees = addressees
    self.hasWebhook = hasWebhook
    self.pages = pages
    self.allowsOwn = allowsOwn
  }

  /// They stand behind those of the approvals.
  package static let migrations = [
    Migration(
      part: "notifications", version: 1,
      [
        """
        CREATE TABLE approval_notice (
          request_id TEXT NOT NULL, status TEXT NOT NULL, PRIMARY KEY (request_id, status))
        """,
        """
        CREATE TRIGGER approval_is_filed AFTER INSERT ON approval_request
        BEGIN
          INSERT INTO approval_notice (request_id, status) VALUES (NEW.id, NEW.status) ON CONFLICT DO NOTHING;
        END
        """,
        """
        CREATE TRIGGER approval_goes_on AFTER UPDATE OF status ON approval_request
        WHEN NEW.status <> OLD.status AND NEW.status <> 'running'
        BEGIN
          INSERT INTO approval_notice (request_id, status) VALUES (NEW.id, NEW.status) ON CONFLICT DO NOTHING;
        END
        """,
      ] + Webhooks.tables)
  ]

  /// How often is looked for notices.
  package static let interval: Duration = .seconds(2)
  /// Administrators who get a letter where no approver is named.
  static let mostApprovers = 10
  /// Notices that are told of in one transaction.
  private static let batch = 100
  /// Places in the outbox that are left to letters without which nobody gets in.
  private static let room = 200

  /// Tells of what happened since the last time.
  ///
  /// - Returns: how many notices there were.
  /// - Throws: `StorageError`: then nobody was told, and the next pass tells of it.
  package func pass() async throws -> Int {
    guard try await !store.rows("SELECT 1 FROM approval_notice LIMIT 1").isEmpty else { return 0 }
    let fullness = try await store.write { transaction -> (count: Int, untold: Int) in
      let notices = try Notice.next(Self.batch, transaction)
      var post = Post()
      var untold = 0
      for notice in notices {
        try address(notice, &post, transaction)
        if hasWebhook,
          try !Webhooks.put(
            notice.message(page: page(notice), at: world.now), id: notice.messageID, at: world.now,
            in: transaction)
        {
          untold += 1
        }
        _ = try transaction.run(
          "DELETE FROM approval_notice WHERE request_id = \(notice.requestID) AND status = \(notice.status)")
      }
      for letter in post.letters(overview: pages) {
        // Who decides finds the request on the page as well: it must not be lost with the letter.
        do { try outbox.put(letter, leaving: Self.room, in: transaction) } catch is Outbox.Full {
          untold += 1
        }
      }
      return (notices.count, untold)
    }
    if fullness.untold > 0 {
      log.warning("too much waits to be sent: somebody was not told", ["count": .integer(fullness.untold)])
    }
    return fullness.count
  }

  private func page(_ notice: Notice) -> String { pages + "/" + notice.requestID }

  private func address(_ notice: Notice, _ post: inout Post, _ transaction: Transaction) throws {
    let fate: String
    switch notice.status {
    case "pending":
      // Decided meanwhile, there is nothing left to do.
      guard addressees.contains(.approver), notice.presentStatus == "pending" else { return }
      let item = item(notice, LetterTexts.until(notice.expiresAt.rfc3339))
      for address in try approvers(of: notice, transaction) { post.add(item, toDecide: address) }
      return
    case "approved": fate = LetterTexts.approved
    case "rejected": fate = LetterTexts.rejected(notice.reason)
    case "failed": fate = LetterTexts.failed(notice.reason)
    case "expired": fate = LetterTexts.expired(notice.reason)
    // That it was approved is told already; what came of it, the assistant tells.
    default: return
    }
    guard addressees.contains(.requester), let address = notice.requesterAddress else { return }
    post.add(item(notice, fate), toKnow: address)
  }

  private func item(_ notice: Notice, _ fate: String) -> LetterTexts.ApprovalItem {
    LetterTexts.ApprovalItem(
      summary: notice.summary, requester: notice.requesterName, connection: notice.connectionName, fate: fate,
      link: page(notice))
  }

  /// The addresses of those who may decide, as `Approvals.mayDecide` has it. Every address in the accounts was given by an administrator, or proved by
  /// the letter of an invitation or by an identity provider: nobody enters their own.
  private func approvers(of notice: Notice, _ transaction: Transaction) throws(StorageError) -> [String] {
    let approver = notice.approverID.flatMap { allowsOwn || $0 != notice.requesterID ? $0 : nil }
    let who: SQL = approver.map { "id = \($0)" } ?? "is_administrator = 1"
    let own: SQL = allowsOwn ? "" : " AND id <> \(notice.requesterID)"
    return try transaction.run(
      """
      SELECT DISTINCT email FROM account WHERE \(who)\(own) AND disabled_at IS NULL AND email IS NOT NULL
      ORDER BY email LIMIT \(Self.mostApprovers)
      """
    ).map { $0.text(0) }
  }
}

/// The letters of one pass: one for each reader, however many requests there are.
private struct Post {
  private var deciding: [String: [LetterTexts.ApprovalItem]] = [:]
  private var knowing: [String: [LetterTexts.ApprovalItem]] = [:]

  mutating func add(_ item: LetterTexts.ApprovalItem, toDecide address: String) {
    deciding[address, default: []].append(item)
  }

  mutating func add(_ item: LetterTexts.ApprovalItem, toKnow address: String) {
    knowing[address, default: []].append(item)
  }

  func letters(overview: String) -> [Letter] {
    deciding.sorted { $0.key < $1.key }.compactMap { address, items in
      Letter(
        to: address, subject: LetterTexts.waitingSubject(items.count),
        text: LetterTexts.waiting(items, overview: overview))
    }
      + knowing.sorted { $0.key < $1.key }.compactMap { address, items in
        Letter(
          to: address, subject: LetterTexts.decidedSubject(items.count),
          text: LetterTexts.decided(items, overview: overview))
      }
  }
}
