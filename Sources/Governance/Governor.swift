package import Authentication
package import JSON
internal import OAuth
internal import Synchronization
package import World

/// Governance: may this caller do this, now, this much?
///
/// The only maker of permits. Its questions are asked in a fixed order, and the one that can be used up, the limit,
/// comes last, so that a refused call costs nothing:
///
///     master switch → tool switch → allowed tools → scope → sign-in → arguments → allowed models → limit
package final class Governor: Sendable {
  private let world: World
  /// What a tool of high risk asks of its caller's sign-in; nil is nothing.
  private let stepUp: RequiredAuthentication?
  private let switches: Mutex<Switches>
  private let calls = RateLimiter()
  private let requests = RateLimiter()

  /// - Parameter stepUp: what a tool of high risk asks of its caller's sign-in; nil for nothing.
  package init(world: World, switches: Switches = Switches(), stepUp: RequiredAuthentication? = nil) {
    self.world = world
    self.stepUp = stepUp
    self.switches = Mutex(switches)
  }

  /// What is switched off now.
  package var currentSwitches: Switches { switches.withLock { $0 } }

  /// Takes new switches; they hold from the next request on.
  package func set(_ newSwitches: Switches) { switches.withLock { $0 = newSwitches } }

  /// Decides on a call.
  package func admit(_ caller: Caller, _ tool: ToolDefinition, _ arguments: JSONObject) async -> Admission {
    if let denial = gate(caller, tool) { return .denied(denial) }
    guard caller.scopes.allows(tool.requiredScope) else {
      // Authorization 2026-07-28: the challenge names all scopes at once; `offline_access` is none of the resource's.
      var needed = caller.scopes
      needed.insert(tool.requiredScope)
      needed.remove(.offlineAccess)
      return .insufficientScope(needed: needed)
    }
    if let needed = requiredAuthentication(of: tool) {
      guard caller.credential == .accessToken else { return .denied(Self.nobodySignedIn(tool)) }
      guard let signIn = caller.signIn, needed.isMet(by: signIn, at: world.now) else {
        return .insufficientAuthentication(needed: needed)
      }
    }
    let call: Call
    do throws(ArgumentError) {
      call = try Call(tool, arguments)
    } catch {
      return .misfit(error)
    }
    if let model = call.model, let allowed = caller.allowedModels, !allowed.contains(model) {
      return .denied(
        Denial(
          rule: "(allowed models)", code: "model_not_allowed",
          reason:
            "This connection may not use the model '\(model.prefix(64))'. Use list_models to see which it may."
        ))
    }
    let now = world.now
    let (isAdmitted, allowance) = calls.take(caller.connectionID, limit: caller.perMinute, now: now)
    guard isAdmitted else { return .denied(Self.overLimit("tool calls", allowance, now: now)) }
    return .permitted(Permit(caller: caller, call: call, allowance: allowance))
  }

  /// Decides on a request that calls no tool: listing, discovery, the handshake.
  ///
  /// These have a count of their own, so that a client that lists often doesn't use up its calls; it admits at least
  /// 60 a minute, since a client needs several before its first call.
  package func admit(_ caller: Caller, method: String) async -> Denial? {
    guard currentSwitches.isOpen else { return Self.closed }
    let now = world.now
    let (isAdmitted, allowance) = requests.take(
      caller.connectionID, limit: caller.perMinute.map { max(60, $0) }, now: now)
    return isAdmitted ? nil : Self.overLimit("requests", allowance, now: now)
  }

  /// Whether the caller sees the tool in a list: what it could call if the arguments were right.
  package func isVisible(_ tool: ToolDefinition, to caller: Caller) -> Bool {
    gate(caller, tool) == nil && caller.scopes.allows(tool.requiredScope)
  }

  /// What the connection has left this minute.
  package func allowance(of caller: Caller) -> Allowance {
    calls.left(caller.connectionID, limit: caller.perMinute, now: world.now)
  }

  private func requiredAuthentication(of tool: ToolDefinition) -> RequiredAuthentication? {
    guard tool.risk == .high, let stepUp else { return tool.requiredAuthentication }
    return stepUp.and(tool.requiredAuthentication)
  }

  /// Behind an API key nobody signs in, so that no new authorization would help.
  private static func nobodySignedIn(_ tool: ToolDefinition) -> Denial {
    Denial(
      rule: "(sign-in)", code: "insufficient_user_authentication",
      reason:
        "The tool '\(tool.name)' needs a person who has just signed in, which an API key can't show. Connect by signing in to use it."
    )
  }

  private func gate(_ caller: Caller, _ tool: ToolDefinition) -> Denial? {
    let switches = currentSwitches
    guard switches.isOpen else { return Self.closed }
    guard !switches.inactiveTools.contains(tool.name) else {
      return Denial(
        rule: "(tool switched off)", code: "tool_inactive",
        reason: "An administrator has switched off the tool '\(tool.name)'. Use another tool.")
    }
    if let allowed = caller.allowedTools, !allowed.contains(tool.name) {
      return Denial(
        rule: "(allowed tools)", code: "tool_not_allowed",
        reason: "This connection may not use the tool '\(tool.name)'. Ask an administrator if it should.")
    }
    return nil
  }

  private static let closed = Denial(
    rule: "(master switch)", code: "switched_off",
    reason: "An administrator has switched off access by AI tools. Nothing was done; try again later.")

  private static func overLimit(_ what: String, _ allowance: Allowance, now: Instant) -> Denial {
    // Rounded up: a client that waits so long must not come too early.
    let wait = Duration.seconds(((allowance.resetsAt - now).wholeMicroseconds + 999_999) / 1_000_000)
    return Denial(
      rule: "/connection/limits/per_minute", code: "rate_limited",
      reason:
        "This connection has used its \(allowance.limit ?? 0) \(what) a minute. Wait \(wait.wholeSeconds) seconds, then go on.",
      retryAfter: wait, limit: allowance.limit)
  }
}
