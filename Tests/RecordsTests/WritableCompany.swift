import Demo
import JSON
import Records
import Storage
import Support
import Synchronization
import Telemetry
import Testing
import World

/// A demo company of a test's own, in a file, to be written.
final class WritableCompany: Sendable {
  let directory: Directory
  let store: Store
  let records: SQLRecords

  init() async throws {
    let made = try Directory()
    directory = made
    store = try Store(.file(made.absolute("records.db")), log: .silent)
    let catalogue = try Demo.catalogue()
    try await Demo.seed(store, catalogue: catalogue, users: DemoCompany.userIDs, now: DemoCompany.now)
    let moments = Moments()
    self.moments = moments
    records = SQLRecords(store: store, catalogue: catalogue, now: { moments.now })
  }

  private let moments: Moments

  private final class Moments: Sendable {
    private let moment = Mutex(DemoCompany.now)
    var now: Instant { moment.withLock { $0 } }
    func pass(_ duration: Duration) { moment.withLock { $0 = $0 + duration } }
  }

  func pass(_ duration: Duration) { moments.pass(duration) }

  /// Every byte that the database has on the disk.
  func bytes() throws -> [[UInt8]] {
    try directory.names().filter { !$0.hasSuffix("-shm") }.map { try directory.read($0) }
  }

  @discardableResult
  func create(
    _ model: String, _ values: JSONObject, as login: String = "sales", isDryRun: Bool = false
  ) async throws -> Written {
    try await records.create(
      [RecordInput(values)], in: model, isDryRun: isDryRun, for: DemoCompany.subject(login))
  }

  func id(_ model: String, _ values: JSONObject, as login: String = "sales") async throws -> Int64 {
    try #require(try await create(model, values, as: login).changes.first?.id)
  }

  @discardableResult
  func update(
    _ model: String, _ id: Int64, _ values: JSONObject, as login: String = "sales", since: Instant? = nil,
    isDryRun: Bool = false
  ) async throws -> Written {
    try await records.update(
      [RecordUpdate(id, values)], of: model, unchangedSince: since, isDryRun: isDryRun,
      for: DemoCompany.subject(login))
  }

  @discardableResult
  func delete(
    _ model: String, _ ids: [Int64], as login: String = "admin", isDryRun: Bool = false
  ) async throws -> Written {
    try await records.delete(
      ids, of: model, unchangedSince: nil, isDryRun: isDryRun, for: DemoCompany.subject(login))
  }

  func read(_ model: String, _ id: Int64, as login: String = "admin") async throws -> Record? {
    try await records.read([id], of: model, fields: nil, for: DemoCompany.subject(login)).first
  }

  func ids(_ model: String, _ domain: JSONValue, _ login: String = "admin") async throws -> [Int64] {
    let query = Query(model, where: try Domain(domain), order: [OrderTerm("id")], limit: 10_000)
    return try await records.search(query, for: DemoCompany.subject(login)).elements.compactMap {
      $0["id"]?.integer
    }
  }

  /// A quotation of the salesperson's own, with two lines.
  func quotation(as login: String = "sales") async throws -> Int64 {
    try await id(
      "sale.order",
      [
        "partner_id": .integer(
          try #require(try await ids("res.partner", [["is_company", "=", true]], login).first)),
        "order_line": [
          [0, 0, ["product_id": 1, "product_uom_qty": 2, "price_unit": 10]],
          [0, 0, ["product_id": 2, "product_uom_qty": 3, "price_unit": 20, "discount": 50]],
        ],
      ], as: login)
  }
}
