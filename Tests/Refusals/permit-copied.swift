// error: 'copy' cannot be applied to noncopyable types
import Governance

func twin(_ permit: borrowing Permit) -> String {
  #if CONTROL
    return permit.call.tool.name
  #else
    let second = copy permit
    return second.call.tool.name
  #endif
}
