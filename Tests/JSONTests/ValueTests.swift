import JSON
import Testing

@Suite("JSON values") struct ValueTests {
  @Test func `an object keeps the order of its members`() throws {
    var object: JSONObject = ["z": 1, "a": 2]
    object["m"] = 3
    object["z"] = 4
    #expect(object.members.map(\.name) == ["z", "a", "m"])
    #expect(object["z"] == 4)
    object["a"] = nil
    #expect(object.text == #"{"z":4,"m":3}"#)
    #expect(object.count == 2 && !object.isEmpty && JSONObject().isEmpty)
  }

  @Test func `§4 objects are equal whatever the order, and not when a member is missing`() {
    #expect(["a": 1, "b": 2] as JSONValue == ["b": 2, "a": 1])
    #expect(["a": 1, "b": 2] as JSONValue != ["a": 1])
    #expect(["a": 1] as JSONValue != ["a": 1, "b": 2])
    #expect(["a": nil] as JSONValue != ["b": nil])
    #expect([1, 2] as JSONValue != [2, 1])
    #expect(1 as JSONValue != "1")
  }

  @Test func `§4 many members in another order are equal, and soon known to be`() throws {
    let names = (0..<20_000).map { "name \($0)" }
    let members = { (names: [String]) throws in
      let text = names.map { "\"\($0)\":\"\($0)\"" }.joined(separator: ",")
      return try JSONValue(parsing: "{\(text)}")
    }
    #expect(try members(names) == members(names.reversed()))
    #expect(try members(names) != members(names.dropLast().reversed() + ["other"]))
  }

  @Test func `§8.3 names that only look alike are two names`() {
    let object: JSONObject = ["\u{e9}": 1, "e\u{301}": 2]
    #expect(object.count == 2)
    #expect(object["\u{e9}"] == 1)
    #expect(object["e\u{301}"] == 2)
    #expect(JSONValue.string("\u{e9}") != .string("e\u{301}"))
  }

  @Test func `each accessor answers for its own kind`() {
    let values: [JSONValue] = [nil, true, 1, 1.5, "s", [], [:]]
    #expect(values.map(\.isNull) == [true, false, false, false, false, false, false])
    #expect(values.map(\.bool) == [nil, true, nil, nil, nil, nil, nil])
    #expect(values.map(\.integer) == [nil, nil, 1, nil, nil, nil, nil])
    #expect(values.map(\.number) == [nil, nil, 1, 1.5, nil, nil, nil])
    #expect(values.map(\.string) == [nil, nil, nil, nil, "s", nil, nil])
    #expect(values.map(\.array) == [nil, nil, nil, nil, nil, [], nil])
    #expect(values.map(\.object) == [nil, nil, nil, nil, nil, nil, [:]])
  }

  @Test(arguments: [
    (3.0, 3), (-0.0, 0), (9_007_199_254_740_992, 9_007_199_254_740_992), (3.5, nil), (1e300, nil),
  ])
  func `JSON Schema §6.1.1 a number without a fraction is an integer`(number: Double, integer: Int64?) {
    #expect(JSONValue.number(number).integer == integer)
  }

  @Test func `a member is found through the value`() {
    let value: JSONValue = ["a": ["b": 1]]
    #expect(value["a"]?["b"] == 1)
    #expect(value["b"] == nil)
    #expect((1 as JSONValue)["a"] == nil)
  }
}
