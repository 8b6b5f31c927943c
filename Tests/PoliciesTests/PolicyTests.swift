internal import JSON
internal import JSONSchema
internal import Testing
internal import World

@testable internal import Policies

/// `allowed`, `approval /…` or the rule that denies.
func verdict(_ policy: Policy, _ tool: String, _ arguments: JSONObject = [:]) -> String {
  switch policy.ruling(on: tool, arguments) {
  case .denied(let refusal): refusal.rule
  case .allowed(_, approval: let approval?): "approval \(approval.rule)"
  case .allowed: "allowed"
  }
}

func claims(_ policy: Policy, _ tool: String, _ arguments: JSONObject = [:]) -> [String] {
  guard case .allowed(let claims, approval: _) = policy.ruling(on: tool, arguments) else { return [] }
  return claims.map {
    "\($0.limit.counter) \($0.amount)/\($0.limit.maximum) a \($0.limit.window.words), \($0.limit.scope)"
  }
}

func policy(_ text: String) throws -> Policy { try Policy(Array(text.utf8)) }

@Suite("Policies (product.md, policy.json)")
struct PolicyTests {
  static let proxyRefresh = """
    { "version": "1", "default": "deny",
      "tools": { "proxy_refresh": { "limits": [
          { "counter": "proxy_refresh_rate", "window": "minute", "max": 10, "scope": "grant" } ] } } }
    """

  @Test func `the document of the product says what it says`() throws {
    let policy = try policy(Self.proxyRefresh)
    #expect(claims(policy, "proxy_refresh") == ["proxy_refresh_rate 1/10 a minute, grant"])
    #expect(verdict(policy, "whoami") == "(default deny)")
    #expect(policy.hides("whoami") && !policy.hides("proxy_refresh"))
  }

  @Test(
    arguments: [
      (#"{"version":"1","default":"allow"}"#, "t", "allowed"),
      (#"{"version":"1","default":"deny"}"#, "t", "(default deny)"),
      (#"{"version":"1","default":"deny","tools":{"t":{}}}"#, "t", "allowed"),
      (#"{"version":"1","default":"deny","tools":{"t":{"action":"allow"}}}"#, "t", "allowed"),
      (#"{"version":"1","default":"allow","hide":["t"]}"#, "t", "(hidden)"),
      (#"{"version":"1","default":"allow","hide":["t"],"tools":{"t":{}}}"#, "t", "(hidden)"),
      (#"{"version":"1","default":"allow","hide":"*"}"#, "t", "(hidden)"),
      (#"{"version":"1","default":"allow","hide":["*"]}"#, "t", "(hidden)"),
      (#"{"version":"1","default":"allow","hide":["T"]}"#, "t", "allowed"),
      (
        #"{"version":"1","default":"allow","tools":{"t":{"action":"deny","reason":"no"}}}"#, "t",
        "/tools/t/action"
      ),
      (
        #"{"version":"1","default":"allow","tools":{"t":{"action":"deny","deny_if":[{"conditions":[]}]}}}"#,
        "t", "/tools/t/action"
      ),
      (
        #"{"version":"1","default":"allow","tools":{"t":{"deny_if":[{"conditions":[],"on_deny":"Requires human approval."}]}}}"#,
        "t", "/tools/t/deny_if/0"
      ),
      (
        #"{"version":"1","default":"allow","tools":{"t":{"require":[{"path":"args.a","op":"eq","value":1}],"deny_if":[{"conditions":[]}]}}}"#,
        "t", "/tools/t/require/args.a-eq"
      ),
      (
        #"{"version":"1","default":"allow","tools":{"t":{"require_approval":true}}}"#, "t",
        "approval /tools/t/require_approval"
      ),
      (#"{"version":"1","default":"allow","tools":{"t":{"require_approval":false}}}"#, "t", "allowed"),
      (
        #"{"version":"1","default":"allow","tools":{"t":{"action":"require_approval"}}}"#, "t",
        "approval /tools/t/action"
      ),
      (
        #"{"version":"1","default":"allow","tools":{"t":{"require_approval":true,"deny_if":[{"conditions":[]}]}}}"#,
        "t", "/tools/t/deny_if/0"
      ),
      (#"{"version":"1","default":"deny","tools":{"a.b/c":{}}}"#, "a.b/c", "refused"),
      (
        #"{"$schema":"https://gate.example/policy.schema.json","name":"n","description":"d","version":"1","default":"allow"}"#,
        "t", "allowed"
      ),
    ] as [(String, String, String)])
  func `what is not forbidden by the first rule in the way is allowed`(
    document: String, tool: String, expected: String
  ) throws {
    if expected == "refused" {
      #expect(throws: PolicyError.self) { _ = try policy(document) }
    } else {
      #expect(try verdict(policy(document), tool) == expected)
    }
  }

  private static let conditions: [(String, String, String?, Condition.Truth)] = [
    // op, value, argument (nil is missing), what holds
    ("eq", "5", "5", .yes), ("eq", "5", #""5""#, .yes), ("eq", "5", "5.0", .yes), ("eq", "5", "6", .no),
    ("eq", #""a""#, #""a""#, .yes), ("eq", #""a""#, #""A""#, .no), ("eq", "5", nil, .no),
    ("eq", "5", "null", .no),
    ("eq", "true", "true", .yes), ("eq", "true", #""true""#, .unknown), ("eq", "true", "1", .unknown),
    ("eq", "1000", #"" 1000""#, .unknown), ("eq", #""123""#, #""000123""#, .unknown),
    ("eq", #""1000""#, #""1e3""#, .unknown), ("eq", #""a""#, #""1e-9223372036854775808""#, .no),
    ("gt", "1", #""1e9223372036854775807""#, .unknown), ("gt", "1", #""1e-400""#, .no),
    ("eq", "9007199254740992", #""9007199254740993""#, .no), ("eq", "[1]", "[1.0]", .yes),
    ("eq", "[1]", "[2]", .no),
    ("in", #"["12345678901234567890"]"#, #""12345678901234567891""#, .no),
    ("gt", "9007199254740992", #""9007199254740993""#, .yes), ("gt", "0.1", "0.10", .no),
    ("lt", "-1", "-1.5", .yes),
    ("gte", #""2026-01-01""#, #"" 2026-05-01""#, .unknown), ("gt", "-5", "0", .yes),
    ("lt", "1e3", "999.999", .yes), ("eq", #""a""#, #"["a"]"#, .unknown),
    ("eq", #"["a"]"#, #"["a"]"#, .yes), ("eq", #""\u00e9""#, #""e\u0301""#, .no),
    ("eq", "9007199254740993", "9007199254740992", .no),
    ("neq", "5", "5", .no), ("neq", "5", #""5""#, .no), ("neq", "5", "6", .yes), ("neq", "5", nil, .no),
    ("neq", #""a""#, #"["a"]"#, .unknown),
    ("in", "[1, 2]", "2", .yes), ("in", "[1, 2]", #""2""#, .yes), ("in", "[1, 2]", "3", .no),
    ("in", "[]", "3", .no),
    ("in", #"["a"]"#, #"["a"]"#, .unknown), ("in", "[1]", nil, .no),
    ("not_in", "[1, 2]", "3", .yes), ("not_in", "[1, 2]", "2", .no), ("not_in", "[1]", nil, .no),
    ("not_in", #"["a"]"#, #"["a"]"#, .unknown),
    ("lt", "5", "4", .yes), ("lt", "5", "5", .no), ("lte", "5", "5", .yes), ("lte", "5", "5.1", .no),
    ("gt", "100", "100.01", .yes), ("gt", "100", "100", .no), ("gt", "100", #""1000""#, .yes),
    ("gt", "100", #""1e3""#, .yes), ("gt", "100", #""lots""#, .unknown), ("gt", "100", "[1000]", .unknown),
    ("gt", "100", #"" 1000""#, .unknown), ("gt", "100", #""0x3e8""#, .unknown),
    ("gt", "100", #""inf""#, .unknown),
    ("gt", "100", "true", .unknown), ("gte", "100", "100", .yes), ("gte", "100", nil, .no),
    ("gt", #""2026-01-01""#, #""2026-02-01""#, .yes), ("lt", #""2026-01-01""#, #""2025-12-31""#, .yes),
    ("gt", #""2026-01-01""#, "5", .unknown), ("lte", "9007199254740992", "9007199254740993", .no),
    ("regex", #""^a+$""#, #""aaa""#, .yes), ("regex", #""^a+$""#, #""aab""#, .no),
    ("regex", #""b""#, #""abc""#, .yes),
    ("regex", #""^5$""#, "5", .yes), ("regex", #""a""#, #"["a"]"#, .unknown), ("regex", #""a""#, nil, .no),
    ("regex", #""^(a+)+$""#, #""aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab""#, .unknown),
    ("contains", #""b""#, #""abc""#, .yes), ("contains", #""d""#, #""abc""#, .no),
    ("contains", "2", "[1, 2]", .yes),
    ("contains", "2", #"["2"]"#, .yes), ("contains", "3", "[1, 2]", .no),
    ("contains", #""a""#, #"{"a": 1}"#, .yes),
    ("contains", #""b""#, #"{"a": 1}"#, .no), ("contains", "1", "1", .unknown),
    ("contains", #""a""#, nil, .no),
    ("contains", #""""#, #""abc""#, .yes),
    ("exists", "true", "0", .yes), ("exists", "true", nil, .no), ("exists", "true", "null", .no),
    ("exists", "false", nil, .yes), ("exists", "false", "0", .no), ("exists", "true", "false", .yes),
  ]

  @Test(arguments: conditions)
  func `a comparison holds, does not, or can't be told`(
    op: String, value: String, argument: String?, expected: Condition.Truth
  ) throws {
    let condition = #"{"path":"args.x","op":"\#(op)","value":\#(value)}"#
    let arguments: JSONObject = try argument.map { ["x": try JSONValue(parsing: $0)] } ?? [:]
    let required = try policy(#"{"version":"1","default":"allow","tools":{"t":{"require":[\#(condition)]}}}"#)
    let denied = try policy(
      #"{"version":"1","default":"allow","tools":{"t":{"deny_if":[{"conditions":[\#(condition)]}]}}}"#)
    let asked = try policy(
      #"{"version":"1","default":"allow","tools":{"t":{"require_approval":[\#(condition)]}}}"#)
    // What can't be told counts against the call, whichever way the rule is written.
    #expect((verdict(required, "t", arguments) == "allowed") == (expected == .yes))
    #expect((verdict(denied, "t", arguments) == "allowed") == (expected == .no))
    #expect((verdict(asked, "t", arguments) == "allowed") == (expected == .no))
  }

  @Test(
    arguments: [
      ("args.a.b", #"{"a":{"b":1}}"#, true), ("args.a.b", #"{"a":{"c":1}}"#, false),
      ("args.a.b", #"{"a":[{"b":1}]}"#, false),
      ("args.a.0", #"{"a":[1]}"#, false), ("args.a", #"{"A":1}"#, false), ("args.a.b", #"{"a.b":1}"#, false),
      ("args.a.b", #"{"a":"{\"b\":1}"}"#, false), ("args.a.b.c", #"{"a":{"b":null}}"#, false),
      ("args.a", #"{"a":{}}"#, true), ("args.a.b.c.d", #"{"a":{"b":{"c":{"d":false}}}}"#, true),
    ] as [(String, String, Bool)])
  func `paths lead through objects alone`(path: String, arguments: String, isThere: Bool) throws {
    let policy = try policy(
      #"{"version":"1","default":"allow","tools":{"t":{"require":[{"path":"\#(path)","op":"exists"}]}}}"#)
    let object = try #require(try JSONValue(parsing: arguments).object)
    #expect((verdict(policy, "t", object) == "allowed") == isThere)
  }

  @Test func `what may be hidden in a list or a text on the way counts against the call`() throws {
    let policy = try policy(
      #"{"version":"1","default":"allow","tools":{"t":{"deny_if":[{"path":"args.v.amount","op":"gt","value":100}]}}}"#
    )
    #expect(verdict(policy, "t", ["v": [["amount": 1000]]]) == "/tools/t/deny_if/args.v.amount-gt")
    #expect(verdict(policy, "t", ["v": "{\"amount\":1000}"]) == "/tools/t/deny_if/args.v.amount-gt")
    #expect(verdict(policy, "t", ["v": [:]]) == "allowed")
    #expect(verdict(policy, "t", ["v": nil]) == "allowed")
    #expect(verdict(policy, "t") == "allowed")
  }

  @Test func `all conditions of a rule hold together, and any rule denies`() throws {
    let policy = try policy(
      """
      {"version":"1","default":"allow","tools":{"pay":{"deny_if":[
        {"conditions":[{"path":"args.amount","op":"gt","value":100},{"path":"args.currency","op":"eq","value":"EUR"}],
         "on_deny":"Too much."},
        {"path":"args.to","op":"eq","value":"me","on_deny":"Not to yourself."}]}}}
      """)
    #expect(verdict(policy, "pay", ["amount": 101, "currency": "EUR"]) == "/tools/pay/deny_if/0")
    #expect(verdict(policy, "pay", ["amount": 101, "currency": "USD"]) == "allowed")
    #expect(verdict(policy, "pay", ["amount": 101]) == "allowed")
    guard case .denied(let refusal) = policy.ruling(on: "pay", ["amount": 1, "to": "me"]) else {
      Issue.record("not denied")
      return
    }
    #expect(refusal.rule == "/tools/pay/deny_if/args.to-eq" && refusal.reason.hasPrefix("Not to yourself."))
  }

  @Test(
    arguments: [
      (["amount": 12.5], "spend 12.5/100 a day, user"), (["amount": 0], "spend 0/100 a day, user"),
      (["amount": 0.1], "spend 0.1/100 a day, user"), (["amount": "12.5"], nil), (["amount": -1], nil),
      ([:], nil),
      (["amount": nil], nil), (["amount": [1]], nil), (["amount": 1e300], nil), (["amount": true], nil),
      (["amount": 9_223_372_036_854_775_807], nil),
    ] as [(JSONObject, String?)])
  func `a limit may count an amount, and a call without one is denied`(
    arguments: JSONObject, claim: String?
  ) throws {
    let policy = try policy(
      #"{"version":"1","default":"allow","tools":{"pay":{"limits":[{"counter":"spend","window":"day","max":100,"scope":"user","increment_from":"args.amount"}]}}}"#
    )
    #expect(claims(policy, "pay", arguments) == (claim.map { [$0] } ?? []))
    if claim == nil { #expect(verdict(policy, "pay", arguments) == "/tools/pay/limits/spend") }
  }

  @Test func `limits of a tool come before those of all, and the short form is one for each connection`()
    throws
  {
    let policy = try policy(
      """
      {"version":"1","default":"allow","all_tools":{"limits":[{"counter":"calls","window":"hour","max":50,"scope":"global"}]},
       "tools":{"t":{"rate_limit":{"max":10,"window":60},"limits":[{"counter":"c","window":"minute","max":2.5,"increment":0.5}]}}}
      """)
    #expect(
      claims(policy, "t") == [
        "c 0.5/2.5 a minute, grant", "(tools t) 1/10 a minute, grant", "calls 1/50 a hour, global",
      ])
    #expect(claims(policy, "other") == ["calls 1/50 a hour, global"])
  }

  @Test(arguments: [(59.0, 0.0), (60.0, 60.0), (61.5, 60.0), (-0.5, -60.0), (-60.0, -60.0)])
  func `windows are fixed, one after the other, and aligned to UTC`(now: Double, start: Double) {
    let moment = Instant(microseconds: Int64(now * 1e6))
    #expect(Window.minute.start(at: moment) == Instant(microseconds: Int64(start * 1e6)))
    #expect(Window.minute.end(at: moment) == Instant(microseconds: Int64((start + 60) * 1e6)))
    #expect(Window.day.start(at: Instant(seconds: 1_795_000_000)) == Instant(seconds: 1_794_960_000))
  }
}

@Suite("What is no policy, and where")
struct PolicyErrorTests {
  @Test(
    arguments: [
      ("", 1, "", "is no JSON"), ("[]", 1, "", "object"), ("{\n\"version\":\"1\",\n}", 3, "", "is no JSON"),
      ("{\"version\":\"1\",\n\"default\":\"deny\",\n\"version\":\"1\"}", 1, "", "appears twice"),
      ("{\"version\":\"1\"}", 1, "/default", "required"),
      ("{\"version\":1,\"default\":\"deny\"}", 1, "/version", "1"),
      ("{\n\"version\":\"2\",\n\"default\":\"deny\"}", 2, "/version", "1"),
      ("{\"version\":\"1\",\n\n\"default\":\"ask\"}", 3, "/default", "allow"),
      ("{\"version\":\"1\",\"default\":\"deny\",\n\"tool\":{}}", 2, "/tool", "tools"),
      (
        "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\n\"a\":{},\n\"b\":{\"limit\":[]}}}", 3,
        "/tools/b/limit", "limits"
      ),
      (
        "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"b\":{\"limits\":[{},\n{}]}}}", 1,
        "/tools/b/limits/0/counter", "required"
      ),
      (
        "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"b\":{\"limits\":[\n{\"counter\":\"c\",\"window\":\"week\",\"max\":1}]}}}",
        2, "/tools/b/limits/0/window", "minute"
      ),
      (
        "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"b\":{\"limits\":[{\"counter\":\"c\",\"window\":\"day\",\"max\":-1}]}}}",
        1, "/tools/b/limits/0/max", "0"
      ),
      (
        "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"b\":{\"require\":[\n\n{\"path\":\"amount\",\"op\":\"eq\",\"value\":1}]}}}",
        3, "/tools/b/require/0/path", "args"
      ),
      (
        "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"b\":{\"require\":[{\"path\":\"args.a\",\"op\":\"is\",\"value\":1}]}}}",
        1, "/tools/b/require/0/op", "eq"
      ),
      (
        "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"b\":{\"require\":[{\"path\":\"args.a\",\"op\":\"eq\"}]}}}",
        1, "/tools/b/require/0/value", "required"
      ),
      (
        "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"b\":{\"require\":[{\"path\":\"args.a\",\"op\":\"in\",\"value\":1}]}}}",
        1, "/tools/b/require/0/value", "array"
      ),
      (
        "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"b\":{\"require\":[\n{\"path\":\"args.a\",\"op\":\"regex\",\"value\":\"(\"}]}}}",
        2, "/tools/b/require/0/value", "pattern"
      ),
      ("{\"version\":\"1\",\"default\":\"deny\",\"hide\":[\"a b\"]}", 1, "/hide/0", "pattern"),
      ("{\"version\":\"1\",\"default\":\"deny\",\"hide\":\"all\"}", 1, "/hide", "*"),
      (
        "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"b\":{\"require_approval\":\"yes\"}}}", 1,
        "/tools/b/require_approval", "true or false"
      ),
      (
        "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"b\":{\"rate_limit\":{\"max\":1,\"window\":0}}}}",
        1, "/tools/b/rate_limit/window", "1"
      ),
      (
        "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"p\u{430}y\":{}}}", 1, "/tools/p\u{430}y", "name"
      ),
    ] as [(String, Int, String, String)])
  func `each problem has its line, its pointer and a sentence`(
    document: String, line: Int, pointer: String, word: String
  ) throws {
    let error = try #require(throws: PolicyError.self) { _ = try policy(document) }
    let problem = try #require(error.problems.first)
    #expect(problem.line == line && problem.pointer == pointer, "\(error)")
    #expect(problem.sentence.contains(word), "\(error)")
  }

  @Test(arguments: [
    #"{"require":[{"conditions":[]}]}"#, #"{"action":"require_approval","require_approval":[]}"#,
    #"{"deny_if":[{"conditions":[{"path":"args.a","op":"exists","on_deny":"never read"}]}]}"#,
    #"{"require":[{"path":"args.a","op":"eq","value":null}]}"#,
  ])
  func `what would say less than it seems to is refused`(rules: String) {
    #expect(throws: PolicyError.self) {
      _ = try policy(#"{"version":"1","default":"deny","tools":{"t":\#(rules)}}"#)
    }
  }

  @Test func `a hostile document is refused or decided within a moment`() throws {
    #expect(throws: PolicyError.self) { _ = try Policy(Array(repeating: UInt8(ascii: "["), count: 100_000)) }
    #expect(throws: PolicyError.self) {
      _ = try Policy(Array(repeating: UInt8(ascii: " "), count: Policy.longest + 1))
    }
    let rule = #"{"path":"args.a","op":"regex","value":"^(a+)+$"}"#
    let rules = Array(repeating: rule, count: 100).joined(separator: ",")
    let tools = (0..<100).map { #""t\#($0)":{"deny_if":[\#(rules)]}"# }.joined(separator: ",")
    let policy = try policy(#"{"version":"1","default":"allow","tools":{\#(tools)}}"#)
    #expect(policy.ruleCount == 10_000)
    #expect(
      verdict(policy, "t99", ["a": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"])
        == "/tools/t99/deny_if/args.a-regex")
  }

  @Test func `the published schema is a schema, and takes what is a policy`() throws {
    let schema = try PolicyFormat.schema.get()
    #expect(schema.accepts(try JSONValue(parsing: PolicyTests.proxyRefresh)))
    #expect(!schema.accepts([:]))
  }
}
