internal import Governance
internal import OAuth

/// What came of one request.
enum Outcome: Sendable {
  /// The members of the result object, serialised, without its braces.
  case result([UInt8])
  case error(ProtocolError)
  /// A request that calls no tool and met a limit or the master switch.
  case limited(Denial)
  case insufficientScope(needed: ScopeSet)
  case insufficientAuthentication(needed: RequiredAuthentication)
}
