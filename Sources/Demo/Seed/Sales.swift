internal import Storage

extension Seeder {
  static let orderCount = 620

  /// A line of an order or an invoice.
  struct Line {
    let product: Product
    let quantity: Int
    /// In percent.
    let discount: Int

    /// In cents, without tax.
    var subtotal: Int { product.price * quantity * (100 - discount) / 100 }
    /// In cents, with a tax of 19 %.
    var total: Int { subtotal + subtotal * 19 / 100 }
  }

  /// An order, as the invoice for it needs it.
  struct Order {
    let id: Int64
    let name: String
    let customer: Contact
    let partner: Int64
    let company: Int64
    let salesperson: SQLValue
    let lines: [Line]
    /// Days before the seeding.
    let age: Int
  }

  /// Quotations and orders, and the invoices for what was delivered.
  mutating func seedSales() throws {
    try seedJournals()
    for number in 0..<Self.orderCount {
      // The portal user's company orders at fixed numbers, so that there is something to see for her.
      let customer =
        number % 40 == 7 ? customers[0] : dice.pick(customers, else: Contact(id: 1, name: "", company: nil))
      let company = number % 40 == 7 ? 1 : customer.company ?? (dice.hits(75) ? 1 : 2)
      try seedOrder(number: number, customer: customer, company: company)
    }
  }

  private mutating func seedOrder(number: Int, customer: Contact, company: Int64) throws {
    let age = 540 - number * 540 / Self.orderCount
    let chance = dice.roll(1...100)
    let state =
      age > 45
      ? (chance <= 76 ? "sale" : chance <= 86 ? "draft" : chance <= 92 ? "sent" : "cancel")
      : (chance <= 45 ? "sale" : chance <= 70 ? "draft" : chance <= 95 ? "sent" : "cancel")
    var lines: [Line] = []
    for _ in 0..<dice.roll(1...5) {
      let product = products[dice.roll(0...(products.count - 1))]
      lines.append(
        Line(
          product: product, quantity: dice.roll(1...24), discount: dice.hits(20) ? dice.roll(1...4) * 5 : 0))
    }
    let untaxed = lines.reduce(0) { $0 + $1.subtotal }
    let total = lines.reduce(0) { $0 + $1.total }
    let cost = lines.reduce(0) { $0 + $1.product.cost * $1.quantity }
    let isInvoiced = state == "sale" && age > 6 && dice.hits(82)
    let partner = dice.hits(25) ? customer.people.first ?? customer.id : customer.id
    let salesperson = salesperson(for: company)
    let name = "S\(10_000 + number)"
    let id = try insert(
      "sale.order", age: age,
      [
        "name": .text(name), "state": .text(state), "partner_id": .integer(partner),
        "date_order": moment(-age),
        "validity_date": state == "sale" || state == "cancel" ? .null : day(30 - age),
        "commitment_date": state == "sale" ? moment(14 - age) : .null, "user_id": salesperson,
        "currency_id": .integer(company), "amount_untaxed": money(untaxed),
        "amount_tax": money(total - untaxed),
        "amount_total": money(total), "margin": money(untaxed - cost),
        "invoice_status": .text(isInvoiced ? "invoiced" : state == "sale" ? "to invoice" : "no"),
        "opportunity_id": dice.hits(25) ? .number(dice.roll(1...Self.leadCount)) : .null,
        "client_order_ref": dice.hits(30) ? .text("PO-\(dice.roll(1000...9999))") : .null,
        "company_id": .integer(company),
      ])
    for (sequence, line) in lines.enumerated() {
      let isDelivered = state == "sale" && age > 14
      try insert(
        "sale.order.line", age: age,
        [
          "name": .text(line.product.name), "order_id": .integer(id), "sequence": .number(sequence + 1),
          "product_id": .integer(line.product.id), "product_uom_qty": .real(Double(line.quantity)),
          "product_uom_id": .integer(line.product.unit),
          "qty_delivered": .real(isDelivered ? Double(line.quantity) : 0),
          "qty_invoiced": .real(isInvoiced ? Double(line.quantity) : 0),
          "price_unit": money(line.product.price),
          "discount": .real(Double(line.discount)), "price_subtotal": money(line.subtotal),
          "price_total": money(line.total), "purchase_price": money(line.product.cost),
          "margin": money(line.subtotal - line.product.cost * line.quantity), "company_id": .integer(company),
        ])
    }
    documents.append(
      Document(model: "sale.order", id: id, name: name, partner: partner, age: age, company: company))
    if isInvoiced {
      try seedInvoice(
        for: Order(
          id: id, name: name, customer: customer, partner: partner, company: company,
          salesperson: salesperson,
          lines: lines, age: age))
    }
  }
}
