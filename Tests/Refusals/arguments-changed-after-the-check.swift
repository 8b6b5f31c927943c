// error: cannot assign to property: 'arguments' is a 'let' constant
import Governance
import JSON

func swap(_ call: Call, for arguments: JSONObject) throws -> Call {
  #if CONTROL
    return try Call(call.tool, arguments)
  #else
    var swapped = call
    swapped.arguments = arguments
    return swapped
  #endif
}
