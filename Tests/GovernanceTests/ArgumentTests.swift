internal import Governance
internal import JSON
internal import Testing

@Suite("Arguments")
struct ArgumentTests {
  static let parameters: [Parameter] = [
    .required("model", .string(length: 1...64), "The model"),
    .optional("limit", .integer(1...100), "How many", default: 10),
    .optional("ratio", .number, ""), .optional("deep", .boolean, ""),
    .optional("order", .choice(["asc", "desc"]), ""),
    .optional("fields", .array(of: .text, count: 0...2), ""),
    .optional("values", .object, ""), .optional("domain", .domain, ""),
    .optional("point", .record([.required("x", .integer(), ""), .optional("y", .integer(), "")]), ""),
    .optional("key", .either([.integer(), .text, .null]), ""),
  ]
  static let tool = makeTool(parameters: parameters)

  @Test(arguments: [
    (#"{}"#, "missing argument 'model': expected a non-empty string"),
    (
      #"{"model":"a","foo":1}"#,
      "unknown argument 'foo' (known: model, limit, ratio, deep, order, fields, values, domain, point, key)"
    ),
    (#"{"model":7}"#, "argument 'model': expected a non-empty string, got 7"),
    (#"{"model":null}"#, "argument 'model': expected a non-empty string, got null"),
    (#"{"model":""}"#, "argument 'model': expected a non-empty string, got the string ''"),
    (#"{"model":"a","limit":0}"#, "argument 'limit': expected an integer from 1 to 100, got 0"),
    (#"{"model":"a","limit":101}"#, "argument 'limit': expected an integer from 1 to 100, got 101"),
    (#"{"model":"a","limit":1.5}"#, "argument 'limit': expected an integer from 1 to 100, got 1.5"),
    (
      #"{"model":"a","limit":"5"}"#, "argument 'limit': expected an integer from 1 to 100, got the string '5'"
    ),
    (#"{"model":"a","limit":true}"#, "argument 'limit': expected an integer from 1 to 100, got true"),
    (#"{"model":"a","ratio":"1"}"#, "argument 'ratio': expected a number, got the string '1'"),
    (#"{"model":"a","deep":1}"#, "argument 'deep': expected true or false, got 1"),
    (#"{"model":"a","order":"up"}"#, "argument 'order': expected one of 'asc', 'desc', got the string 'up'"),
    (
      #"{"model":"a","fields":"name"}"#,
      "argument 'fields': expected an array, each element a string, got the string 'name'"
    ),
    (#"{"model":"a","fields":["a",1]}"#, "argument 'fields[1]': expected a string, got 1"),
    (
      #"{"model":"a","fields":["a","b","c"]}"#,
      "argument 'fields': expected 0 to 2 elements, got an array of 3"
    ),
    (#"{"model":"a","values":[]}"#, "argument 'values': expected an object, got an array of 0"),
    (#"{"model":"a","domain":{}}"#, "argument 'domain': expected an array, got an object"),
    (#"{"model":"a","point":{}}"#, "missing argument 'point.x': expected an integer"),
    (#"{"model":"a","point":{"x":1,"z":2}}"#, "unknown argument 'point.z' (known: x, y)"),
    (#"{"model":"a","key":true}"#, "argument 'key': expected an integer or a string or null, got true"),
    (
      #"{"model":"a","\#u{212A}ey":1}"#,
      "unknown argument '\u{212A}ey' (known: model, limit, ratio, deep, order, fields, values, domain, point, key)"
    ),
  ])
  func `a wrong argument is named, with what was expected and what came`(
    text: String, sentence: String
  ) throws {
    let arguments = try #require(JSONValue(parsing: text).object)
    #expect(problems(arguments).map(\.description) == [sentence])
  }

  @Test func `every problem is told at once, up to ten`() throws {
    let three = try #require(JSONValue(parsing: #"{"foo":1,"bar":2}"#).object)
    #expect(problems(three).count == 3)
    var many = JSONObject()
    for index in 0..<1000 { many["x\(index)"] = 1 }
    #expect(problems(many).count == 10)
  }

  private func problems(_ arguments: JSONObject) -> [ArgumentProblem] {
    do throws(ArgumentError) {
      _ = try Call(Self.tool, arguments)
      return []
    } catch {
      return error.problems
    }
  }

  @Test(arguments: [
    (#"{"model":"a"}"#, #"{"model":"a","limit":10}"#),
    (#"{"limit":5.0,"model":"a"}"#, #"{"model":"a","limit":5}"#),
    (#"{"model":"a","limit":null,"order":null}"#, #"{"model":"a","limit":10}"#),
    (#"{"model":"a","key":null,"ratio":3}"#, #"{"model":"a","limit":10,"ratio":3,"key":null}"#),
    (#"{"model":"a","domain":["|",["a","=",1]]}"#, #"{"model":"a","limit":10,"domain":["|",["a","=",1]]}"#),
  ])
  func `right arguments reach the tool with defaults and whole numbers`(text: String, expected: String) throws
  {
    let call = try Call(Self.tool, #require(JSONValue(parsing: text).object))
    #expect(call.arguments.text == expected)
  }

  @Test func `JSON Schema 2020-12 says what the check does`() {
    let tool = makeTool(parameters: [
      .required("model", .string(length: 1...64), "The model"),
      .optional("limit", .integer(1...100), "", default: 10),
      .optional("ids", .identifiers, ""), .optional("order", .choice(["asc"]), ""),
    ])
    #expect(
      tool.inputSchema.text == """
        {"type":"object","properties":{\
        "model":{"type":"string","minLength":1,"maxLength":64,"description":"The model"},\
        "limit":{"type":"integer","minimum":1,"maximum":100,"default":10},\
        "ids":{"type":"array","items":{"type":"integer","minimum":1},"minItems":1,"maxItems":1000},\
        "order":{"type":"string","enum":["asc"]}},\
        "required":["model"],"additionalProperties":false}
        """)
  }
}
