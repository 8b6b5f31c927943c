internal import Storage

extension Seeder {
  static let leadCount = 260

  /// Stages, tags and the leads in them.
  mutating func seedPipeline() throws {
    var stages: [(id: Int64, probability: Int, isWon: Bool)] = []
    for (name, probability) in [
      ("New", 10), ("Qualified", 30), ("Proposition", 55), ("Negotiation", 75), ("Won", 100),
    ] {
      let id = try insert(
        "crm.stage",
        [
          "name": .text(name), "sequence": .number(stages.count + 1), "is_won": .flag(name == "Won"),
          "fold": .flag(false),
        ])
      stages.append((id, probability, name == "Won"))
    }
    var tags: [Int64] = []
    for tag in ["Office fit-out", "Hotel", "Lighting", "Repeat customer", "Tender"] {
      tags.append(try insert("crm.tag", ["name": .text(tag)]))
    }
    for number in 0..<Self.leadCount {
      let customer = dice.pick(customers, else: Contact(id: 1, name: "", company: nil))
      let company = customer.company ?? (dice.hits(75) ? 1 : 2)
      let stage = stages[min(dice.roll(0...5), dice.roll(0...5), 4)]
      let isLost = !stage.isWon && dice.hits(14)
      let age = dice.roll(2...260)
      let revenue = dice.roll(8...900) * 10_000
      let probability = isLost ? 0 : stage.probability
      // Some should have been closed by now, and some lie where they were months ago.
      let deadline = stage.isWon || isLost ? -dice.roll(1...60) : dice.roll(-40...90)
      let name =
        "\(dice.word(["Fit-out", "Refurbishment", "New lobby", "Lighting", "Canteen", "Desks"])) for \(customer.name)"
      let isLead = stage.probability == 10 && dice.hits(40)
      let id = try insert(
        "crm.lead", age: age,
        [
          "name": .text(name), "type": .text(isLead ? "lead" : "opportunity"),
          "partner_id": isLead && dice.hits(50) ? .null : .integer(customer.id),
          "contact_name": .text(personName()),
          "email_from": .text("info@customer\(number).example"),
          "phone": .text("+49 40 555 \(dice.roll(1000...9999))"),
          "stage_id": .integer(stage.id), "user_id": salesperson(for: company),
          "expected_revenue": money(revenue), "prorated_revenue": money(revenue * probability / 100),
          "probability": .real(Double(probability)),
          "priority": .text(dice.word(["0", "0", "1", "1", "2", "3"])),
          "date_deadline": dice.hits(85) ? day(deadline) : .null,
          "date_closed": stage.isWon || isLost ? moment(-dice.roll(1...age)) : .null,
          "date_last_stage_update": moment(-dice.roll(1...age)),
          "lost_reason": isLost
            ? .text(dice.word(["Too expensive", "No budget", "Went with another"])) : .null,
          "description": dice.hits(50)
            ? .text("<p>Wants an offer for \(dice.roll(1...60)) places.</p>") : .null,
          "company_id": .integer(company), "active": .flag(!isLost),
        ])
      try link("crm.lead", "tag_ids", id, dice.pick(tags, else: 1))
      documents.append(
        Document(model: "crm.lead", id: id, name: name, partner: customer.id, age: age, company: company))
    }
  }

  /// Who looks after a deal; nobody yet, now and then.
  mutating func salesperson(for company: Int64) -> SQLValue {
    let login =
      company == 1
      ? dice.word(["sales", "sales", "sales", "sales-manager", "sales-manager", "admin", ""])
      : dice.word(["sales-manager", "sales-manager", "admin", ""])
    return login.isEmpty ? .null : .integer(user(login))
  }
}
