internal import JSON
internal import JSONSchema
internal import Testing

@Suite("What a model is told")
struct ProblemTests {
  @Test(
    arguments: [
      (#"{"type":"object"}"#, "null", ["the value must be an object, is null"]),
      (
        #"{"properties":{"limit":{"type":"integer","maximum":200}}}"#, #"{"limit":500}"#,
        ["/limit must be at most 200, is 500"]
      ),
      (
        #"{"properties":{"limit":{"type":"integer","maximum":200}}}"#, #"{"limit":"5"}"#,
        ["/limit must be an integer, is '5'"]
      ),
      (
        #"{"properties":{"limit":{"type":"integer"}},"additionalProperties":false}"#, #"{"limti":5}"#,
        ["/limti is not known; did you mean 'limit'? (known: limit)"]
      ),
      (#"{"additionalProperties":false}"#, #"{"x":5}"#, ["/x is not known"]),
      (#"{"unevaluatedProperties":false}"#, #"{"x":5}"#, ["/x is not known"]),
      (
        #"{"properties":{"model":{"type":"string","minLength":1}},"required":["model","id"]}"#, "{}",
        ["/model is required: a non-empty string", "/id is required"]
      ),
      (
        #"{"enum":["asc","desc"]}"#, #""acs""#,
        ["the value must be one of 'asc', 'desc', is 'acs'; did you mean 'asc'?"]
      ),
      (#"{"items":{"items":{"minLength":1}}}"#, #"[["a"],["b",""]]"#, ["/1/1 must not be empty"]),
      (#"{"properties":{"a/b~c":{"const":1}}}"#, #"{"a/b~c":2}"#, ["/a~1b~0c must be 1, is 2"]),
      (
        #"{"type":"array","minItems":2,"uniqueItems":true,"contains":{"type":"string"}}"#, "[1]",
        [
          "the value must have at least 2 elements, has 1",
          "the value must have at least 1 element that is a string, has 0",
        ]
      ),
      (
        #"{"uniqueItems":true}"#, "[1,2,1]",
        ["the value must have no element twice; elements 0 and 2 are the same"]
      ),
      (
        #"{"anyOf":[{"type":"integer"},{"type":"string"},{"type":"null"}]}"#, "true",
        ["the value must be an integer, a string or null, is true"]
      ),
      (
        #"{"anyOf":[{"type":"integer","minimum":1,"maximum":9},{"const":"all"}]}"#, #""al""#,
        ["the value must be an integer from 1 to 9 or 'all', is 'al'"]
      ),
      // The one form that is of the value's kind tells what it misses.
      (
        #"{"anyOf":[{"type":"integer"},{"type":"object","required":["field"]}]}"#, "{}",
        ["/field is required"]
      ),
      (
        #"{"oneOf":[{"properties":{"kind":{"const":"a"},"x":{"type":"integer"}}},{"properties":{"kind":{"const":"b"},"y":{"type":"integer"}}}]}"#,
        #"{"kind":"b","y":"z"}"#, ["/y must be an integer, is 'z'"]
      ),
      (
        #"{"oneOf":[{"minimum":1},{"minimum":2}]}"#, "3",
        ["the value fits more than one of 2 forms, must fit exactly one of them"]
      ),
      (#"{"not":{"const":1}}"#, "1", ["the value has a form that is not allowed here"]),
      (#"{"pattern":"^[a-z]+$"}"#, #""A""#, ["the value must match the pattern ^[a-z]+$, is 'A'"]),
      (#"{"dependentRequired":{"a":["b"]}}"#, #"{"a":1}"#, ["/b is required where 'a' is given"]),
      (#"{"propertyNames":{"maxLength":1}}"#, #"{"ab":1}"#, ["/ab has a name that is not allowed"]),
      (
        #"{"properties":{"a":{"title":"A day","anyOf":[{"type":"string"},{"type":"integer"}]}},"required":["a"]}"#,
        "{}", ["/a is required: A day"]
      ),
      (
        #"{"allOf":[{"type":"integer"},{"type":"integer"}]}"#, #""x""#,
        ["the value must be an integer, is 'x'"]
      ),
      (#"{"properties":{"x":false}}"#, #"{"x":1}"#, ["/x is not allowed"]),
    ] as [(String, String, [String])])
  func `a problem says where, what is wanted and what came`(
    schema: String, value: String, sentences: [String]
  ) throws {
    let schema = try JSONSchema(JSONValue(parsing: schema))
    #expect(schema.problems(of: try JSONValue(parsing: value)).map(\.description) == sentences)
  }

  @Test func `all problems are told, up to a bound`() throws {
    let schema = try JSONSchema(["items": ["type": "integer"]])
    let value = JSONValue.array(Array(repeating: "x", count: 1000))
    #expect(schema.problems(of: value).count == 20)
    #expect(schema.problems(of: value, limit: 3).map(\.pointer) == ["/0", "/1", "/2"])
  }

  @Test func `what was sent comes back shortened`() throws {
    let schema = try JSONSchema(["properties": ["a": ["type": "integer"]], "additionalProperties": false])
    let long = String(repeating: "\u{301}x", count: 10_000)
    let value = JSONValue.object([long: 1, "a": .string(long)])
    #expect(schema.problems(of: value).count == 2)
    for problem in schema.problems(of: value) { #expect(problem.description.utf8.count < 500) }
  }

  @Test func `a path is a pointer as programs write it`() throws {
    let schema = try JSONSchema(["properties": ["values": ["items": ["required": ["a.b"]]]]])
    #expect(schema.problems(of: ["values": [["a.b": 1], [:]]]).map(\.path) == ["values[1].a.b"])
  }
}
