internal import Glibc
internal import JSON
internal import JSONSchema

/// Microseconds that JSON Schema takes for the arguments of a call: `schema-rate`.
@main
struct SchemaRate {
  static let schema = """
    {"type":"object","properties":{"model":{"type":"string","minLength":1,"maxLength":64},\
    "domain":{"type":"array","items":{},"maxItems":10000},\
    "fields":{"type":"array","items":{"type":"string","minLength":1,"maxLength":256},"maxItems":500},\
    "limit":{"type":"integer","minimum":1,"maximum":500,"default":80},\
    "offset":{"type":"integer","minimum":0,"maximum":1000000000,"default":0},\
    "order":{"type":"string","minLength":1,"maxLength":512}},"required":["model"],"additionalProperties":false}
    """
  static let right = """
    {"model":"sale.order","domain":[["state","=","sale"],["amount_total",">",1000]],\
    "fields":["name","partner_id","amount_total","date_order"],"limit":50,"order":"date_order desc"}
    """
  static let wrong = #"{"model":"","domian":[],"fields":["name",7],"limit":5000}"#

  static func main() throws {
    let schema = try JSONSchema(JSONValue(parsing: schema))
    let document = try JSONValue(parsing: Self.schema)
    let right = try JSONValue(parsing: right)
    let wrong = try JSONValue(parsing: wrong)
    report("right arguments", 200_000) { schema.problems(of: right).count }
    report("wrong arguments, \(schema.problems(of: wrong).count) problems told", 50_000) {
      schema.problems(of: wrong).count
    }
    try report("compiling the schema", 20_000) { try JSONSchema(document).accepts(right) ? 0 : 1 }
  }

  /// Prints how long one round takes, the median of nine runs.
  private static func report(_ name: String, _ rounds: Int, _ work: () throws -> Int) rethrows {
    var times: [Double] = []
    var sum = 0
    for _ in 0..<9 {
      let began = ContinuousClock.now
      for _ in 0..<(rounds / 9) { sum += try work() }
      times.append((ContinuousClock.now - began) / .microseconds(1) / Double(rounds / 9))
    }
    times.sort()
    let hundredths = Int(times[4] * 100 + 0.5)
    print("\(name): \(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) µs (\(sum))")
  }
}
