// error: 'permit' consumed more than once
import Governance
import Tools

func callTwice(_ tool: any Tool, _ permit: consuming Permit) async {
  _ = await tool.call(permit)
  #if !CONTROL
    _ = await tool.call(permit)
  #endif
}
