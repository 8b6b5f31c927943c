// error: 'Permit' initializer is inaccessible due to 'internal' protection level
import Authentication
import Governance

func forge(_ caller: Caller, _ call: Call, _ allowance: Allowance, _ permit: consuming Permit) -> Permit {
  #if CONTROL
    return permit
  #else
    return Permit(caller: caller, call: call, allowance: allowance)
  #endif
}
