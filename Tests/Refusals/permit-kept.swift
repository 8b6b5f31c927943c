// error: type 'Permit' does not conform to protocol 'Copyable'
import Governance

struct Drawer {
  #if CONTROL
    var calls: [Call] = []
  #else
    var permits: [Permit] = []
  #endif
}
