package import Authentication
package import JSON
internal import OAuth
internal import Policies
package import Storage
package import Telemetry
package import World

/// Governance: may this caller do this, now, this much?
///
/// The only maker of permits. Its questions are asked in a fixed order, and what can be used up, the limits, comes last,
/// so that a refused call costs nothing:
///
///     master switch → tool switch → allowed tools → policies: hidden, denied → scope → sign-in → arguments
///       → allowed models → policies: conditions → approval → limits
///
/// What can't be looked up is refused.
package final class Governor: Sendable {
  private let world: World
  private let log: Log
  private let configuration: Configuration
  let rules: Rulebook
  private let counters: Counters
  package let approvals: Approvals
  private let requests = RateLimiter()

  /// What the operator asks for.
  package struct Configuration: Sendable {
    /// What a tool of high risk asks of its caller's sign-in; nil for nothing.
    package var stepUp: RequiredAuthentication?
    /// Whether a connection without any policy may do nothing.
    package var requiresPolicy = false
    /// Whose calls of tools of high risk wait for a person where no policy says whether they do.
    package var approvesHighRisk = HighRisk.browserLogins
    /// How long somebody has to decide.
    package var approvalLifetime = Duration.hours(24)
    /// Whether people may approve what they asked for themselves.
    package var allowsOwnApproval = false
    /// Tool calls of all connections together; nil for no limit.
    package var perMinute: Int?
    package var perDay: Int?

    /// Which connections are asked for a person's agreement by default.
    package enum HighRisk: String, Sendable, CaseIterable {
      case all
      /// Those of people who signed in; what has a key of its own was set up by somebody.
      case browserLogins = "browser-logins"
      case none
    }

    package init() {}
  }

  package init(
    store: Store, world: World, log: Log, configuration: Configuration = Configuration()
  ) {
    self.world = world
    self.log = log
    self.configuration = configuration
    rules = Rulebook(store: store, world: world)
    counters = Counters(store: store, world: world)
    approvals = Approvals(
      store: store, world: world, lifetime: configuration.approvalLifetime,
      allowsOwn: configuration.allowsOwnApproval)
  }

  /// The tables that it reads and writes, behind those of the accounts.
  package static let migrations = Rulebook.migrations + Counters.migrations + Approvals.migrations

  /// Decides on a call.
  ///
  /// - Parameters:
  ///   - isApproved: whether a person has agreed to just this; all other questions are asked again.
  ///   - hasSignedIn: whether the caller's sign-in was good enough when they asked for this.
  ///   - mayWait: whether the call can be made later, once somebody has agreed; if not, one that needs it is refused.
  package func admit(
    _ caller: Caller, _ tool: ToolDefinition, _ arguments: JSONObject, isApproved: Bool = false,
    hasSignedIn: Bool = false, mayWait: Bool = true
  ) async -> Admission {
    let judgement = await judge(
      caller, tool, arguments, isApproved: isApproved, hasSignedIn: hasSignedIn, mayWait: mayWait)
    switch consume judgement {
    case .answered(let admission): return admission
    case .fit(let call, let claims, let policies):
      do {
        return try await reserve(caller, call, claims, policies.map(\.name).joined(separator: " "))
      } catch { return .denied(undecided(error)) }
    }
  }

  /// What `admit` would say now, for a call that is admitted and counted later, when it runs.
  package func foresee(
    _ caller: Caller, _ tool: ToolDefinition, _ arguments: JSONObject, mayWait: Bool = true
  ) async -> Foresight {
    let judgement = await judge(
      caller, tool, arguments, isApproved: false, hasSignedIn: false, mayWait: mayWait)
    switch consume judgement {
    case .answered(let admission): return .answered(admission)
    case .fit(let call, _, _): return .possible(call)
    }
  }

  /// Every question but the last.
  private enum Judgement: ~Copyable {
    case answered(Admission)
    case fit(Call, [(Rulebook.Attached, Claim)], [Rulebook.Attached])
  }

  private func judge(
    _ caller: Caller, _ tool: ToolDefinition, _ arguments: JSONObject, isApproved: Bool, hasSignedIn: Bool,
    mayWait: Bool
  ) async -> Judgement {
    let page: Rulebook.Page
    do { page = try await rules.page() } catch { return .answered(.denied(undecided(error))) }
    let policies = page.policies(of: caller)
    if let denial = gate(caller, tool, page, policies) { return .answered(.denied(denial)) }
    guard caller.scopes.allows(tool.requiredScope) else {
      // Authorization 2026-07-28: the challenge names all scopes at once; `offline_access` is none of the resource's.
      var needed = caller.scopes
      needed.insert(tool.requiredScope)
      needed.remove(.offlineAccess)
      return .answered(.insufficientScope(needed: needed))
    }
    // Whoever asked for what was approved had signed in freshly when they asked.
    if !isApproved, !hasSignedIn, let needed = requiredAuthentication(of: tool) {
      guard caller.credential == .accessToken else { return .answered(.denied(.nobodySignedIn(tool))) }
      guard let signIn = caller.signIn, needed.isMet(by: signIn, at: world.now) else {
        return .answered(.insufficientAuthentication(needed: needed))
      }
    }
    let call: Call
    do throws(ArgumentError) { call = try Call(tool, arguments) } catch { return .answered(.misfit(error)) }
    if let model = call.model, let allowed = caller.allowedModels, !allowed.contains(model) {
      return .answered(.denied(.model(model)))
    }
    var claims: [(Rulebook.Attached, Claim)] = []
    var approval: (refusal: Refusal, policy: String?)?
    for attached in policies {
      switch attached.ruling(on: tool.name, call.arguments) {
      case .denied(let refusal): return .answered(.denied(.policy(refusal, attached)))
      case .allowed(let more, approval: let wanted):
        claims += more.map { (attached, $0) }
        if approval == nil, let wanted { approval = (wanted, attached.name) }
      }
    }
    // What only tries out needs nobody's agreement, unless a policy wants it.
    if approval == nil, !call.isDryRun, needsApproval(caller, tool, policies) {
      approval = (
        Refusal(
          rule: "(high risk)",
          reason: "The tool '\(tool.name)' is of high risk and needs a person's approval."),
        nil
      )
    }
    guard let approval, !isApproved else { return .fit(call, claims, policies) }
    guard mayWait else { return .answered(.denied(.needsApproval(approval.refusal, approval.policy))) }
    do {
      let summary = await call.summary(for: caller)
      guard
        let request = try await approvals.request(
          .init(call, caller, approval.refusal, approval.policy, summary: summary))
      else { return .answered(.denied(.tooManyWait)) }
      return .answered(.waiting(request))
    } catch { return .answered(.denied(undecided(error))) }
  }

  /// The last question: is there room in every limit?
  private func reserve(
    _ caller: Caller, _ call: Call, _ claims: [(Rulebook.Attached, Claim)], _ policy: String
  ) async throws -> Admission {
    let own = ownLimits(of: caller)
    let uses = claims.map { $0.1.use(by: caller, under: $0.0) } + own.map(\.use)
    switch try await counters.reserve(uses) {
    case .full(let index, let now) where index < claims.count:
      return .denied(.limit(claims[index].1, claims[index].0, at: now))
    case .full(let index, let now):
      return .denied(own[index - claims.count].denial(at: now))
    case .reserved(let reservation, let used, let now):
      let names = own.map(\.name) + claims.map(\.1.limit.pointer)
      let counted = Array(zip(uses, used))
      let allowances = zip(names, counted[claims.count...] + counted[..<claims.count]).map { name, count in
        Allowance(name, count.0, used: count.1, at: now)
      }
      return .permitted(
        Permit(
          caller: caller, call: call, allowances: allowances, reservation: reservation,
          policy: policy.isEmpty ? nil : policy))
    }
  }

  /// Gives back what a call was counted for that never ran: the protocol failed, not the tool.
  package func giveBack(_ reservation: Counters.Reservation) async {
    do { try await counters.giveBack(reservation) } catch {
      log.error("a reservation stays counted", ["reason": .string("\(error)")])
    }
  }

  /// Decides on a request that calls no tool: listing, discovery, the handshake.
  ///
  /// These have a count of their own, so that a client that lists often doesn't use up its calls; it admits at least
  /// 60 a minute, since a client needs several before its first call.
  package func admit(_ caller: Caller, method: String) async -> Denial? {
    do {
      guard try await rules.page().switches.isOpen else { return .closed }
    } catch { return undecided(error) }
    let now = world.now
    let (isAdmitted, allowance) = requests.take(
      caller.connectionID, limit: caller.perMinute.map { max(60, $0) }, now: now)
    return isAdmitted
      ? nil
      : .overLimit(
        "requests", "per_minute", .minute, allowance.limit ?? 0, until: allowance.resetsAt, now: now)
  }

  /// Whether the caller sees the tool in a list: what it could call if the arguments were right. Asked after `admit`,
  /// which has read what was decided last.
  package func isVisible(_ tool: ToolDefinition, to caller: Caller) -> Bool {
    let page = rules.lastPage
    return gate(caller, tool, page, page.policies(of: caller)) == nil
      && caller.scopes.allows(tool.requiredScope)
  }

  /// Whether a tool's risk alone asks for a person, where no policy says whether one has to agree.
  private func needsApproval(
    _ caller: Caller, _ tool: ToolDefinition, _ policies: [Rulebook.Attached]
  ) -> Bool {
    guard tool.risk == .high,
      !policies.contains(where: { $0.policy?.speaksOfApproval(tool.name) ?? false })
    else { return false }
    switch configuration.approvesHighRisk {
    case .all: return true
    case .browserLogins: return caller.credential == .accessToken
    case .none: return false
    }
  }

  /// Whether the caller could make this call now, apart from limits and approval: for what goes on after a request was
  /// admitted, such as telling somebody of a change. It uses nothing of anybody's limits.
  package func mayCall(_ tool: ToolDefinition, _ arguments: JSONObject, _ caller: Caller) async -> Bool {
    let page: Rulebook.Page
    do { page = try await rules.page() } catch { return false }
    let policies = page.policies(of: caller)
    guard gate(caller, tool, page, policies) == nil, caller.scopes.allows(tool.requiredScope) else {
      return false
    }
    let call: Call
    do throws(ArgumentError) { call = try Call(tool, arguments) } catch { return false }
    if let model = call.model, let allowed = caller.allowedModels, !allowed.contains(model) { return false }
    return policies.allSatisfy { attached in
      if case .allowed(_, approval: nil) = attached.ruling(on: tool.name, call.arguments) {
        true
      } else {
        false
      }
    }
  }

  private func requiredAuthentication(of tool: ToolDefinition) -> RequiredAuthentication? {
    guard tool.risk == .high, let stepUp = configuration.stepUp else { return tool.requiredAuthentication }
    return stepUp.and(tool.requiredAuthentication)
  }

  private func gate(
    _ caller: Caller, _ tool: ToolDefinition, _ page: Rulebook.Page, _ policies: [Rulebook.Attached]
  ) -> Denial? {
    guard page.switches.isOpen else { return .closed }
    guard !page.switches.inactiveTools.contains(tool.name) else { return .inactive(tool) }
    if let allowed = caller.allowedTools, !allowed.contains(tool.name) { return .notAllowed(tool) }
    if policies.isEmpty, configuration.requiresPolicy {
      return .policy(
        Refusal(
          rule: "(no policy)",
          reason:
            "This connection has no policy yet, and without one it may do nothing. Ask an administrator."),
        nil)
    }
    for attached in policies where attached.policy?.hides(tool.name) ?? true {
      if case .denied(let refusal) = attached.ruling(on: tool.name, [:]) { return .policy(refusal, attached) }
    }
    return nil
  }

  // MARK: Limits that no policy holds

  private struct OwnLimit {
    let use: Counters.Use
    let what: String
    let name: String
    let limit: Int

    func denial(at now: Instant) -> Denial {
      .overLimit(what, name, use.window, limit, until: use.window.end(at: now), now: now)
    }
  }

  private func ownLimits(of caller: Caller) -> [OwnLimit] {
    let whose = "connection \(caller.connectionID)"
    let all: [(whose: String, window: Window, limit: Int?, name: String)] = [
      (whose, .minute, caller.perMinute, "per_minute"), (whose, .day, caller.perDay, "per_day"),
      ("all", .minute, configuration.perMinute, "global/per_minute"),
      ("all", .day, configuration.perDay, "global/per_day"),
    ]
    return all.compactMap { whose, window, limit, name in
      limit.map { limit in
        OwnLimit(
          use: Counters.Use(
            key: "\(whose) \(window.words)", window: window, amount: Amount(1), maximum: Amount(limit)),
          what: "tool calls", name: name, limit: limit)
      }
    }
  }

  private func undecided(_ error: any Error) -> Denial {
    log.error("nothing can be decided", ["reason": .string("\(error)")])
    return .undecided
  }
}

extension Allowance {
  fileprivate init(_ name: String, _ use: Counters.Use, used: Amount, at now: Instant) {
    let maximum = use.maximum ?? used
    self.init(
      name: name, limit: maximum.wholes, remaining: max(0, maximum.wholes - used.wholes),
      window: .seconds(use.window.seconds), resetsAt: use.window.end(at: now))
  }
}

extension Amount {
  /// Rounded down.
  fileprivate var wholes: Int { Int(millionths / 1_000_000) }
}

extension Rulebook.Attached {
  func ruling(on tool: String, _ arguments: JSONObject) -> Ruling {
    guard let policy else {
      return .denied(
        Refusal(
          rule: "(unreadable policy)",
          reason: "The policy of this connection can't be read, so nothing is allowed."))
    }
    return policy.ruling(on: tool, arguments)
  }
}

extension Claim {
  fileprivate func use(by caller: Caller, under attached: Rulebook.Attached) -> Counters.Use {
    let whose =
      switch limit.scope {
      case .grant: "grant \(caller.connectionID)"
      case .user: "user \(caller.userID)"
      // An API key has no client: it is one of its own.
      case .client: caller.clientID.map { "client \($0)" } ?? "grant \(caller.connectionID)"
      case .global: "global"
      }
    // What is counted for more than one connection is counted together, whichever of their policies names it.
    let place = limit.scope == .grant ? " \(attached.target)" : ""
    return Counters.Use(
      key: "policy\(place) \(limit.counter) \(limit.window.seconds) \(whose)",
      window: limit.window,
      amount: amount, maximum: limit.maximum)
  }
}
