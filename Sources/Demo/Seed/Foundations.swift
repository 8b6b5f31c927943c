internal import Storage

extension Seeder {
  /// Countries, currencies, units, the two companies and the five people with accounts.
  mutating func seedFoundations() throws {
    for (name, code, phone) in [
      ("Germany", "DE", 49), ("Sweden", "SE", 46), ("Denmark", "DK", 45), ("Norway", "NO", 47),
      ("Netherlands", "NL", 31), ("France", "FR", 33), ("Italy", "IT", 39), ("Austria", "AT", 43),
      ("Switzerland", "CH", 41), ("Poland", "PL", 48),
    ] {
      try insert("res.country", ["name": .text(name), "code": .text(code), "phone_code": .number(phone)])
    }
    for (name, fullName, symbol, isActive) in [
      ("EUR", "Euro", "€", true), ("SEK", "Swedish krona", "kr", true), ("USD", "US dollar", "$", true),
      ("DEM", "Deutsche Mark", "DM", false),
    ] {
      try insert(
        "res.currency",
        [
          "name": .text(name), "full_name": .text(fullName), "symbol": .text(symbol),
          "active": .flag(isActive),
        ])
    }
    for (name, factor) in [("Units", 1.0), ("Dozens", 12.0), ("Hours", 1.0), ("Days", 8.0), ("m²", 1.0)] {
      try insert("uom.uom", ["name": .text(name), "factor": .real(factor)])
    }
    for (company, country, city) in zip3(Demo.companies, [1, 2], ["Hamburg", "Göteborg"]) {
      try insert(
        "res.partner", age: 900,
        [
          "name": .text(company.name), "is_company": .flag(true), "city": .text(city),
          "country_id": .number(country),
          "email": .text(country == 1 ? "hallo@nordlicht.example" : "hej@nordlicht.example"),
          "customer_rank": .number(0), "supplier_rank": .number(0),
        ])
      try insert(
        "res.company", id: company.id, age: 900,
        [
          "name": .text(company.name), "partner_id": .integer(company.id),
          "currency_id": .integer(company.id),
          "country_id": .number(country), "vat": .text(country == 1 ? "DE811907980" : "SE556677889901"),
          "email": .text(country == 1 ? "hallo@nordlicht.example" : "hej@nordlicht.example"),
        ])
    }
    // Petra's company comes before Petra, who is found as the portal user.
    let customer = try insert(
      "res.partner", age: 700,
      [
        "name": .text("Lindqvist Architects"), "is_company": .flag(true),
        "email": .text("office@lindqvist.example"),
        "phone": .text("+46 31 555 0142"), "street": .text("Linnégatan 21"), "city": .text("Göteborg"),
        "zip": .text("413 04"), "country_id": .integer(2), "customer_rank": .integer(5),
        "supplier_rank": .integer(0),
        "credit_limit": money(2_500_000), "user_id": .integer(user("sales")),
        "comment": .text("<p>Pays late, but always pays.</p>"),
      ])
    var people: [Int64] = []
    for person in Demo.users {
      let isPortal = person.login == "portal"
      let partner = try insert(
        "res.partner", age: 700,
        [
          "name": .text(person.name), "is_company": .flag(false),
          "parent_id": .id(isPortal ? customer : person.companies.first),
          "email": .text("\(person.login)@\(isPortal ? "lindqvist" : "nordlicht").example"),
          "function": .text(isPortal ? "Architect" : ""), "city": .text(isPortal ? "Göteborg" : "Hamburg"),
          "country_id": .integer(isPortal ? 2 : 1), "customer_rank": .number(isPortal ? 1 : 0),
          "supplier_rank": .integer(0),
        ])
      if isPortal { people.append(partner) }
      try insert(
        "res.users", id: user(person.login), age: 700,
        [
          "name": .text(person.name), "login": .text(person.login),
          "email": .text("\(person.login)@\(isPortal ? "lindqvist" : "nordlicht").example"),
          "partner_id": .integer(partner), "company_id": .id(person.companies.first),
          "share": .flag(isPortal),
        ])
      for company in person.companies { try link("res.users", "company_ids", user(person.login), company) }
    }
    portalContact = Contact(id: customer, name: "Lindqvist Architects", company: nil, people: people)
  }

  private func zip3<A, B, C>(_ a: [A], _ b: [B], _ c: [C]) -> [(A, B, C)] {
    zip(a, zip(b, c)).map { ($0, $1.0, $1.1) }
  }
}
