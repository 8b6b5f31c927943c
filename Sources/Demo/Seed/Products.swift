internal import Storage

extension Seeder {
  /// Categories, goods and services, locations and what lies there.
  mutating func seedProducts() throws {
    let all = try insert("product.category", ["name": .text("All")])
    let furniture = try insert("product.category", ["name": .text("Furniture"), "parent_id": .integer(all)])
    var categories: [Int64] = []
    for name in ["Chairs", "Desks", "Storage", "Lighting"] {
      categories.append(
        try insert("product.category", ["name": .text(name), "parent_id": .integer(furniture)]))
    }
    let services = try insert("product.category", ["name": .text("Services"), "parent_id": .integer(all)])
    let locations = try seedLocations()

    let woods = ["Oak", "Birch", "Walnut", "Ash", "Beech", "Steel", "Linen"]
    let shapes = [
      ["Chair", "Armchair", "Stool", "Bench"], ["Desk", "Standing Desk", "Table", "Counter"],
      ["Shelf", "Cabinet", "Drawer Unit", "Wardrobe"], ["Lamp", "Pendant", "Spotlight"],
    ]
    for (kind, category) in categories.enumerated() {
      for (shape, name) in shapes[kind].enumerated() {
        for (wood, material) in woods.enumerated() {
          let number = products.count
          let price = 4_900 + ((kind * 7 + shape * 5 + wood * 3) * 2_150 + dice.roll(0...40) * 50)
          var stock: [(location: Int64, quantity: Int)] = []
          for location in locations where dice.hits(55) { stock.append((location, dice.roll(0...60))) }
          let product = Product(
            id: Int64(number + 1), name: "\(material) \(name)", unit: 1, price: price,
            cost: price * dice.roll(45...70) / 100)
          try seedProduct(
            product, code: "\(name.prefix(2).uppercased())-\(100 + number)", category: category,
            type: "consu",
            onHand: stock.reduce(0) { $0 + $1.quantity })
          for (location, quantity) in stock { try seedQuant(product, location: location, quantity: quantity) }
        }
      }
    }
    for (name, price, unit) in [
      ("Interior Design Hour", 9_500, 3), ("Assembly", 6_500, 3), ("Site Survey", 24_000, 4),
      ("Delivery", 4_900, 1),
      ("Project Management Day", 88_000, 4), ("Maintenance Hour", 7_200, 3),
    ] {
      let product = Product(
        id: Int64(products.count + 1), name: name, unit: Int64(unit), price: price, cost: price * 6 / 10)
      try seedProduct(product, code: "SV-\(products.count)", category: services, type: "service", onHand: 0)
    }
  }

  private mutating func seedProduct(
    _ product: Product, code: String, category: Int64, type: String, onHand: Int
  ) throws {
    // Some are sold no longer, some are for the house itself, some are one company's own.
    let isArchived = dice.hits(4)
    let isForSale = !dice.hits(5)
    try insert(
      "product.product", id: product.id, age: 600,
      [
        "name": .text(product.name), "default_code": .text(code),
        "barcode": dice.hits(70) ? .text("40\(dice.roll(10_000_000_000...99_999_999_999))") : .null,
        "type": .text(type), "categ_id": .integer(category), "uom_id": .integer(product.unit),
        "list_price": money(product.price), "standard_price": money(product.cost),
        "qty_available": .real(Double(onHand)),
        "sale_ok": .flag(isForSale), "description_sale": .text("\(product.name), made to last."),
        "company_id": dice.hits(6) ? .integer(2) : .null, "active": .flag(!isArchived),
      ])
    products.append(product)
  }

  private mutating func seedLocations() throws -> [Int64] {
    var shelves: [Int64] = []
    for (short, company) in [("HH", Int64(1)), ("GBG", Int64(2))] {
      let root = try insert(
        "stock.location",
        [
          "name": .text(short), "complete_name": .text(short), "usage": .text("view"),
          "company_id": .integer(company),
        ])
      let stock = try insert(
        "stock.location",
        [
          "name": .text("Stock"), "complete_name": .text("\(short)/Stock"), "location_id": .integer(root),
          "usage": .text("internal"), "company_id": .integer(company),
        ])
      for shelf in ["Shelf A", "Shelf B"] {
        shelves.append(
          try insert(
            "stock.location",
            [
              "name": .text(shelf), "complete_name": .text("\(short)/Stock/\(shelf)"),
              "location_id": .integer(stock),
              "usage": .text("internal"), "company_id": .integer(company),
            ]))
      }
    }
    for (name, usage) in [
      ("Customers", "customer"), ("Vendors", "supplier"), ("Inventory adjustment", "inventory"),
    ] {
      try insert(
        "stock.location", ["name": .text(name), "complete_name": .text(name), "usage": .text(usage)])
    }
    return shelves
  }

  private mutating func seedQuant(_ product: Product, location: Int64, quantity: Int) throws {
    try insert(
      "stock.quant", age: dice.roll(1...200),
      [
        "display_name": .text("\(product.name) × \(quantity)"), "product_id": .integer(product.id),
        "location_id": .integer(location), "quantity": .real(Double(quantity)),
        "reserved_quantity": .real(Double(quantity == 0 ? 0 : dice.roll(0...(quantity / 3 + 1)))),
        "in_date": moment(-dice.roll(1...200)), "value": money(product.cost * quantity),
        "company_id": .integer(location <= 4 ? 1 : 2),
      ])
  }
}
