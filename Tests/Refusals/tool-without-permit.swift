// error: missing argument for parameter #1 in call
import Governance
import Tools

func call(_ permit: consuming Permit) async -> ToolResult {
  #if CONTROL
    return await WhoAmI().call(permit)
  #else
    return await WhoAmI().call()
  #endif
}
