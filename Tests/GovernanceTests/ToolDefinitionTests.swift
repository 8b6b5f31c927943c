internal import Governance
internal import JSON
internal import OAuth
internal import Testing

@Suite("Tool definitions")
struct ToolDefinitionTests {
  typealias Row = (
    category: ToolDefinition.Category, effect: ToolDefinition.Effect, scope: Scope, readOnly: Bool,
    destructive: Bool,
    idempotent: Bool
  )

  @Test(
    arguments: [
      (.read, .reads, .read, true, false, true), (.write, .adds, .write, false, false, false),
      (.write, .changes, .write, false, true, true), (.write, .deletes, .write, false, true, true),
      (.execute, .runs, .execute, false, true, false), (.workflow, .reads, .read, true, false, true),
      (.workflow, .changes, .write, false, true, true), (.chatter, .adds, .write, false, false, false),
      (.advanced, .reads, .read, true, false, true), (.event, .reads, .read, true, false, true),
    ] as [Row])
  func `scope and annotations follow from category and effect`(row: Row) {
    let tool = makeTool(category: row.category, effect: row.effect, risk: .high)
    #expect(tool.contradiction == nil)
    #expect(tool.requiredScope == row.scope)
    #expect(tool.annotations["readOnlyHint"]?.bool == row.readOnly)
    #expect(tool.annotations["destructiveHint"]?.bool == row.destructive)
    #expect(tool.annotations["idempotentHint"]?.bool == row.idempotent)
    #expect(tool.annotations["openWorldHint"]?.bool == false)
  }

  @Test func `a definition that contradicts itself is told why`() {
    #expect(makeTool("no spaces").contradiction != nil)
    #expect(makeTool("").contradiction != nil)
    #expect(makeTool("kelvin_\u{212A}").contradiction != nil)
    #expect(makeTool(String(repeating: "a", count: 65)).contradiction != nil)
    #expect(makeTool(category: .read, effect: .adds).contradiction == "a read tool must only read")
    #expect(makeTool(category: .write, effect: .reads).contradiction == "a write tool must write")
    #expect(makeTool(category: .write, effect: .deletes, risk: .low).contradiction != nil)
    #expect(
      makeTool(parameters: [.required("a", .text, ""), .optional("a", .text, "")]).contradiction != nil)
    #expect(
      makeTool(parameters: [Parameter("a", .text, "", isRequired: true, default: "x")]).contradiction
        == "parameter 'a' is required and has a default")
    #expect(makeTool().contradiction == nil)
  }
}
