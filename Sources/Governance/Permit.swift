package import Authentication

/// Leave to run one call, once. Only `Governor.admit` makes it, a tool consumes it, nobody can copy it.
package struct Permit: ~Copyable, Sendable {
  package let caller: Caller
  package let call: Call
  /// What the connection has left this minute after this call.
  package let allowance: Allowance

  init(caller: Caller, call: Call, allowance: Allowance) {
    self.caller = caller
    self.call = call
    self.allowance = allowance
  }
}
