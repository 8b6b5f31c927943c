internal import JSON
package import Records
package import Storage
package import World

/// The demo company: 29 models with Odoo's names, two companies, five people, and a few thousand records of what
/// goes on between them.
///
/// Models are the documents in `Models`; records come from a fixed seed and lie around the moment of the seeding, so
/// that an invoice that is overdue today was overdue at every seeding.
package enum Demo {
  /// Someone with an account, whose `res.users` record has the account's id.
  package struct User: Sendable, Equatable {
    package let login: String
    package let name: String
    /// The names of groups, such as `sales/user`.
    package let groups: [String]
    /// Ids of `res.company`; the first is where the person works by default.
    package let companies: [Int64]
  }

  /// Nordlicht Interiors GmbH, which keeps its books in EUR, and Nordlicht Sverige AB, in SEK.
  package static let companies: [(id: Int64, name: String)] = [
    (1, "Nordlicht Interiors GmbH"), (2, "Nordlicht Sverige AB"),
  ]

  package static let users: [User] = [
    User(
      login: "admin", name: "Alma Berger",
      groups: ["base/user", "base/admin", "sales/user", "sales/manager", "account/user"], companies: [1, 2]),
    User(login: "sales", name: "Sven Okafor", groups: ["base/user", "sales/user"], companies: [1]),
    User(
      login: "sales-manager", name: "Mira Castellanos", groups: ["base/user", "sales/user", "sales/manager"],
      companies: [1, 2]),
    User(login: "accountant", name: "Anton Weiss", groups: ["base/user", "account/user"], companies: [1]),
    User(login: "portal", name: "Petra Lindqvist", groups: ["base/portal"], companies: [1]),
  ]

  /// The groups of a demo user; empty for anybody else.
  package static func groups(for login: String) -> [String] {
    users.first { $0.login == login }?.groups ?? []
  }

  /// The models, from the documents embedded in the program.
  ///
  /// - Throws: `ModelError` when a document is wrong: a defect of this program.
  package static func catalogue() throws -> ModelCatalogue {
    try ModelCatalogue(documents: documents.map { try JSONValue(parsing: $0) }, prefix: "demo_")
  }

  /// Makes the tables and their records, in one transaction, unless that was done before.
  ///
  /// - Parameters:
  ///   - users: the account ids of `Demo.users` by login.
  ///   - now: the moment around which the records lie.
  /// - Returns: whether there was anything to do.
  /// - Throws: `DemoError.missingUser`, `StorageError`; nothing is stored then.
  @discardableResult
  package static func seed(
    _ store: Store, catalogue: ModelCatalogue, users: [String: Int64], now: Instant
  ) async throws -> Bool {
    for user in Self.users where users[user.login] == nil { throw DemoError.missingUser(user.login) }
    return try await store.write { transaction in
      _ = try transaction.run(
        "CREATE TABLE IF NOT EXISTS demo_seed (version BIGINT NOT NULL, at BIGINT NOT NULL)")
      // A company that was seeded before there were files has none, and that is no error.
      if let files = catalogue["ir.attachment"]?.filesTable { _ = try transaction.run(files) }
      // The documents of a newer program may have more fields than those that the company was made with.
      try catalogue.prepare(transaction)
      guard try transaction.run("SELECT version FROM demo_seed").isEmpty else { return false }
      var seeder = Seeder(transaction: transaction, catalogue: catalogue, users: users, now: now)
      try seeder.seed()
      // Without it SQLite takes every index for a good one, and an order by date is sorted instead of walked.
      for model in catalogue.models { _ = try transaction.run(model.analysis) }
      _ = try transaction.run("INSERT INTO demo_seed (version, at) VALUES (1, \(now))")
      return true
    }
  }

  private static var documents: [[UInt8]] {
    [
      PackageResources.account_journal_json, PackageResources.account_move_json,
      PackageResources.account_move_line_json, PackageResources.account_payment_json,
      PackageResources.crm_lead_json, PackageResources.crm_stage_json, PackageResources.crm_tag_json,
      PackageResources.hr_department_json, PackageResources.hr_employee_json,
      PackageResources.ir_attachment_json, PackageResources.mail_activity_json,
      PackageResources.mail_activity_type_json, PackageResources.mail_message_json,
      PackageResources.product_category_json, PackageResources.product_product_json,
      PackageResources.project_project_json, PackageResources.project_task_json,
      PackageResources.project_task_type_json, PackageResources.res_company_json,
      PackageResources.res_country_json, PackageResources.res_currency_json,
      PackageResources.res_partner_json, PackageResources.res_partner_category_json,
      PackageResources.res_users_json, PackageResources.sale_order_json,
      PackageResources.sale_order_line_json, PackageResources.stock_location_json,
      PackageResources.stock_quant_json, PackageResources.uom_uom_json,
    ]
  }
}

/// Why the demo company can't be made.
package enum DemoError: Error, Sendable, Equatable, CustomStringConvertible {
  /// There is no account for that login.
  case missingUser(String)
  /// The seed names a model or field that no document describes: a defect of this program.
  case unknown(String)

  package var description: String {
    switch self {
    case .missingUser(let login): "the demo user '\(login)' has no account"
    case .unknown(let name): "the seed names '\(name)', which no document describes"
    }
  }
}
