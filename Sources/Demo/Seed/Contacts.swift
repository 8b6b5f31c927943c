internal import Storage

extension Seeder {
  static let firstNames = [
    "Ada", "Björn", "Carla", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Karin", "Lars",
    "Maja",
    "Nils", "Olga", "Pia", "Quentin", "Rosa", "Stefan", "Tuva", "Ulla", "Viktor", "Wanda", "Xenia", "Yusuf",
    "Zoë",
  ]
  static let lastNames = [
    "Andersen", "Baumann", "Conti", "Dahl", "Eriksson", "Fischer", "Gruber", "Hansen", "Ivanova", "Jensen",
    "Keller",
    "Larsen", "Moreau", "Novak", "Olsen", "Persson", "Quist", "Rossi", "Schmidt", "Thorsen", "Vogel",
    "Wójcik",
  ]
  static let cities: [(name: String, country: Int64)] = [
    ("Hamburg", 1), ("Berlin", 1), ("Köln", 1), ("München", 1), ("Stockholm", 2), ("Malmö", 2),
    ("København", 3),
    ("Oslo", 4), ("Amsterdam", 5), ("Lyon", 6), ("Milano", 7), ("Wien", 8), ("Zürich", 9), ("Gdańsk", 10),
  ]

  mutating func personName() -> String { "\(dice.word(Self.firstNames)) \(dice.word(Self.lastNames))" }

  /// Tags, customers and vendors with their people.
  mutating func seedContacts() throws {
    var tags: [Int64] = []
    for tag in ["VIP", "Architect", "Hotel", "Café", "Retail", "Public sector", "Newsletter"] {
      tags.append(try insert("res.partner.category", ["name": .text(tag)]))
    }
    if let portalContact {
      customers.append(portalContact)
      try link("res.partner", "category_id", portalContact.id, tags[1])
    }
    let first = [
      "Blue", "Harbour", "Nordic", "Old Town", "Green", "Silver", "Grand", "Little", "River", "Atlas",
    ]
    let second = ["Hotel", "Café", "Studio", "Offices", "Library", "Clinic", "Gallery", "Bakery", "School"]
    for number in 0..<84 {
      let name = "\(first[number % first.count]) \(second[(number / first.count + number) % second.count])"
      // Two in three are known to both companies, the rest to one.
      let company: Int64? = number % 3 == 0 ? (number % 2 == 0 ? 1 : 2) : nil
      let contact = try seedContact(
        "\(name) \(dice.word(Self.cities.map(\.name)))", company: company, isVendor: false)
      customers.append(contact)
      if dice.hits(60) { try link("res.partner", "category_id", contact.id, dice.pick(tags, else: 1)) }
    }
    for name in [
      "Birch & Sons Timber", "Gotland Wool", "Elbe Logistics", "Steelworks Ruhr", "Paper & Print",
      "Lumen Lighting",
      "Foam Partners", "City Power", "Cloud Nine Hosting", "Fjord Freight", "Amber Glass", "Leather Guild",
    ] {
      vendors.append(try seedContact(name, company: nil, isVendor: true))
    }
  }

  private mutating func seedContact(_ name: String, company: Int64?, isVendor: Bool) throws -> Contact {
    let city = dice.pick(Self.cities, else: ("Hamburg", 1))
    let age = dice.roll(30...800)
    let domain = name.lowercased().filter { $0.isASCII && $0.isLetter }.prefix(18)
    let salesperson = company == 2 ? "sales-manager" : dice.word(["sales", "sales", "sales-manager"])
    let isArchived = dice.hits(4)
    let id = try insert(
      "res.partner", age: age,
      [
        "name": .text(name), "is_company": .flag(true), "email": .text("info@\(domain).example"),
        "phone": .text("+49 40 555 \(1000 + dice.roll(0...8999))"),
        "street": .text(
          "\(dice.word(["Hauptstraße", "Kungsgatan", "Hafenweg", "Rue du Port"])) \(dice.roll(1...120))"),
        "city": .text(city.name), "zip": .text("\(dice.roll(10000...99999))"),
        "country_id": .integer(city.country),
        "vat": dice.hits(70) ? .text("EU\(dice.roll(100_000_000...999_999_999))") : .null,
        "customer_rank": .number(isVendor ? 0 : dice.roll(1...20)),
        "supplier_rank": .number(isVendor ? dice.roll(1...9) : 0),
        "credit_limit": isVendor ? .null : money(dice.roll(1...50) * 100_000),
        "comment": dice.hits(20) ? .text("<p>Prefers to be called in the morning.</p>") : .null,
        "user_id": isVendor ? .null : .integer(user(salesperson)), "company_id": .id(company),
        "active": .flag(!isArchived),
      ])
    var people: [Int64] = []
    for _ in 0..<dice.roll(1...3) {
      let person = personName()
      let local = person.lowercased().map { $0.isASCII && $0.isLetter ? String($0) : "." }.joined()
      people.append(
        try insert(
          "res.partner", age: age,
          [
            "name": .text(person), "is_company": .flag(false), "parent_id": .integer(id),
            "email": .text("\(local)@\(domain).example"),
            "phone": .text("+49 170 555 \(dice.roll(1000...9999))"),
            "function": .text(dice.word(["Owner", "Buyer", "Office manager", "Accounting", "Architect"])),
            "city": .text(city.name), "country_id": .integer(city.country), "customer_rank": .number(0),
            "supplier_rank": .number(0), "company_id": .id(company), "active": .flag(!isArchived),
          ]))
    }
    documents.append(
      Document(model: "res.partner", id: id, name: name, partner: id, age: age, company: company))
    return Contact(id: id, name: name, company: company, people: people)
  }
}
