import JSON
import Records
import Testing

@Suite struct `Wide domains` {
  @Test func `a domain that follows relations hundreds of times is refused with a hint`() async throws {
    let demo = try await DemoCompany.open()
    let leaf: JSONValue = [
      "author_id.category_id.partner_ids.category_id.partner_ids.name", "ilike", "zzz",
    ]
    let wide = JSONValue.array(Array(repeating: "|", count: 99) + Array(repeating: leaf, count: 100))
    let error = await #expect(throws: RecordsError.self) {
      try await demo.records.count(try Domain(wide), of: "mail.message", for: DemoCompany.subject("admin"))
    }
    #expect(error?.code == .invalidDomain)
    #expect(error?.hint?.contains("ids") == true)
    let narrow = JSONValue.array(["|", leaf, leaf])
    #expect(
      try await demo.records.count(try Domain(narrow), of: "mail.message", for: DemoCompany.subject("admin"))
        == 0)
  }
}
