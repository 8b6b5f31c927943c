package import OAuth

/// What governance says to a call.
package enum Admission: ~Copyable, Sendable {
  /// It may run, once.
  case permitted(Permit)
  /// It may not, for a reason that a model can read.
  case denied(Denial)
  /// A person has to agree first, or has decided: the request says which.
  case waiting(ApprovalRequest)
  /// The arguments don't fit the tool's parameters.
  case misfit(ArgumentError)
  /// The token lacks a scope: the one refusal that a client answers with a new authorization.
  ///
  /// - Parameter needed: every scope that the token should have then, those it has included.
  case insufficientScope(needed: ScopeSet)
  /// The person signed in too long ago, or not well enough: a client answers it with a new authorization too (RFC 9470).
  case insufficientAuthentication(needed: RequiredAuthentication)
}

/// What governance says to a call that will be admitted when it runs.
package enum Foresight: ~Copyable, Sendable {
  /// Nothing but a limit stands against it now. It is asked for again when it runs.
  case possible(Call)
  /// It is over here: never `permitted`.
  case answered(Admission)
}
