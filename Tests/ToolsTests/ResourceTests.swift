import JSON
import Records
import Testing
import World

@testable import Authentication
@testable import Governance
@testable import Tools

/// Resources and completions on the demo company, under the rights of its people.
@Suite struct ResourceTests {
  private func read(
    _ uri: String, as login: String, models: Set<String>? = nil
  ) async throws -> Result<ResourceContents, ResourceError> {
    let desk = try await Desk.open()
    let found = desk.repertoire.resources.find(uri)
    guard let (source, arguments) = found else { return .failure(.notFound) }
    let permit = Permit(
      caller: Desk.caller(login, models: models), call: try Call(source.tool, arguments),
      allowances: [], reservation: .nothing, policy: nil)
    let contents: [ResourceContents]
    do throws(ResourceError) { contents = try await source.read(uri, permit) } catch {
      return .failure(error)
    }
    return .success(try #require(contents.first))
  }

  private func listed(
    _ login: String, limit: Int = 1000, after: String? = nil
  ) async throws -> ([Resource], String?) {
    let desk = try await Desk.open()
    let governor = desk.governor
    let page = try await desk.repertoire.resources.page(
      for: Desk.caller(login), governor, after: after, limit: limit)
    return try #require(page)
  }

  @Test(arguments: ["admin", "sales", "accountant", "portal"])
  func `A10 the list has the models that list_models has, and the attachments that the person may read`(
    login: String
  ) async throws {
    let (resources, next) = try await listed(login)
    #expect(next == nil)
    let desk = try await Desk.open()
    let models = try await desk.call("list_models", ["limit": 500], as: login).structured["models"]?.array
    #expect(
      resources.filter { $0.uri.hasPrefix("gatehouse://model/") }.map(\.name)
        == models?.compactMap { $0["model"]?.string })
    let files = try await desk.call("count_records", ["model": "ir.attachment"], as: login)
    #expect(
      resources.count { $0.uri.hasPrefix("gatehouse://attachment/") }
        == Int(files.structured["count"]?.integer ?? -1))
  }

  @Test func `pages of any size have every resource once`() async throws {
    let all = try await listed("sales").0.map(\.uri)
    #expect(Set(all).count == all.count && all.count > 40)
    for size in [1, 7, 29, 100] {
      var seen: [String] = []
      var cursor: String?
      repeat {
        let (resources, next) = try await listed("sales", limit: size, after: cursor)
        #expect(resources.count <= size)
        seen += resources.map(\.uri)
        cursor = next
      } while cursor != nil
      #expect(seen == all, "pages of \(size)")
    }
  }

  @Test func `a model is what describe_model tells, a record what get_record tells`() async throws {
    let desk = try await Desk.open()
    for (uri, tool, arguments) in [
      ("gatehouse://model/sale.order", "describe_model", ["model": "sale.order"] as JSONObject),
      ("gatehouse://record/res.partner/7", "get_record", ["model": "res.partner", "id": 7]),
    ] {
      let contents = try await read(uri, as: "sales").get()
      #expect(contents.mediaType == "application/json" && contents.uri == uri)
      let told = try await desk.call(tool, arguments, as: "sales").structured
      #expect(contents.body == .text(told.text))
    }
  }

  @Test(arguments: [
    ("gatehouse://model/nothing", "admin"), ("gatehouse://model/account.move", "sales"),
    ("gatehouse://record/sale.order/999999", "admin"),
    ("gatehouse://record/sale.order/0", "admin"), ("gatehouse://record/sale.order/07", "admin"),
    ("gatehouse://record/sale.order/x", "admin"), ("gatehouse://record/sale.order/1/2", "admin"),
    ("gatehouse://record/crm.lead/1", "portal"), ("gatehouse://attachment/999999", "admin"),
    ("gatehouse://attachment/", "admin"),
    ("gatehouse://attachment/1/..", "admin"), ("gatehouse://model/sale.order?x", "admin"),
    ("GATEHOUSE://model/sale.order", "admin"),
  ])
  func `what is not there, or not for the person, is not found`(uri: String, login: String) async throws {
    #expect(try await read(uri, as: login) == .failure(.notFound))
  }

  @Test func `attachments are as visible as their record, their text is text, the rest is bytes`()
    async throws
  {
    let all = try await listed("admin").0.filter { $0.uri.hasPrefix("gatehouse://attachment/") }
    let few = Set(try await listed("portal").0.map(\.uri))
    #expect(all.count == 90)
    #expect(few.count < all.count)
    var kinds: Set<String> = []
    for file in all {
      let contents = try await read(file.uri, as: "admin").get()
      kinds.insert(file.mediaType)
      #expect(contents.mediaType == file.mediaType)
      switch contents.body {
      case .text(let text): #expect(file.mediaType == "text/plain" && text.utf8.count == file.size)
      case .bytes(let bytes):
        #expect(bytes.starts(with: Array("%PDF-1.4".utf8)) && bytes.count == file.size)
      }
      if !few.contains(file.uri) { #expect(try await read(file.uri, as: "portal") == .failure(.notFound)) }
    }
    #expect(kinds == ["text/plain", "application/pdf"])
  }

  @Test func `who may read a resource may follow it, and nobody else`() async throws {
    let desk = try await Desk.open()
    let governor = desk.governor
    let resources = desk.repertoire.resources
    for uri in ["gatehouse://model/crm.lead", "gatehouse://record/crm.lead/1"] {
      #expect(await resources.mayRead(uri, Desk.caller("sales-manager"), governor))
      #expect(await !resources.mayRead(uri, Desk.caller("portal"), governor))
      #expect(await !resources.mayRead(uri, Desk.caller("sales-manager", models: ["res.partner"]), governor))
    }
  }

  // MARK: - Completion

  private func completed(
    _ kind: CompletionKind, _ value: String, _ others: [String: String] = [:], as login: String,
    models: Set<String>? = nil
  ) async throws -> Completion {
    let source = try #require(try await Desk.open().repertoire.completions)
    guard let call = source.call(for: kind, value, others) else { return Completion([]) }
    return await source.complete(
      kind, value, try Desk.permit(call.tool, call.arguments, as: login, models: models))
  }

  @Test func `completions of models and fields are those that the person may read`() async throws {
    #expect(try await completed(.models, "sale.", as: "sales").values == ["sale.order", "sale.order.line"])
    #expect(try await completed(.models, "account.move", as: "sales").values == [])
    #expect(try await completed(.models, "", as: "admin", models: ["res.partner"]).values == ["res.partner"])
    let fields = try await completed(
      .fields(modelIn: "model"), "amount_t", ["model": "sale.order"], as: "sales")
    #expect(fields.values == ["amount_tax", "amount_total"])
    #expect(try await completed(.fields(modelIn: "model"), "", as: "sales").values == [])
    #expect(
      try await completed(.fields(modelIn: "model"), "", ["model": "crm.lead"], as: "portal").values == [])
  }

  @Test func `completions of record names are the person's, at most 100, with how many there are`()
    async throws
  {
    let all = try await completed(.names(of: "sale.order"), "", as: "admin")
    #expect(all.values.count == 100 && all.hasMore && (all.total ?? 0) > 100)
    let portal = try await completed(.names(of: "sale.order"), "", as: "portal")
    #expect((portal.total ?? 0) < (all.total ?? 0))
    let name = try #require(all.values.first)
    #expect(try await completed(.names(of: "sale.order"), name, as: "admin").values == [name])
    #expect(try await completed(.names(of: "crm.lead"), "", as: "portal").values == [])
    let ids = try await completed(.identifiers(modelIn: "model"), name, ["model": "sale.order"], as: "admin")
    #expect(ids.values.count == 1)
    #expect(
      try await completed(.identifiersOf("sale.order"), ids.values[0], as: "admin").values.contains(
        ids.values[0]))
    #expect(try await completed(.names(of: "sale.order"), "%' OR 1=1", as: "admin").values == [])
  }
}
