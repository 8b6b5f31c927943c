internal import Storage

extension Seeder {
  /// Departments and employees; four of them are the people with accounts.
  mutating func seedPeople() throws {
    for company in Demo.companies {
      let head = try insert(
        "hr.department", ["name": .text("Management"), "company_id": .integer(company.id)])
      var departments = [head]
      for name in ["Sales", "Finance", "Workshop", "Logistics"] {
        departments.append(
          try insert(
            "hr.department",
            [
              "name": .text(name), "parent_id": .integer(head), "company_id": .integer(company.id),
            ]))
      }
      let staff = Demo.users.filter { $0.login != "portal" && $0.companies.first == company.id }
      var boss: Int64?
      for number in 0..<(company.id == 1 ? 28 : 16) {
        let person = number < staff.count ? staff[number] : nil
        let name = person?.name ?? personName()
        let department = number == 0 ? head : departments[number % departments.count]
        let id = try insert(
          "hr.employee", age: dice.roll(100...900),
          [
            "name": .text(name), "job_title": .text(number == 0 ? "Managing Director" : dice.word(Self.jobs)),
            "department_id": .integer(department), "parent_id": .id(boss),
            "user_id": person.map { .integer(user($0.login)) } ?? .null,
            "work_email": .text("staff\(company.id)\(number)@nordlicht.example"),
            "work_phone": .text("+49 40 555 \(2000 + number)"), "date_start": day(-dice.roll(60...2500)),
            "birthday": day(-dice.roll(8000...21000)),
            "private_phone": .text("+49 170 555 \(dice.roll(1000...9999))"),
            "wage": money(dice.roll(26...78) * 10_000), "company_id": .integer(company.id),
            "active": .flag(number < 5 || !dice.hits(8)),
          ])
        if number == 0 { boss = id }
      }
    }
  }

  private static let jobs = [
    "Carpenter", "Designer", "Account Manager", "Bookkeeper", "Driver", "Buyer", "Upholsterer",
  ]
}
