internal import Records
internal import Storage
internal import World

/// Writes the records; each part of the company is an extension in a file of its own.
struct Seeder {
  let transaction: Transaction
  let catalogue: ModelCatalogue
  /// Account ids by login.
  let users: [String: Int64]
  let now: Instant
  var dice = Dice(seed: 0x6761_7465_686f_7573)
  private var lastIDs: [String: Int64] = [:]
  private var columns: [String: [String: Int]] = [:]

  // What later parts refer to.
  var customers: [Contact] = []
  var vendors: [Contact] = []
  var products: [Product] = []
  var portalContact: Contact?
  /// Records that people write messages about and plan activities for.
  var documents: [Document] = []

  /// A contact that deals are made with.
  struct Contact {
    let id: Int64
    let name: String
    /// Nil for those whom both companies know.
    let company: Int64?
    /// The partners of people who work there.
    var people: [Int64] = []
  }

  struct Product {
    let id: Int64
    let name: String
    let unit: Int64
    /// In cents.
    let price: Int
    let cost: Int
  }

  /// A record of any model.
  struct Document {
    let model: String
    let id: Int64
    let name: String
    let partner: Int64?
    /// Days before the seeding.
    let age: Int
    let company: Int64?
  }

  init(transaction: Transaction, catalogue: ModelCatalogue, users: [String: Int64], now: Instant) {
    self.transaction = transaction
    self.catalogue = catalogue
    self.users = users
    self.now = now
  }

  mutating func seed() throws {
    try seedFoundations()
    try seedContacts()
    try seedProducts()
    try seedPipeline()
    try seedSales()
    try seedBills()
    try seedProjects()
    try seedPeople()
    try seedChatter()
  }

  // MARK: - Writing

  /// Stores a record and returns its id.
  ///
  /// - Parameters:
  ///   - id: where it is not the next one.
  ///   - age: how many days ago it was made.
  @discardableResult
  mutating func insert(
    _ name: String, id: Int64? = nil, age: Int = 0, _ values: KeyValuePairs<String, SQLValue>
  ) throws -> Int64 {
    guard let model = catalogue[name] else { throw DemoError.unknown(name) }
    let positions = positions(of: model)
    var row = [SQLValue](repeating: .null, count: positions.count)
    let id = id ?? (lastIDs[name] ?? 0) + 1
    lastIDs[name] = max(id, lastIDs[name] ?? 0)
    row[0] = .integer(id)
    for stamp in ["create_date", "write_date"] {
      if let position = positions[stamp] { row[position] = moment(-age) }
    }
    for (field, value) in values {
      guard let position = positions[field] else { throw DemoError.unknown("\(name).\(field)") }
      row[position] = value
    }
    if let active = positions["active"], row[active] == .null { row[active] = .integer(1) }
    _ = try transaction.run(model.insertion(row))
    return id
  }

  /// Stores one pair of a many2many.
  mutating func link(_ name: String, _ field: String, _ left: Int64, _ right: Int64) throws {
    guard let through = catalogue[name]?[field]?.through else { throw DemoError.unknown("\(name).\(field)") }
    _ = try transaction.run(through.insertion(left: left, right: right))
  }

  private mutating func positions(of model: Model) -> [String: Int] {
    if let known = columns[model.name] { return known }
    var positions: [String: Int] = [:]
    for (position, field) in model.storedFields.enumerated() { positions[field.name] = position }
    columns[model.name] = positions
    return positions
  }

  /// The id of the record of that model that was stored last.
  func lastID(of model: String) -> Int64 { lastIDs[model] ?? 0 }

  // MARK: - Values

  func user(_ login: String) -> Int64 { users[login] ?? 0 }

  /// The day that many days from the seeding.
  func day(_ offset: Int) -> SQLValue { .text(String((now + .days(Int64(offset))).rfc3339.prefix(10))) }

  /// A moment of working hours that many days from the seeding.
  mutating func moment(_ offset: Int) -> SQLValue {
    let date = (now + .days(Int64(offset))).rfc3339.prefix(10)
    let time = now.rfc3339.dropFirst(11).prefix(8)
    // Nothing of today lies in the future.
    return .text(
      offset == 0 ? "\(date) \(time)" : "\(date) \(two(dice.roll(7...17))):\(two(dice.roll(0...59))):00")
  }

  private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// An amount of cents.
  func money(_ cents: Int) -> SQLValue { .real(Double(cents) / 100) }
}

extension SQLValue {
  static func flag(_ flag: Bool) -> SQLValue { .integer(flag ? 1 : 0) }

  static func id(_ id: Int64?) -> SQLValue { id.map(SQLValue.integer) ?? .null }

  static func number(_ number: Int) -> SQLValue { .integer(Int64(number)) }
}
