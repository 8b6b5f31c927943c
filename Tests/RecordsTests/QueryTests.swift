import JSON
import Records
import Storage
import Testing

@Suite("Compiled queries answer as a slow evaluation does")
struct QueryTests {
  static let models = [
    "sale.order", "sale.order.line", "res.partner", "crm.lead", "project.task", "account.move",
    "product.product",
    "product.category", "mail.message", "ir.attachment", "stock.quant", "hr.employee", "res.company",
    "res.users",
    "stock.location",
  ]

  @Test(arguments: ["admin", "sales", "sales-manager", "accountant", "portal"])
  func `random domains find the same records`(_ login: String) async throws {
    let demo = try await DemoCompany.open()
    let subject = DemoCompany.subject(login)
    let reference = try await Reference(demo, subject: subject)
    var random = RandomDomain(
      reference: reference, catalogue: demo.catalogue, subject: subject,
      chance: SplitMix(state: UInt64(DemoCompany.userIDs[login] ?? 0) &* 7919))
    var partial = 0
    for round in 0..<150 {
      guard let model = demo.catalogue[Self.models[round % Self.models.count]], model.isReadable(by: subject)
      else {
        continue
      }
      let json = JSONValue.array(random.domain(of: model, depth: 3))
      let domain = try Domain(json)
      let expected = reference.ids(domain, of: model.name)
      let found = try await demo.ids(model.name, json, login)
      #expect(found == expected, "\(login) \(model.name) \(json.text)")
      let counted = try await demo.records.count(domain, of: model.name, for: subject)
      #expect(counted == expected.count)
      if !expected.isEmpty, expected.count < reference.visible(model).count { partial += 1 }
    }
    // Were most answers nothing or everything, the comparison would prove little.
    #expect(partial >= 30, "\(partial)")
  }

  static let groupings: [(String, String, String, [String])] = [
    ("sale.order", "state", "", ["amount_total:sum", "amount_total:max", "id:count"]),
    ("sale.order", "user_id", "", ["amount_total:avg", "partner_id:count_distinct"]),
    ("sale.order", "date_order", "day", ["amount_total:sum"]),
    ("sale.order", "date_order", "week", ["amount_total:sum"]),
    ("sale.order", "date_order", "month", ["amount_total:sum"]),
    ("sale.order", "date_order", "quarter", ["amount_total:min"]),
    ("sale.order", "date_order", "year", ["date_order:min", "date_order:max"]),
    ("account.move", "invoice_date", "month", ["amount_residual:sum"]),
    ("account.move", "payment_state", "", ["amount_residual:sum"]),
    ("res.partner", "is_company", "", ["user_id:count"]),
    ("crm.lead", "stage_id", "", ["expected_revenue:sum", "probability:avg"]),
  ]

  @Test(arguments: ["admin", "sales", "portal"])
  func `each group's domain finds the records that it counted`(_ login: String) async throws {
    let demo = try await DemoCompany.open()
    let subject = DemoCompany.subject(login)
    let reference = try await Reference(demo, subject: subject)
    for (name, field, step, aggregates) in Self.groupings {
      guard let model = demo.catalogue[name], model.isReadable(by: subject) else { continue }
      try await compare(name, field, step, aggregates, demo, reference)
    }
  }

  private func compare(
    _ name: String, _ field: String, _ step: String, _ aggregates: [String], _ demo: DemoCompany,
    _ reference: Reference
  ) async throws {
    let subject = reference.subject
    let key = try #require(GroupKey(step.isEmpty ? field : "\(field):\(step)"))
    let page = try await demo.records.group(
      GroupQuery(name, by: [key], aggregates: aggregates.compactMap(Aggregate.init), limit: 1000),
      for: subject)
    var total: Int64 = 0
    for group in page.elements {
      let ids = reference.ids(try Domain(group.domain), of: name)
      let count = try #require(group.values["__count"]?.integer)
      #expect(count == Int64(ids.count), "\(group.values.text)")
      total += count
      for aggregate in aggregates {
        let parts = aggregate.split(separator: ":").map(String.init)
        let values = ids.compactMap { reference.record($0, of: name)?[parts[0]] }.filter { $0 != .null }
        let numbers = values.compactMap { value -> Double? in
          switch value {
          case .integer(let number): Double(number)
          case .real(let number): number
          default: nil
          }
        }
        let texts = values.compactMap { if case .text(let text) = $0 { text } else { nil } }
        let found = group.values[aggregate]
        switch parts[1] {
        case "sum": #expect(abs((found?.number ?? .nan) - numbers.reduce(0, +)) < 0.01)
        case "avg" where !numbers.isEmpty:
          #expect(abs((found?.number ?? .nan) - numbers.reduce(0, +) / Double(numbers.count)) < 0.01)
        case "max": #expect(texts.isEmpty ? found?.number == numbers.max() : found?.string == texts.max())
        case "min": #expect(texts.isEmpty ? found?.number == numbers.min() : found?.string == texts.min())
        case "count": #expect(found?.integer == Int64(values.count))
        case "count_distinct": #expect(found?.integer == Int64(Set(values).count))
        default: break
        }
      }
    }
    #expect(total == Int64(reference.ids(.everything, of: name).count))
    #expect(page.total == page.elements.count)
  }

  @Test func `weeks are those of ISO 8601, begun on Monday`() async throws {
    let demo = try await DemoCompany.open()
    let key = try #require(GroupKey("date_order:week"))
    let page = try await demo.records.group(
      GroupQuery("sale.order", by: [key], limit: 500), for: DemoCompany.subject("admin"))
    // 2026-11-16 is a Monday, in the 47th week.
    let week = page.elements.first { $0.domain.array?.first?.array?[2] == "2026-11-16 00:00:00" }
    #expect(week?.values["date_order:week"] == "2026-W47")
    #expect(week?.domain.array?[1].array?[2] == "2026-11-23 00:00:00")
  }

  @Test func `having and order work on aggregates, and a page of groups says how many there are`()
    async throws
  {
    let demo = try await DemoCompany.open()
    let key = try #require(GroupKey("partner_id"))
    let sum = try #require(Aggregate("amount_total:sum"))
    let admin = DemoCompany.subject("admin")
    let query = { (having: JSONValue, limit: Int) in
      GroupQuery(
        "sale.order", by: [key], aggregates: [sum], having: try Domain(having),
        order: OrderTerm.list("amount_total:sum desc"), limit: limit)
    }
    let all = try await demo.records.group(try query([], 500), for: admin)
    let sums = all.elements.compactMap { $0.values["amount_total:sum"]?.number }
    #expect(sums == sums.sorted(by: >))
    let few = try await demo.records.group(try query([["__count", ">", 5]], 3), for: admin)
    let expected = all.elements.filter { ($0.values["__count"]?.integer ?? 0) > 5 }
    #expect(few.elements == Array(expected.prefix(3)))
    #expect(few.total == expected.count)
    #expect(few.hasMore)
  }

  @Test func `pages fit together without gaps or doubles`() async throws {
    let demo = try await DemoCompany.open()
    let admin = DemoCompany.subject("admin")
    var ids: [Int64] = []
    var offset: Int? = 0
    while let start = offset {
      let query = Query(
        "sale.order", order: OrderTerm.list("state, amount_total desc"), limit: 97, offset: start)
      let page = try await demo.records.searchRead(query, fields: ["state"], for: admin)
      ids += page.elements.compactMap { $0["id"]?.integer }
      #expect(page.total == 620)
      #expect(page.hasMore == (page.nextOffset != nil))
      offset = page.nextOffset
    }
    #expect(ids.count == 620)
    #expect(Set(ids).count == 620)
  }

  @Test func `a page beyond the end is empty and still tells the total`() async throws {
    let demo = try await DemoCompany.open()
    let page = try await demo.records.search(
      Query("sale.order", limit: 10, offset: 5000), for: DemoCompany.subject("admin"))
    #expect(page.elements.isEmpty)
    #expect(page.total == 620)
    #expect(!page.hasMore)
  }

  @Test func `order by a relation is by its name, with what is empty last`() async throws {
    let demo = try await DemoCompany.open()
    let page = try await demo.records.searchRead(
      Query("crm.lead", order: OrderTerm.list("partner_id"), limit: 500), fields: ["partner_id"],
      for: DemoCompany.subject("admin"))
    let names = page.elements.map { $0["partner_id"]?.array?[1].string }
    let present = names.compactMap { $0 }
    #expect(present == present.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
    #expect(names.suffix(names.count - present.count).allSatisfy { $0 == nil })
    #expect(present.count < names.count)
  }

  @Test func `archived records are found when the domain names active, and by id`() async throws {
    let demo = try await DemoCompany.open()
    let usual = try await demo.ids("crm.lead", [], "admin")
    let archived = try await demo.ids("crm.lead", [["active", "=", false]], "admin")
    let both = try await demo.ids("crm.lead", [["active", "in", [true, false]]], "admin")
    #expect(!archived.isEmpty)
    #expect(Set(usual).isDisjoint(with: archived))
    #expect(both.count == usual.count + archived.count)
    let read = try await demo.records.read(
      [archived[0]], of: "crm.lead", fields: ["active"], for: DemoCompany.subject("admin"))
    #expect(read.first?["active"] == false)
  }

  @Test func `ten thousand ids are one query`() async throws {
    let demo = try await DemoCompany.open()
    let ids = JSONValue.array((1...10_000).map { .integer($0) })
    #expect(try await demo.ids("sale.order", [["id", "in", ids]], "admin").count == 620)
    #expect(try await demo.ids("sale.order", [["id", "not in", ids]], "admin").isEmpty)
  }

  @Test func `the deepest domains that are read can be run`() async throws {
    let demo = try await DemoCompany.open()
    // Levels that differ, 64 of them.
    var domain: [JSONValue] = [["state", "=", "sale"]]
    for level in 0..<62 {
      domain = [level % 2 == 0 ? "&" : "|", ["amount_total", ">", .integer(Int64(level))]] + domain
    }
    _ = try await demo.ids("sale.order", .array(domain), "portal")
    let nots = Array(repeating: JSONValue.string("!"), count: 62) + [["state", "=", "sale"]]
    let found = try await demo.ids("sale.order", .array(nots), "admin")
    #expect(found == (try await demo.ids("sale.order", [["state", "=", "sale"]], "admin")))
  }

  @Test(arguments: ["admin", "sales", "portal"])
  func `a long path is run or refused, never a failure of the database`(_ login: String) async throws {
    let demo = try await DemoCompany.open()
    for length in 1...8 {
      let path = (0..<length).map { $0 % 2 == 0 ? "parent_id" : "child_ids" } + ["name"]
      let error = await failure {
        _ = try await demo.ids(
          "res.partner", [[.string(path.prefix(8).joined(separator: ".")), "ilike", "a"]], login)
      }
      #expect(error == nil || error?.code == .invalidDomain, "\(error?.description ?? "")")
      if length <= 4 { #expect(error == nil) }
    }
    var nested: JSONValue = [["name", "ilike", "a"]]
    for level in 0..<20 {
      nested = [[level % 2 == 0 ? "child_ids" : "parent_id", level % 3 == 0 ? "not any" : "any", nested]]
      let domain = nested
      let error = await failure { _ = try await demo.ids("res.partner", domain, login) }
      #expect(error == nil || error?.code == .invalidDomain, "\(error?.description ?? "")")
    }
    // The deepest that may stand around a tree and a document's rules.
    for levels in stride(from: 1, through: 63, by: 6) {
      for (model, condition) in [
        ("product.product", ["categ_id", "child_of", 1] as JSONValue),
        ("mail.message", ["author_id.parent_id", "child_of", 1]),
        ("ir.attachment", ["res_model", "=", "sale.order"]),
      ] {
        var domain: [JSONValue] = [condition]
        for level in 0..<levels { domain = [level % 2 == 0 ? "&" : "|", ["id", ">", 0]] + domain }
        let json = JSONValue.array(domain)
        let error = await failure { _ = try await demo.ids(model, json, login) }
        #expect(
          error == nil || error?.code == .invalidDomain, "\(model) \(levels) \(error?.description ?? "")")
      }
    }
  }
}
