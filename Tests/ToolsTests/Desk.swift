import Accounts
import Demo
import HTTP
import JSON
import OAuth
import Records
import Storage
import Telemetry
import Testing
import World

@testable import Authentication
@testable import Governance
@testable import Tools

/// The record tools on the demo company, called as one of its people.
struct Desk: Sendable {
  static let now = Instant(seconds: 1_795_219_200)  // 2026-11-21T00:00:00Z
  static let userIDs: [String: Int64] = [
    "admin": 1, "sales": 2, "sales-manager": 3, "accountant": 4, "portal": 5,
  ]
  private static let shared = Task { try await Desk() }

  let catalogue: ToolCatalogue
  let operations: OperationCatalogue
  let repertoire: Repertoire
  let models: ModelCatalogue
  /// Without a policy, switches, or anybody's limits.
  let governor: Governor

  private init() async throws {
    let store = try Store(.temporary, log: .silent)
    let models = try Demo.catalogue()
    try await Demo.seed(store, catalogue: models, users: Self.userIDs, now: Self.now)
    let records = SQLRecords(store: store, catalogue: models)
    self.models = models
    try await store.migrate(Accounts.Schema.migrations + Governor.migrations)
    let world = World(now: { Self.now }, random: { [UInt8](repeating: 7, count: $0) })
    governor = Governor(store: store, world: world, log: .silent)
    operations = OperationCatalogue.all(on: records, governor, world: world)
    // What was decided last is read when a request is admitted.
    #expect(await governor.admit(Self.caller("admin"), method: "resources/list") == nil)
    catalogue = try ToolCatalogue(RecordTools.all(on: records))
    repertoire = Repertoire(
      resources: ResourceCatalogue([
        ModelResources(records: records), RecordResources(records: records),
        AttachmentResources(records: records, files: records),
        AppViews.chart(for: ReadGroup(records: records).definition),
      ]), prompts: PromptCatalogue(CompanyPrompts.all(on: records)),
      completions: RecordCompletions(records: records))
  }

  static func open() async throws -> Desk { try await shared.value }

  static func caller(_ login: String, models: Set<String>? = nil) -> Caller {
    let user = Demo.users.first { $0.login == login }
    return Caller(
      userID: userIDs[login] ?? 0, login: login, userName: user?.name ?? "", companyID: user?.companies.first,
      companyIDs: user?.companies ?? [], groups: user?.groups ?? [], isAdministrator: login == "admin",
      connectionID: "con_1", connectionName: "Claude", clientID: nil, scopes: [.read], credential: .apiKey,
      address: .loopback, allowedModels: models)
  }

  static func permit(
    _ tool: ToolDefinition, _ arguments: JSONObject, as login: String, models: Set<String>? = nil
  ) throws(ArgumentError) -> Permit {
    Permit(
      caller: caller(login, models: models), call: try Call(tool, arguments),
      allowances: [
        Allowance(name: "per_minute", limit: 60, remaining: 59, window: .seconds(60), resetsAt: now)
      ], reservation: .nothing, policy: nil)
  }

  /// Calls a tool as governance would have it called, and checks that what it answers fits its schema.
  func call(
    _ name: String, _ arguments: JSONObject, as login: String, models: Set<String>? = nil
  ) async throws -> ToolResult {
    let tool = try #require(catalogue[name])
    let result = await tool.call(try Self.permit(tool.definition, arguments, as: login, models: models))
    if result.isError {
      #expect(result.structured["code"]?.string?.isEmpty == false)
      #expect(result.structured["message"]?.string?.isEmpty == false)
    } else {
      let problems = tool.definition.misfits(of: result.structured)
      #expect(problems.isEmpty, "\(name): \(problems.map(\.sentence))")
    }
    #expect(!result.text.isEmpty)
    return result
  }

  /// Does an operation as a task would, and checks that what it answers fits its schema.
  func operate(
    _ name: String, _ params: JSONObject, as login: String, models: Set<String>? = nil
  ) async throws -> ToolResult {
    let tool = try #require(operations[name]).tool
    let result = try await tool.call(
      Self.permit(tool.definition, params, as: login, models: models), in: Silence())
    if !result.isError {
      let problems = tool.definition.misfits(of: result.structured)
      #expect(problems.isEmpty, "\(name): \(problems.map(\.sentence))")
    }
    #expect(!result.text.isEmpty)
    return result
  }

  func code(_ name: String, _ arguments: JSONObject, as login: String) async throws -> String? {
    let result = try await call(name, arguments, as: login)
    return result.isError ? result.structured["code"]?.string : nil
  }
}
