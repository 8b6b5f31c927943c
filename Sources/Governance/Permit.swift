package import Authentication

/// Leave to run one call, once. Only `Governor.admit` makes it, a tool consumes it, nobody can copy it.
package struct Permit: ~Copyable, Sendable {
  package let caller: Caller
  package let call: Call
  /// What is left of each limit that the call was counted for.
  package let allowances: [Allowance]

  /// What the call was counted for; given back where it never ran.
  package let reservation: Counters.Reservation
  /// The policies that allowed it, with their versions; nil where none was asked.
  package let policy: String?

  init(
    caller: Caller, call: Call, allowances: [Allowance], reservation: Counters.Reservation, policy: String?
  ) {
    self.caller = caller
    self.call = call
    self.allowances = allowances
    self.reservation = reservation
    self.policy = policy
  }
}
