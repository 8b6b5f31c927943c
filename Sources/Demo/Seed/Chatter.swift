internal import Records
internal import Storage

extension Seeder {
  static let messageCount = 850
  static let activityCount = 210
  static let attachmentCount = 90

  /// Messages, activities and attachments on the records that were made before.
  mutating func seedChatter() throws {
    for (name, category) in [
      ("To-Do", "default"), ("Call", "phonecall"), ("Meeting", "meeting"), ("Document", "upload_file"),
    ] {
      try insert(
        "mail.activity.type",
        [
          "name": .text(name), "category": .text(category),
          "sequence": .number(lastIDCount("mail.activity.type")),
        ])
    }
    for _ in 0..<Self.activityCount { try seedActivity(on: document()) }
    for number in 0..<Self.attachmentCount { try seedAttachment(number, on: document()) }
    for _ in 0..<Self.messageCount { try seedMessage(on: document()) }
  }

  private func lastIDCount(_ model: String) -> Int { Int(lastID(of: model)) + 1 }

  private mutating func document() -> Document {
    dice.pick(
      documents, else: Document(model: "res.partner", id: 1, name: "", partner: nil, age: 1, company: nil))
  }

  private mutating func seedActivity(on document: Document) throws {
    try insert(
      "mail.activity", age: dice.roll(1...30),
      [
        "res_model": .text(document.model), "res_id": .integer(document.id), "res_name": .text(document.name),
        "activity_type_id": .number(dice.roll(1...4)),
        "summary": .text(
          dice.word(["Call back", "Send the offer", "Ask for the drawings", "Book the visit", "Remind"])),
        "note": dice.hits(40) ? .text("<p>As agreed by phone.</p>") : .null,
        "date_deadline": day(dice.roll(-20...25)),
        "user_id": .integer(user(dice.word(["admin", "sales", "sales-manager", "accountant"]))),
      ])
  }

  private mutating func seedAttachment(_ number: Int, on document: Document) throws {
    let isText = number % 3 == 0
    let name =
      "\(dice.word(["Offer", "Drawing", "Contract", "Delivery note", "Photo"]))-\(number + 1).\(isText ? "txt" : "pdf")"
    let content = "\(name) for \(document.name). Delivery within six weeks, five years of guarantee."
    let lines = [name, "for \(document.name)", ""] + terms(dice.roll(4...40))
    let bytes = isText ? Array(lines.joined(separator: "\n").utf8) : SmallPDF.bytes(lines)
    let id = try insert(
      "ir.attachment", age: document.age,
      [
        "name": .text(name), "res_model": .text(document.model), "res_id": .integer(document.id),
        "res_name": .text(document.name), "type": .text("binary"),
        "mimetype": .text(isText ? "text/plain" : "application/pdf"),
        "file_size": .number(bytes.count), "index_content": .text(content),
        "company_id": .id(document.company),
      ])
    guard let insertion = catalogue["ir.attachment"]?.fileInsertion(id, bytes) else { return }
    _ = try transaction.run(insertion)
  }

  /// What such papers say, a clause a line.
  private func terms(_ count: Int) -> [String] {
    let clauses = [
      "Delivery within six weeks after the order.", "Five years of guarantee on all parts.",
      "Prices without tax, free domicile.", "Payment within 30 days without deduction.",
      "Dimensions are checked on site before production.",
      "Surfaces as sampled, small differences in colour are natural.",
      "Mounting by our own people, on working days.",
    ]
    return (0..<count).map { "\($0 + 1). \(clauses[$0 % clauses.count])" }
  }

  private mutating func seedMessage(on document: Document) throws {
    let isInternal = dice.hits(40)
    let author = isInternal ? Int64(4 + dice.roll(0...2)) : document.partner
    let age = dice.roll(0...max(0, document.age))
    let id = try insert(
      "mail.message", age: age,
      [
        "model": .text(document.model), "res_id": .integer(document.id), "record_name": .text(document.name),
        "subject": dice.hits(30) ? .text("Re: \(document.name)") : .null,
        "body": .text(
          isInternal
            ? dice.word([
              "<p>Ask Anton about the payment terms.</p>", "<p>Margin is thin here.</p>",
              "<p>Call on Monday.</p>",
            ])
            : dice.word([
              "<p>Thank you, that works for us.</p>", "<p>When can you deliver?</p>",
              "<p>Please send the invoice.</p>",
            ])),
        "message_type": .text(isInternal ? "comment" : dice.word(["email", "comment", "notification"])),
        "is_internal": .flag(isInternal), "author_id": .id(author), "date": moment(-age),
      ])
    if dice.hits(8) {
      try link("mail.message", "attachment_ids", id, Int64(dice.roll(1...Self.attachmentCount)))
    }
  }
}
