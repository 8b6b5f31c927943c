package import Governance

/// Something that a model can call.
///
/// It takes a permit, so nothing runs that governance has not admitted; the arguments in it are checked already.
package protocol Tool: Sendable {
  var definition: ToolDefinition { get }
  func call(_ permit: consuming Permit) async -> ToolResult
}
