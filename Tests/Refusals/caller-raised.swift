// error: cannot assign to property: 'scopes' is a 'let' constant
import Authentication
import OAuth

func raise(_ caller: Caller) -> ScopeSet {
  #if CONTROL
    let raised = caller
  #else
    var raised = caller
    raised.scopes = [.admin]
  #endif
  return raised.scopes
}
