internal import Storage

extension Seeder {
  static let billCount = 90

  /// Sales, purchases and bank, for each company.
  mutating func seedJournals() throws {
    for company in Demo.companies {
      for (name, code, type) in [
        ("Customer Invoices", "INV", "sale"), ("Vendor Bills", "BILL", "purchase"), ("Bank", "BNK", "bank"),
      ] {
        try insert(
          "account.journal",
          [
            "name": .text(name), "code": .text(code), "type": .text(type), "company_id": .integer(company.id),
          ])
      }
    }
  }

  private func journal(_ place: Int64, of company: Int64) -> SQLValue { .integer((company - 1) * 3 + place) }

  /// The invoice for an order; most are paid, some in part, some late, some not due yet.
  mutating func seedInvoice(for order: Order) throws {
    let age = max(1, order.age - dice.roll(2...10))
    let total = order.lines.reduce(0) { $0 + $1.total }
    let isDraft = age < 20 && dice.hits(25)
    let paid =
      isDraft ? 0 : age > 120 ? (dice.hits(93) ? 100 : 0) : dice.pick([100, 100, 100, 50, 0, 0], else: 0)
    try seedMove(
      type: "out_invoice", state: isDraft ? "draft" : "posted", partner: order.partner,
      company: order.company,
      age: age, term: 30, lines: order.lines, total: total, paidPercent: paid, order: order)
    if !isDraft, dice.hits(4) {
      try seedMove(
        type: "out_refund", state: "posted", partner: order.partner, company: order.company,
        age: max(1, age - 5),
        term: 0, lines: Array(order.lines.prefix(1)), total: order.lines[0].total, paidPercent: 100,
        order: order)
    }
  }

  /// What the vendors ask for.
  mutating func seedBills() throws {
    for _ in 0..<Self.billCount {
      let vendor = dice.pick(vendors, else: Contact(id: 1, name: "", company: nil))
      let company: Int64 = dice.hits(75) ? 1 : 2
      let age = dice.roll(1...500)
      let lines = [
        Line(
          product: products[dice.roll(0...(products.count - 1))], quantity: dice.roll(5...80), discount: 40)
      ]
      try seedMove(
        type: "in_invoice", state: age < 10 && dice.hits(50) ? "draft" : "posted", partner: vendor.id,
        company: company,
        age: age, term: 14, lines: lines, total: lines[0].total,
        paidPercent: age > 40 ? (dice.hits(92) ? 100 : 0) : dice.pick([100, 0], else: 0), order: nil)
    }
  }

  private mutating func seedMove(
    type: String, state: String, partner: Int64, company: Int64, age: Int, term: Int, lines: [Line],
    total: Int,
    paidPercent: Int, order: Order?
  ) throws {
    let isOut = type.hasPrefix("out")
    let paid = state == "posted" ? total * paidPercent / 100 : 0
    let untaxed = lines.reduce(0) { $0 + $1.subtotal }
    let id = lastID(of: "account.move") + 1
    let name =
      state == "draft"
      ? "Draft \(id)"
      : "\(type == "out_invoice" ? "INV" : isOut ? "RINV" : "BILL")/\(company == 1 ? "HH" : "GBG")/\(id)"
    try insert(
      "account.move", age: age,
      [
        "name": .text(name), "move_type": .text(type), "state": .text(state),
        "payment_state": .text(paid == 0 ? "not_paid" : paid < total ? "partial" : "paid"),
        "partner_id": .integer(partner), "journal_id": journal(isOut ? 1 : 2, of: company),
        "ref": .text(order?.name ?? "R-\(dice.roll(10_000...99_999))"),
        "invoice_date": state == "draft" ? .null : day(-age),
        "invoice_date_due": state == "draft" ? .null : day(term - age),
        "date": day(-age), "currency_id": .integer(company), "invoice_user_id": order?.salesperson ?? .null,
        "amount_untaxed": money(untaxed), "amount_tax": money(total - untaxed), "amount_total": money(total),
        "amount_residual": money(total - paid), "sale_order_id": .id(order?.id),
        "company_id": .integer(company),
      ])
    for line in lines {
      try insert(
        "account.move.line", age: age,
        [
          "name": .text(line.product.name), "move_id": .integer(id), "product_id": .integer(line.product.id),
          "partner_id": .integer(partner), "quantity": .real(Double(line.quantity)),
          "price_unit": money(line.product.price), "discount": .real(Double(line.discount)),
          "price_subtotal": money(line.subtotal),
          "price_total": money(line.total), "date": day(-age), "company_id": .integer(company),
        ])
    }
    if paid > 0 {
      try insert(
        "account.payment", age: max(0, age - term),
        [
          "name": .text("PAY/\(id)"), "payment_type": .text(type == "out_invoice" ? "inbound" : "outbound"),
          "partner_id": .integer(partner), "amount": money(paid), "currency_id": .integer(company),
          "date": day(-max(0, age - dice.roll(1...(term + 8)))), "state": .text("paid"),
          "journal_id": journal(3, of: company),
          "move_id": .integer(id), "memo": .text(name), "company_id": .integer(company),
        ])
    }
    if isOut {
      documents.append(
        Document(model: "account.move", id: id, name: name, partner: partner, age: age, company: company))
    }
  }
}
