import HTTP
import Testing

@Suite("RFC 9110 §5 Fields")
struct FieldsTests {
  @Test func `§5.1 names are compared without case`() {
    var fields: Fields = ["Content-Type": "text/html"]
    fields.add("VARY", "Origin")
    #expect(fields["content-type"] == "text/html")
    #expect(fields.lines.map(\.name) == ["content-type", "vary"])
  }

  @Test func `§5.3 lines of one name keep their order`() {
    var fields = Fields()
    fields.add("set-cookie", "a=1")
    fields.add("x", "y")
    fields.append(lowercase: "set-cookie", "b=2")
    #expect(fields.all("set-cookie") == ["a=1", "b=2"])
    #expect(fields["set-cookie"] == "a=1")
  }

  @Test func `setting replaces every line of the name, and nil removes them`() {
    var fields = Fields()
    fields.add("a", "1")
    fields.add("a", "2")
    fields["a"] = "3"
    #expect(fields.all("a") == ["3"])
    fields["a"] = nil
    #expect(fields.lines.isEmpty)
  }
}
