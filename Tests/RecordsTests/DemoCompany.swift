import Demo
import JSON
import Records
import Storage
import Telemetry
import World

/// The demo company, seeded once for all tests: none of them writes.
struct DemoCompany: Sendable {
  static let now = Instant(seconds: 1_795_219_200)  // 2026-11-21T00:00:00Z
  static let userIDs: [String: Int64] = [
    "admin": 1, "sales": 2, "sales-manager": 3, "accountant": 4, "portal": 5,
  ]
  private static let shared = Task { try await DemoCompany() }

  let store: Store
  let catalogue: ModelCatalogue
  let records: SQLRecords

  private init() async throws {
    store = try Store(.temporary, log: .silent)
    catalogue = try Demo.catalogue()
    try await Demo.seed(store, catalogue: catalogue, users: Self.userIDs, now: Self.now)
    records = SQLRecords(store: store, catalogue: catalogue)
  }

  static func open() async throws -> DemoCompany { try await shared.value }

  static func subject(_ login: String, models: Set<String>? = nil) -> Subject {
    let user = Demo.users.first { $0.login == login }
    return Subject(
      userID: userIDs[login] ?? 0, companyID: user?.companies.first, companyIDs: user?.companies ?? [],
      groups: Set(user?.groups ?? []), models: models)
  }

  func ids(_ model: String, _ domain: JSONValue, _ login: String) async throws -> [Int64] {
    let query = Query(model, where: try Domain(domain), order: [OrderTerm("id")], limit: 100_000)
    return try await records.search(query, for: Self.subject(login)).elements.compactMap { $0["id"]?.integer }
  }
}

/// What a call threw, if it was a `RecordsError`.
func failure(_ body: () async throws -> Void) async -> RecordsError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? RecordsError
  }
}
