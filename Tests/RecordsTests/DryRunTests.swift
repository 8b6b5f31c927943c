import JSON
import Records
import Synchronization
import Testing

/// What was told of writes.
final class Heard: Sendable {
  private let all = Mutex<[RecordKey]>([])
  var keys: [RecordKey] { all.withLock { $0 } }
  func hear(_ keys: [RecordKey]) { all.withLock { $0 += keys } }
}

@Suite("A dry run writes nothing and tells what the write then does")
struct DryRunTests {
  /// A write that is drawn by chance.
  private enum Draw: Sendable {
    case create(String, JSONObject)
    case update(String, Int64, JSONObject)
    case delete(String, Int64)
  }

  private struct Chance {
    var state: UInt64
    mutating func roll(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(count))
    }
  }

  private static func draw(_ chance: inout Chance) -> Draw {
    let number = JSONValue.integer(Int64(chance.roll(40) + 1))
    let date = JSONValue.string("2026-\(["02-29", "12-31", "04-30"][chance.roll(3)])")
    let values: [(String, JSONObject)] = [
      ("sale.order", ["partner_id": number, "validity_date": date]),
      (
        "sale.order",
        ["partner_id": number, "order_line": [[0, 0, ["product_id": number, "discount": 10]]]]
      ),
      ("sale.order", ["user_id": .integer(Int64(chance.roll(6))), "client_order_ref": "A"]),
      ("sale.order.line", ["order_id": number, "product_id": number, "product_uom_qty": number]),
      ("crm.lead", ["name": "L", "tag_ids": [number], "expected_revenue": number, "probability": 50]),
      ("crm.lead", ["tag_ids": [[0, 0, ["name": .string("Tag \(chance.roll(1000))")]], [4, 1]]]),
      ("res.partner", ["name": "P", "parent_id": number, "child_ids": [[0, 0, ["name": "Q"]]]]),
      ("project.task", ["name": "T", "project_id": number, "user_ids": [[6, 0, [1, 2]]]]),
      ("account.move.line", ["quantity": number, "discount": 5]),
    ]
    let (model, given) = values[chance.roll(values.count)]
    switch chance.roll(5) {
    case 0, 1: return .create(model, given)
    case 2, 3: return .update(model, Int64(chance.roll(60) + 1), given)
    default:
      let models = ["sale.order", "sale.order.line", "crm.tag", "res.partner", "account.move", "crm.stage"]
      return .delete(models[chance.roll(models.count)], Int64(chance.roll(60) + 1))
    }
  }

  private static func run(
    _ draw: Draw, _ company: WritableCompany, _ login: String, isDryRun: Bool
  ) async throws -> Written {
    switch draw {
    case .create(let model, let values):
      try await company.create(model, values, as: login, isDryRun: isDryRun)
    case .update(let model, let id, let values):
      try await company.update(model, id, values, as: login, isDryRun: isDryRun)
    case .delete(let model, let id): try await company.delete(model, [id], as: login, isDryRun: isDryRun)
    }
  }

  /// A change without the ids and dates that a dry run can't tell.
  private static func outline(_ written: Written) -> [String] {
    let new = Set(written.changes.filter { $0.action == .create }.compactMap { change in change.id })
    func masked(_ value: JSONValue, _ isRelated: Bool) -> String {
      guard isRelated, let parts = value.array else { return value.text }
      return parts.map { part in part.integer.map { new.contains($0) ? "null" : "\($0)" } ?? part.text }
        .joined(separator: ",")
    }
    return written.changes.map { change in
      let values = change.values.map { value in
        let isRelated = value.field.hasSuffix("_id") || value.field.hasSuffix("_ids")
        return "\(value.field): \(masked(value.before, isRelated)) > \(masked(value.after, isRelated))"
      }
      let id = change.action == .create ? "new" : "\(change.id ?? 0)"
      return "\(change.action) \(change.cause) \(change.model) \(id) \(change.name ?? "") \(values)"
    }
  }

  @Test(arguments: ["admin", "sales", "sales-manager", "accountant"])
  func `the bytes stay as they are, and the diff comes true`(_ login: String) async throws {
    let company = try await WritableCompany()
    var chance = Chance(state: UInt64(login.utf8.count))
    var (done, refused) = (0, 0)
    for turn in 0..<60 {
      let draw = Self.draw(&chance)
      let before = try company.bytes()
      var foreseen: Written?
      let refusal = await failure { foreseen = try await Self.run(draw, company, login, isDryRun: true) }
      #expect(try company.bytes() == before, "turn \(turn): \(draw)")
      var written: Written?
      let failed = await failure { written = try await Self.run(draw, company, login, isDryRun: false) }
      #expect(failed == refusal, "turn \(turn): \(draw)")
      if let foreseen, let written {
        done += 1
        #expect(foreseen.isDryRun && !written.isDryRun)
        #expect(foreseen.includesHidden == written.includesHidden)
        // Both mask the same: what a dry run shows as null, the write shows as new.
        #expect(
          Self.outline(foreseen).map(Self.withoutNew) == Self.outline(written).map(Self.withoutNew), "\(draw)"
        )
      } else {
        refused += 1
      }
    }
    #expect(done > 5 && refused > 5, "\(done) done, \(refused) refused")
  }

  private static func withoutNew(_ text: String) -> String { text.replacing("null", with: "-") }
}
