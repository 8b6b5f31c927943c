internal import JSON
internal import JSONSchema
internal import Testing

@Suite("What is no schema")
struct SchemaErrorTests {
  @Test(arguments: [
    ("7", ""), (#"{"type":"int"}"#, "/type"), (#"{"type":[]}"#, "/type"), (#"{"minimum":"1"}"#, "/minimum"),
    (#"{"minLength":-1}"#, "/minLength"), (#"{"minLength":1.5}"#, "/minLength"),
    (#"{"multipleOf":0}"#, "/multipleOf"),
    (#"{"required":"a"}"#, "/required"), (#"{"properties":[]}"#, "/properties"), (#"{"allOf":[]}"#, "/allOf"),
    (#"{"allOf":[1]}"#, "/allOf/0"), (#"{"pattern":"("}"#, "/pattern"),
    (#"{"patternProperties":{"(*UTF)":true}}"#, "/patternProperties"),
    (#"{"$ref":"https://x.example/other"}"#, "/$ref"),
    (#"{"properties":{"a":{"$ref":"file:///etc/passwd"}}}"#, "/properties/a/$ref"),
    (##"{"$ref":"#/$defs/none"}"##, "/$ref"), (##"{"$ref":"#none"}"##, "/$ref"),
    (##"{"$ref":"#%GG"}"##, "/$ref"),
    (#"{"$id":"a#b"}"#, "/$id"),
    (#"{"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}}"#, "/$defs/b/$anchor"),
    (#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#, "/$schema"), (#"{"enum":1}"#, "/enum"),
    (#"{"$defs":{"a":{"$id":"x:y"},"b":{"$id":"x:y"}}}"#, "/$defs/b/$id"),
    (#"{"uniqueItems":1}"#, "/uniqueItems"),
  ])
  func `is refused when it is compiled, with the place of what is wrong`(text: String, pointer: String) throws
  {
    let document = try JSONValue(parsing: text)
    let error = #expect(throws: SchemaError.self) { try JSONSchema(document) }
    #expect(error?.pointer == pointer)
  }

  @Test(arguments: [
    // References that lead to themselves without going deeper into the value.
    (##"{"$ref":"#"}"##, "1"), (##"{"allOf":[{"$ref":"#/allOf/0"}]}"##, "1"),
    (##"{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}"##, "1"),
    // A pattern that takes for ever.
    (#"{"pattern":"^(a+)+$"}"#, #""aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!""#),
  ])
  func `what can't be decided within the limits does not fit`(schema: String, value: String) throws {
    let schema = try JSONSchema(JSONValue(parsing: schema))
    let value = try JSONValue(parsing: value)
    let began = ContinuousClock.now
    #expect(!schema.accepts(value))
    #expect(schema.problems(of: value).map(\.sentence) == ["takes too long to check; make it smaller"])
    #expect(ContinuousClock.now - began < .seconds(5))
  }

  @Test func `schemas that multiply are stopped`() throws {
    // Each level asks the next one twice: 2^28 evaluations.
    var defs = JSONObject()
    for level in 0..<28 {
      let next: JSONValue = ["$ref": .string("#/$defs/l\(level + 1)")]
      defs["l\(level)"] = ["allOf": [next, next]]
    }
    defs["l28"] = true
    let schema = try JSONSchema(["$ref": "#/$defs/l0", "$defs": .object(defs)])
    #expect(!schema.accepts(1))
  }
}
