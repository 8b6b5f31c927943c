internal import Storage

extension Seeder {
  static let taskCount = 260

  /// Projects and their tasks: done, under way, late.
  mutating func seedProjects() throws {
    var stages: [Int64] = []
    for (name, isFolded) in [("To Do", false), ("In Progress", false), ("Review", false), ("Done", true)] {
      stages.append(
        try insert(
          "project.task.type",
          [
            "name": .text(name), "sequence": .number(stages.count + 1), "fold": .flag(isFolded),
          ]))
    }
    var projects: [(id: Int64, partner: Int64, company: Int64)] = []
    for number in 0..<14 {
      let customer = customers[(number * 5) % customers.count]
      let company = customer.company ?? (number % 4 == 3 ? 2 : 1)
      let name =
        "\(dice.word(["Lobby", "Reading room", "Canteen", "Open space", "Showroom"])) \(customer.name)"
      let id = try insert(
        "project.project", age: 200,
        [
          "name": .text(name), "partner_id": .integer(customer.id),
          "user_id": .integer(user(number % 3 == 0 ? "sales-manager" : "admin")),
          "date_start": day(-200 + number * 9),
          "date": day(-20 + number * 10),
          "last_update_status": .text(
            dice.word(["on_track", "on_track", "at_risk", "off_track", "on_hold"])),
          "company_id": number % 5 == 4 ? .null : .integer(company), "active": .flag(number != 13),
        ])
      projects.append((id, customer.id, company))
      documents.append(
        Document(
          model: "project.project", id: id, name: name, partner: customer.id, age: 190, company: company))
    }
    for number in 0..<Self.taskCount {
      let project = dice.pick(projects, else: (1, 1, 1))
      let stage = dice.roll(0...3)
      let isDone = stage == 3
      let age = dice.roll(5...180)
      let deadline = isDone ? -dice.roll(1...age) : dice.roll(-30...60)
      let name =
        "\(dice.word(["Measure", "Draw", "Order", "Deliver", "Assemble", "Paint", "Check"])) \(dice.word(["the lobby", "desks", "shelves", "lamps", "the bar", "doors"])) (\(number + 1))"
      let id = try insert(
        "project.task", age: age,
        [
          "name": .text(name), "project_id": .integer(project.id), "stage_id": .integer(stages[stage]),
          "state": .text(
            isDone ? (dice.hits(90) ? "1_done" : "1_canceled") : stage == 2 ? "03_approved" : "01_in_progress"
          ),
          "parent_id": number > 40 && dice.hits(15) ? .number(dice.roll(1...40)) : .null,
          "partner_id": .integer(project.partner), "priority": .text(dice.hits(20) ? "1" : "0"),
          "date_deadline": dice.hits(85) ? moment(deadline == 0 ? 1 : deadline) : .null,
          "date_end": isDone ? moment(-dice.roll(1...age)) : .null,
          "allocated_hours": .real(Double(dice.roll(1...40))),
          "effective_hours": .real(Double(dice.roll(0...80)) / 2),
          "description": dice.hits(40) ? .text("<p>See the drawings.</p>") : .null,
          "company_id": .integer(project.company),
        ])
      for login in ["admin", "sales", "sales-manager"] where dice.hits(35) {
        try link("project.task", "user_ids", id, user(login))
      }
      documents.append(
        Document(
          model: "project.task", id: id, name: name, partner: project.partner, age: age,
          company: project.company))
    }
  }
}
