// error: missing argument for parameter 'risk' in call
import Governance

func make() -> ToolDefinition {
  #if CONTROL
    return ToolDefinition(
      name: "probe", title: "Probe", description: "A tool.", category: .read, group: .read, risk: .low,
      effect: .reads, parameters: [], results: [])
  #else
    return ToolDefinition(
      name: "probe", title: "Probe", description: "A tool.", category: .read, group: .read,
      effect: .reads, parameters: [], results: [])
  #endif
}
