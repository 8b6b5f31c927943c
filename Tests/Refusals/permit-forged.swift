// error: 'Permit' initializer is inaccessible due to 'internal' protection level
import Authentication
import Governance

func forge(
  _ caller: Caller, _ call: Call, _ reservation: Counters.Reservation, _ permit: consuming Permit
) -> Permit {
  #if CONTROL
    return permit
  #else
    return Permit(caller: caller, call: call, allowances: [], reservation: reservation, policy: nil)
  #endif
}
