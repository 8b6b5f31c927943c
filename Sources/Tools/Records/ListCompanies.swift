package import Governance
internal import JSON
package import Records

/// Tool 10, `list_companies`.
package struct ListCompanies: RecordTool {
  let records: any Records

  package init(records: any Records) { self.records = records }

  package let definition = ToolDefinition(
    name: "list_companies", title: "List companies",
    description: """
      Lists the companies whose records you may see, their currencies, and which one is current. Use it when a \
      question names a company, or when amounts of several companies would be mixed; then filter by \
      ["company_id", "=", id]. Customers and vendors are not companies in this sense: they are res.partner records.
      """,
    category: .read, group: .read, risk: .low, effect: .reads,
    results: [
      .required(
        "companies",
        .array(
          of: .record([
            .required("id", .integer(), ""), .required("name", .text, ""),
            .required(
              "currency", .either([.text, .null]), "ISO 4217 code of the currency in which it keeps its books"
            ),
            .required("country", .either([.text, .null]), ""),
            .required("is_current", .boolean, "Whether the person works for it at the moment"),
          ])), "By name"),
      .total, .hasMore,
    ])

  func answer(_ arguments: RecordArguments, for subject: Subject) async throws(RecordsError) -> ToolResult {
    let page = try await records.searchRead(
      Query("res.company", order: [OrderTerm("name"), OrderTerm("id")], limit: 500),
      fields: ["name", "currency_id", "country_id"], for: subject)
    let companies = page.elements.map { company -> JSONValue in
      [
        "id": company["id"] ?? .null, "name": company["name"] ?? "",
        "currency": company["currency_id"]?.array?.last ?? .null,
        "country": company["country_id"]?.array?.last ?? .null,
        "is_current": .bool(company["id"]?.integer == subject.companyID),
      ]
    }
    let names = page.elements.compactMap { $0["name"]?.string }.joined(separator: ", ")
    return ToolResult(
      [
        "companies": .array(companies), "total": .integer(Int64(page.total)), "has_more": .bool(page.hasMore),
      ], text: page.elements.isEmpty ? "No company is for you to see." : "Companies: \(names).")
  }
}
