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
    (#"{}"#, "/model is required: a non-empty string"),
    (
      #"{"model":"a","foo":1}"#,
      "/foo is not known (known: model, limit, ratio, deep, order, fields, values, domain, point, key)"
    ),
    (
      #"{"model":"a","limt":1}"#,
      "/limt is not known; did you mean 'limit'? (known: model, limit, ratio, deep, order, fields, values, domain, point, key)"
    ),
    (#"{"model":7}"#, "/model must be a string, is 7"),
    (#"{"model":null}"#, "/model must be a string, is null"),
    (#"{"model":""}"#, "/model must not be empty"),
    (#"{"model":"a","limit":0}"#, "/limit must be at least 1, is 0"),
    (#"{"model":"a","limit":101}"#, "/limit must be at most 100, is 101"),
    (#"{"model":"a","limit":1.5}"#, "/limit must be an integer, is 1.5"),
    (#"{"model":"a","limit":"5"}"#, "/limit must be an integer, is '5'"),
    (#"{"model":"a","limit":true}"#, "/limit must be an integer, is true"),
    (#"{"model":"a","ratio":"1"}"#, "/ratio must be a number, is '1'"),
    (#"{"model":"a","deep":1}"#, "/deep must be true or false, is 1"),
    (#"{"model":"a","order":"up"}"#, "/order must be one of 'asc', 'desc', is 'up'"),
    (
      #"{"model":"a","order":"dsc"}"#,
      "/order must be one of 'asc', 'desc', is 'dsc'; did you mean 'asc' or 'desc'?"
    ),
    (#"{"model":"a","fields":"name"}"#, "/fields must be an array, is 'name'"),
    (#"{"model":"a","fields":["a",1]}"#, "/fields/1 must be a string, is 1"),
    (#"{"model":"a","fields":["a","b","c"]}"#, "/fields must have at most 2 elements, has 3"),
    (#"{"model":"a","values":[]}"#, "/values must be an object, is an array of 0"),
    (#"{"model":"a","domain":{}}"#, "/domain must be an array, is an object"),
    (#"{"model":"a","point":{}}"#, "/point/x is required: an integer"),
    (#"{"model":"a","point":{"x":1,"z":2}}"#, "/point/z is not known (known: x, y)"),
    (#"{"model":"a","key":true}"#, "/key must be an integer, a string or null, is true"),
    (
      #"{"model":"a","\#u{212A}ey":1}"#,
      "/\u{212A}ey is not known; did you mean 'key'? (known: model, limit, ratio, deep, order, fields, values, domain, point, key)"
    ),
  ])
  func `a wrong argument is pointed at, with what was expected and what came`(
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

  @Test func `a problem names its argument as programs write it`() throws {
    let arguments = try #require(JSONValue(parsing: #"{"model":"a","fields":["a",1]}"#).object)
    #expect(problems(arguments).map(\.argument) == ["fields[1]"])
  }

  @Test func `a schema of one's own is kept to the letter, and holds`() throws {
    let schema = try #require(
      JSONValue(
        parsing: ##"{"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"minimum":3}}}"##
      ).object)
    let tool = ToolDefinition(
      name: "own", title: "Own", description: "Its own schema.", category: .read, group: .read, risk: .low,
      effect: .reads, results: [.required("done", .boolean, "")], inputSchema: schema)
    #expect(tool.contradiction == nil)
    #expect(tool.inputSchema == schema)
    #expect(try Call(tool, ["a": 3.0, "b": 1]).arguments == ["a": 3.0, "b": 1])
    #expect(throws: ArgumentError.self) { try Call(tool, ["a": 2]) }
  }

  @Test(arguments: [
    (#"{"type":"object","$ref":"https://x.example/"}"#, "leads out of the document"),
    (#"{"type":"array"}"#, "does not describe an object"),
  ])
  func `a tool with a schema that can't be checked is not registered, and not called`(
    text: String, reason: String
  ) throws {
    let tool = ToolDefinition(
      name: "own", title: "Own", description: "Its own schema.", category: .read, group: .read, risk: .low,
      effect: .reads, results: [.required("done", .boolean, "")],
      inputSchema: try JSONValue(parsing: text).object)
    #expect(tool.contradiction?.contains(reason) == true)
    #expect(throws: ArgumentError.self) { try Call(tool, [:]) }
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
