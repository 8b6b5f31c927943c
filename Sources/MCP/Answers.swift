internal import Authentication
internal import Governance
internal import HTTP
internal import JSON
internal import OAuth
internal import World

/// The one place where outcomes become HTTP responses.
extension MCPEndpoint {
  func response(
    _ outcome: Outcome, id: RequestID, _ revision: Revision, _ exchange: inout Exchange
  ) -> Response {
    switch outcome {
    case .result(let members):
      var response = Self.json(200, Reply.result(members, id: id))
      if !exchange.allowances.isEmpty { Self.tell(exchange.allowances, at: world.now, in: &response) }
      return response
    case .limited(let denial): return limited(denial, id: id, revision, &exchange)
    case .error(var error):
      error.id = id
      exchange.refuse(code: "\(error.code.rawValue)")
      return Self.json(revision.isModern ? error.modernStatus : error.handshakeStatus, error.body)
    case .insufficientScope(let needed):
      // Authorization, "Scope Challenge Handling": 403 with every scope that the operation needs, at once.
      exchange.refuse(code: "insufficient_scope")
      let error = ProtocolError(
        revision.isModern ? .insufficientScope : .legacyServerError,
        "The token lacks a scope; needed: \(needed)",
        data: ["scope": .string(needed.description)], id: id)
      var response = Self.json(403, error.body)
      response.fields["www-authenticate"] = """
        \(Self.scheme(exchange)) error="insufficient_scope", scope="\(needed)", \
        resource_metadata="\(configuration.resourceMetadata(exchange.path))", \
        error_description="this operation needs another scope"
        """
      return response
    case .insufficientAuthentication(let needed):
      exchange.refuse(code: "insufficient_user_authentication")
      return insufficientAuthentication(needed, id: id, revision, exchange)
    }
  }

  /// RFC 9470 §3: 401 with how fresh and how good the sign-in behind the next token has to be.
  private func insufficientAuthentication(
    _ needed: RequiredAuthentication, id: RequestID, _ revision: Revision, _ exchange: Exchange
  ) -> Response {
    var challenge =
      "\(Self.scheme(exchange)) error=\"insufficient_user_authentication\", "
      + "error_description=\"this operation needs a fresh or better sign-in\""
    var data = JSONObject()
    if let age = needed.maximumAge {
      challenge += ", max_age=\"\(age.wholeSeconds)\""
      data["max_age"] = .integer(age.wholeSeconds)
    }
    if let context = needed.context {
      challenge += ", acr_values=\"\(context.rawValue)\""
      data["acr_values"] = .string(context.rawValue)
    }
    challenge += ", resource_metadata=\"\(configuration.resourceMetadata(exchange.path))\""
    let error = ProtocolError(
      revision.isModern ? .insufficientAuthentication : .legacyServerError,
      "The person has to sign in again for this operation", data: .object(data), id: id)
    var response = Self.json(401, error.body)
    response.fields["www-authenticate"] = challenge
    return response
  }

  /// RFC 9449 §7.1: a caller that proves a key is challenged to do so again.
  private static func scheme(_ exchange: Exchange) -> String {
    exchange.caller.isBoundToKey ? "DPoP" : "Bearer"
  }

  /// A request that calls no tool has no result to carry a refusal, so HTTP carries it.
  func limited(
    _ denial: Denial, id: RequestID?, _ revision: Revision, _ exchange: inout Exchange
  ) -> Response {
    exchange.refuse(code: denial.code, rule: denial.rule)
    let code: ProtocolError.Code = denial.limit == nil ? .unavailable : .tooManyRequests
    var data: JSONObject = ["rule": .string(denial.rule)]
    if let wait = denial.retryAfter { data["retry_after_seconds"] = .integer(wait.wholeSeconds) }
    let error = ProtocolError(
      revision.isModern ? code : .legacyServerError, denial.reason, data: .object(data), id: id)
    var response = Self.json(code.rawValue, error.body)
    if let wait = denial.retryAfter { response.fields["retry-after"] = "\(wait.wholeSeconds)" }
    if let limit = denial.limit, let window = denial.window, let wait = denial.retryAfter {
      let name = denial.rule.split(separator: "/").last ?? "limit"
      Self.tell(
        [
          Allowance(
            name: String(name), limit: limit, remaining: 0, window: window, resetsAt: world.now + wait)
        ],
        at: world.now, in: &response)
    }
    return response
  }

  /// Says what is left of limits (draft-ietf-httpapi-ratelimit-headers-10 §3 and §4).
  private static func tell(_ allowances: [Allowance], at now: Instant, in response: inout Response) {
    var (policy, left) = ("", "")
    // Pieces are put one behind the other: this is done for every call.
    for allowance in allowances.prefix(4) {
      var name = allowance.name
      // A name is a quoted string of visible ASCII (RFC 9651 §3.3.3); who has limits of other names asks `whoami`.
      guard name.utf8.allSatisfy({ (0x20...0x7e).contains($0) && $0 != 0x22 && $0 != 0x5c }) else { continue }
      if name.utf8.first != UInt8(ascii: "/") { name.replace("_", with: "-") }
      if !policy.isEmpty {
        policy += ", "
        left += ", "
      }
      policy += "\""
      policy += name
      policy += "\";q="
      policy += String(allowance.limit)
      policy += ";w="
      policy += String(allowance.window.wholeSeconds)
      left += "\""
      left += name
      left += "\";r="
      left += String(allowance.remaining)
      left += ";t="
      left += String(max(0, (allowance.resetsAt - now).wholeSeconds))
    }
    guard !policy.isEmpty else { return }
    response.fields.append(lowercase: "ratelimit-policy", policy)
    response.fields.append(lowercase: "ratelimit", left)
  }

  func refusal(
    _ error: ProtocolError, _ method: String, status: Int, _ exchange: inout Exchange
  ) -> Response {
    exchange.note(.refusal, method, code: "\(error.code.rawValue)")
    var error = error
    error.id = error.id ?? exchange.id
    return Self.json(status, error.body)
  }

  static func json(_ status: Int, _ body: [UInt8]) -> Response {
    Response(
      status: status, fields: ["content-type": "application/json", "cache-control": "no-store"], body: body)
  }
}
