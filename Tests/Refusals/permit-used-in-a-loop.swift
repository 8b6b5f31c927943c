// error: 'permit' consumed in a loop
import Governance
import Tools

func callAll(_ tools: [any Tool], _ permit: consuming Permit) async {
  #if CONTROL
    if let tool = tools.first { _ = await tool.call(permit) }
  #else
    for tool in tools { _ = await tool.call(permit) }
  #endif
}
