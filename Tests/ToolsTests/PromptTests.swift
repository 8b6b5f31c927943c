import JSON
import Records
import Synchronization
import Testing

@testable import Authentication
@testable import Governance
@testable import Tools

@Suite struct PromptTests {
  static let samples: [String: String] = [
    "customer": "7", "model": "sale.order", "id": "3", "period": "last month", "order": "3", "project": "2",
    "product": "4", "min_days": "30", "topic": "prices", "month": "2026-10", "tone": "firm",
    "language": "German",
    "group_by": "country", "salesperson": "Sven Okafor", "stage": "Won", "audience": "customer",
  ]

  /// What a prompt says, and what it puts in, for these arguments.
  private func written(
    _ prompt: any Prompt, _ arguments: [String: String], as login: String = "admin"
  ) async throws -> (text: String, uris: [String]) {
    let uris = Mutex<[String]>([])
    let context = PromptContext(caller: Desk.caller(login)) { uri in
      uris.withLock { $0.append(uri) }
      return .contents([ResourceContents(uri, mediaType: "application/json", .text("{}"))])
    } call: { tool, arguments in
      do { return await tool.call(try Desk.permit(tool.definition, arguments, as: login)) } catch {
        return .failure("misfit", "\(error)")
      }
    }
    let messages = try await prompt.messages(arguments, in: context)
    let last = try #require(messages.last)
    #expect(messages.count == uris.withLock { $0.count } + 1)
    return (try #require(last.content["text"]?.string), uris.withLock { $0 })
  }

  @Test func `there are a dozen, each with a name, a title, words, and tools that there are`() async throws {
    let desk = try await Desk.open()
    let prompts = desk.repertoire.prompts.prompts.map(\.definition)
    #expect(prompts.count >= 12)
    #expect(Set(prompts.map(\.name)).count == prompts.count)
    for prompt in prompts {
      #expect(!prompt.title.isEmpty && !prompt.description.isEmpty && !prompt.tools.isEmpty)
      for tool in prompt.tools where tool != "whoami" {
        #expect(desk.catalogue[tool] != nil, "\(prompt.name): \(tool)")
      }
      for argument in prompt.arguments {
        #expect(Self.samples[argument.name] != nil, "\(prompt.name): \(argument.name)")
      }
    }
  }

  @Test func `what a prompt names exists: models, fields and tools`() async throws {
    let desk = try await Desk.open()
    let models = desk.models.models
    let fields = Set(models.flatMap { $0.fields.map(\.name) })
    let tools = Set(desk.catalogue.tools.map(\.definition.name) + ["whoami"])
    // Words with an underscore that are values, or parts of the notation.
    let others: Set<String> = [
      "out_invoice", "in_invoice", "not_paid", "in_progress", "1_done", "1_canceled",
    ]
    for prompt in desk.repertoire.prompts.prompts {
      let values = Self.samples.filter { name, _ in prompt.definition.arguments.contains { $0.name == name } }
      let (text, _) = try await written(prompt, values)
      for word in text.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }) {
        let word = word.hasSuffix(".") ? String(word.dropLast()) : String(word)
        if word.contains("_") {
          #expect(
            fields.contains(word) || tools.contains(word) || others.contains(word),
            "\(prompt.definition.name): \(word)")
        } else if word.contains("."), word.contains(where: \.isLetter) {
          #expect(models.contains { $0.name == word }, "\(prompt.definition.name): \(word)")
        }
      }
    }
  }

  @Test func `blanks that are left out leave no trace`() async throws {
    let desk = try await Desk.open()
    for prompt in desk.repertoire.prompts.prompts {
      let needed = prompt.definition.arguments.filter(\.isRequired).map(\.name)
      let values = Self.samples.filter { needed.contains($0.key) }
      let (text, _) = try await written(prompt, values)
      #expect(
        !text.contains("  ") && !text.contains(" ,") && !text.contains(" ."), "\(prompt.definition.name)")
      #expect(text.count > 150)
    }
  }

  @Test func `a record is put in by its id or its name; of several the model is told to ask`() async throws {
    let desk = try await Desk.open()
    let summary = try #require(
      desk.repertoire.prompts.prompts.first { $0.definition.name == "customer_summary" })
    #expect(try await written(summary, ["customer": "7"]).uris == ["gatehouse://record/res.partner/7"])
    let record = try await desk.call("get_record", ["model": "res.partner", "id": 7], as: "admin").structured[
      "record"]
    let name = try #require(record?["display_name"]?.string)
    #expect(try await written(summary, ["customer": name]).uris == ["gatehouse://record/res.partner/7"])
    let several = try await written(summary, ["customer": "a"])
    #expect(
      several.uris.isEmpty && several.text.contains("Several records of res.partner may be meant by 'a'"))
    let none = try await written(summary, ["customer": "Nobody Whatsoever"])
    #expect(none.uris.isEmpty && none.text.contains("No record of res.partner is called 'Nobody Whatsoever'"))
  }

  @Test func `A10 a name that the person may not see is no name`() async throws {
    let desk = try await Desk.open()
    let review = try #require(desk.repertoire.prompts.prompts.first { $0.definition.name == "review_order" })
    let record = try await desk.call("get_record", ["model": "sale.order", "id": 3], as: "admin").structured[
      "record"]
    let name = try #require(record?["display_name"]?.string)
    #expect(try await written(review, ["order": name]).uris == ["gatehouse://record/sale.order/3"])
    let seen = try await desk.call(
      "count_records", ["model": "sale.order", "domain": [["id", "=", 3]]], as: "portal")
    try #require(seen.structured["count"] == 0)
    #expect(try await written(review, ["order": name], as: "portal").uris.isEmpty)
  }
}
