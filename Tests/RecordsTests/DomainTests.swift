import JSON
import Records
import Testing

/// Prefix notation as Odoo has it (tools.md: "The tool catalogue", domains).
@Suite("Domains are read whole or refused by name")
struct DomainTests {
  static let accepted: [(String, String)] = [
    ("[]", "[]"),
    (#"[["name","=","x"]]"#, #"[["name","=","x"]]"#),
    (#"[["a","=",1],["b","=",2]]"#, #"[["a","=",1],["b","=",2]]"#),
    (#"["&",["a","=",1],["b","=",2]]"#, #"[["a","=",1],["b","=",2]]"#),
    (#"["|",["a","=",1],["b","=",2]]"#, #"["|",["a","=",1],["b","=",2]]"#),
    (#"["!",["a","=",1]]"#, #"["!",["a","=",1]]"#),
    (#"["|","|",["a","=",1],["b","=",2],["c","=",3]]"#, #"["|","|",["a","=",1],["b","=",2],["c","=",3]]"#),
    (#"["|",["a","=",1],"|",["b","=",2],["c","=",3]]"#, #"["|","|",["a","=",1],["b","=",2],["c","=",3]]"#),
    (#"["|","&",["a","=",1],["b","=",2],["c","=",3]]"#, #"["|","&",["a","=",1],["b","=",2],["c","=",3]]"#),
    (#"["!","|",["a","=",1],["b","=",2]]"#, #"["!","|",["a","=",1],["b","=",2]]"#),
    (#"["!","!",["a","=",1]]"#, #"["!","!",["a","=",1]]"#),
    (#"["|",["a","=",1],["b","=",2],["c","=",3]]"#, #"["|",["a","=",1],["b","=",2],["c","=",3]]"#),
    (#"[[1,"=",1]]"#, "[]"),
    (#"[[0,"=",1]]"#, #"[[0,"=",1]]"#),
    (#"["|",[1,"=",1],["a","=",1]]"#, "[]"),
    (#"[[0,"=",1],["a","=",1]]"#, #"[[0,"=",1]]"#),
    (#"[["a.b.c","!=",false]]"#, #"[["a.b.c","!=",false]]"#),
    (#"[["a","=",null]]"#, #"[["a","=",null]]"#),
    (#"[["a",">",1.5]]"#, #"[["a",">",1.5]]"#),
    (#"[["a",">=","2026-01-01"]]"#, #"[["a",">=","2026-01-01"]]"#),
    (#"[["a","<",1]]"#, #"[["a","<",1]]"#),
    (#"[["a","<=",1]]"#, #"[["a","<=",1]]"#),
    (#"[["a","in",[]]]"#, #"[["a","in",[]]]"#),
    (#"[["a","in",[1,2,false]]]"#, #"[["a","in",[1,2,false]]]"#),
    (#"[["a","not in",["x"]]]"#, #"[["a","not in",["x"]]]"#),
    (#"[["a","like","x"]]"#, #"[["a","like","x"]]"#),
    (#"[["a","ilike","x%"]]"#, #"[["a","ilike","x%"]]"#),
    (#"[["a","not like","x"]]"#, #"[["a","not like","x"]]"#),
    (#"[["a","not ilike","x"]]"#, #"[["a","not ilike","x"]]"#),
    (#"[["a","=like","x_"]]"#, #"[["a","=like","x_"]]"#),
    (#"[["a","=ilike","%x"]]"#, #"[["a","=ilike","%x"]]"#),
    (#"[["a","child_of",1]]"#, #"[["a","child_of",1]]"#),
    (#"[["a","child_of",[1,2]]]"#, #"[["a","child_of",[1,2]]]"#),
    (#"[["a","parent_of","All"]]"#, #"[["a","parent_of","All"]]"#),
    (#"[["a","any",[["b","=",1]]]]"#, #"[["a","any",[["b","=",1]]]]"#),
    (#"[["a","not any",[]]]"#, #"[["a","not any",[]]]"#),
    (#"[["a","=","user.id"]]"#, #"[["a","=","user.id"]]"#),
    (#"[["a","=","Robert'); DROP TABLE x;--"]]"#, #"[["a","=","Robert'); DROP TABLE x;--"]]"#),
  ]

  @Test(arguments: accepted)
  func `a well-formed domain is read and written again`(_ input: String, _ output: String) throws {
    let domain = try Domain(JSONValue(parsing: input))
    #expect(domain.json.text == output)
    #expect(try Domain(domain.json).json == domain.json)
  }

  static let refused: [(String, String)] = [
    (#"{}"#, "domain"),
    (#""name""#, "domain"),
    (#"1"#, "domain"),
    (#"null"#, "domain"),
    (#"["name","=","x"]"#, "domain[2]"),
    (#"["&",["a","=",1]]"#, "domain[0]"),
    (#"["|"]"#, "domain[0]"),
    (#"["!"]"#, "domain[0]"),
    (#"[["a","=",1],"!"]"#, "domain[1]"),
    (#"[["a","=",1],"&",["b","=",2]]"#, "domain[1]"),
    (#"["^",["a","=",1]]"#, "domain[0]"),
    (#"[1]"#, "domain[0]"),
    (#"[null]"#, "domain[0]"),
    (#"[[]]"#, "domain[0]"),
    (#"[["a","="]]"#, "domain[0]"),
    (#"[["a","=",1,2]]"#, "domain[0]"),
    (#"[["a","~",1]]"#, "domain[0][1]"),
    (#"[["a","==",1]]"#, "domain[0][1]"),
    (#"[["a","<>",1]]"#, "domain[0][1]"),
    (#"[["a","ILIKE","x"]]"#, "domain[0][1]"),
    (#"[["a",1,1]]"#, "domain[0][1]"),
    (#"[["a","= 1 OR 1",1]]"#, "domain[0][1]"),
    (#"[["","=",1]]"#, "domain[0][0]"),
    (#"[["a.","=",1]]"#, "domain[0][0]"),
    (#"[[".a","=",1]]"#, "domain[0][0]"),
    (#"[["a..b","=",1]]"#, "domain[0][0]"),
    (#"[["a.b.c.d.e.f.g.h.i","=",1]]"#, "domain[0][0]"),
    (#"[[true,"=",1]]"#, "domain[0][0]"),
    (#"[[2,"=",1]]"#, "domain[0]"),
    (#"[[1,"!=",1]]"#, "domain[0]"),
    (#"[[1,"=",0]]"#, "domain[0]"),
    (#"[["a","=",[1]]]"#, "domain[0][2]"),
    (#"[["a","=",{}]]"#, "domain[0][2]"),
    (#"[["a","in",1]]"#, "domain[0][2]"),
    (#"[["a","in","x"]]"#, "domain[0][2]"),
    (#"[["a","in",[[1]]]]"#, "domain[0][2][0]"),
    (#"[["a","in",[1,{}]]]"#, "domain[0][2][1]"),
    (#"[["a","like",1]]"#, "domain[0][2]"),
    (#"[["a","ilike",false]]"#, "domain[0][2]"),
    (#"[["a","ilike","%a%b%c%d%e%f%g%h%i%"]]"#, "domain[0][2]"),
    (#"[["a","=","x\u0000y"]]"#, "domain[0][2]"),
    (#"[["a","any",1]]"#, "domain[0][2]"),
    (#"[["a","any",[["b"]]]]"#, "domain[0][2][0]"),
    (#"[["a","any",["|",["b","=",1]]]]"#, "domain[0][2][0]"),
    (#"[["x","=",1],["y","=",2],["z","?",3]]"#, "domain[2][1]"),
  ]

  @Test(arguments: refused)
  func `a malformed domain is refused with the place of the element`(_ input: String, _ place: String) throws
  {
    let json = try JSONValue(parsing: input)
    let error = #expect(throws: RecordsError.self) { try Domain(json) }
    #expect(error?.code == .invalidDomain)
    #expect(error?.sentence.hasPrefix("\(place) (") == true, "\(error?.sentence ?? "")")
  }

  private func nested(_ depth: Int) -> JSONValue {
    .array(Array(repeating: "!", count: depth - 1) + [["a", "=", 1]])
  }

  @Test(arguments: [(64, true), (65, false), (700, false)])
  func `operators nest 64 deep and no deeper`(_ depth: Int, _ isFine: Bool) {
    let error = refusal(of: nested(depth))
    #expect((error == nil) == isFine)
    #expect(error == nil || error?.code == .invalidDomain)
  }

  @Test(arguments: [(63, true), (64, false)])
  func `domains within domains count as levels`(_ depth: Int, _ isFine: Bool) {
    var domain: JSONValue = [["a", "=", 1]]
    for _ in 0..<depth { domain = [["a", "any", domain]] }
    #expect((refusal(of: domain) == nil) == isFine)
  }

  @Test func `a thousand levels in either notation are refused, not followed`() {
    var domain: JSONValue = [["a", "=", 1]]
    for _ in 0..<1000 { domain = [["a", "any", domain]] }
    #expect(refusal(of: domain)?.code == .invalidDomain)
    var flat: [JSONValue] = []
    for _ in 0..<500 { flat += ["&", "|", ["a", "=", 1]] }
    #expect(refusal(of: .array(flat))?.code == .invalidDomain)
  }

  @Test(arguments: [(256, true), (257, false)])
  func `a domain holds 256 conditions, in a chain too`(_ count: Int, _ isFine: Bool) {
    let chain: [JSONValue] =
      Array(repeating: "|", count: count - 1) + Array(repeating: ["a", "=", 1], count: count)
    #expect((refusal(of: .array(chain)) == nil) == isFine)
  }

  @Test(arguments: [(10_000, true), (10_001, false), (100_000, false)])
  func `lists hold 10,000 values in all`(_ count: Int, _ isFine: Bool) {
    let half = JSONValue.array((0..<count / 2).map { .integer(Int64($0)) })
    let rest = JSONValue.array((count / 2..<count).map { .integer(Int64($0)) })
    #expect((refusal(of: [["a", "in", half], ["b", "in", rest]]) == nil) == isFine)
  }

  private func refusal(of json: JSONValue) -> RecordsError? {
    do throws(RecordsError) {
      _ = try Domain(json)
      return nil
    } catch {
      return error
    }
  }

  @Test func `variables of record rules are plain texts in a caller's domain`() throws {
    let domain = try Domain([["a", "=", "user.id"]])
    #expect(domain == .condition(.init(["a"], .equal, .value("user.id"), position: "domain[0]")))
  }
}
