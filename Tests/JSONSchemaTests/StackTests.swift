internal import JSON
internal import JSONSchema
internal import Synchronization
internal import Testing
internal import Threads

@Suite("Depth")
struct StackTests {
  @Test(arguments: [
    ##"{"$ref":"#"}"##, ##"{"not":{"$ref":"#"}}"##, ##"{"anyOf":[{"allOf":[{"$ref":"#"}]}]}"##,
    ##"{"if":true,"then":{"oneOf":[{"$ref":"#"}]}}"##,
    ##"{"properties":{"a":{"anyOf":[{"$ref":"#"},{"type":"integer"}]}},"required":["b"]}"##,
    ##"{"additionalProperties":{"anyOf":[{"$ref":"#"}]},"propertyNames":{"const":"b"}}"##,
    ##"{"unevaluatedProperties":{"dependentSchemas":{"a":{"$ref":"#"}}},"required":["b"]}"##,
    ##"{"$dynamicAnchor":"n","properties":{"a":{"$dynamicRef":"#n"}},"items":{"$ref":"#"}}"##,
  ])
  func `the deepest walk fits the stack of a loop's thread`(schema: String) async throws {
    let schema = try JSONSchema(JSONValue(parsing: schema))
    var value: JSONValue = 1
    for _ in 0..<64 { value = ["a": value] }
    let deep = value
    // A thread of this program has 1 MiB; overrunning it would end the test run.
    let count = await withCheckedContinuation { (continuation: CheckedContinuation<Int, Never>) in
      do {
        try Thread.start("deep") { continuation.resume(returning: schema.problems(of: deep).count) }
      } catch { continuation.resume(returning: -1) }
    }
    #expect(count >= 0)
  }

  @Test(arguments: [(30, true), (5000, false)])
  func `references that lead to references are followed so far and no further`(
    count: Int, isTaken: Bool
  ) async throws {
    var defs = JSONObject()
    for level in 0..<count {
      defs["l\(level)"] = ["properties": ["a": ["$ref": .string("#/$defs/l\(level + 1)")]]]
    }
    defs["l\(count)"] = true
    let document: JSONValue = ["$ref": "#/$defs/l0", "$defs": .object(defs)]
    let taken = await withCheckedContinuation { (continuation: CheckedContinuation<Bool?, Never>) in
      do {
        try Thread.start("deep") {
          do throws(SchemaError) {
            _ = try JSONSchema(document)
            continuation.resume(returning: true)
          } catch { continuation.resume(returning: false) }
        }
      } catch { continuation.resume(returning: nil) }
    }
    #expect(taken == isTaken)
  }
}
