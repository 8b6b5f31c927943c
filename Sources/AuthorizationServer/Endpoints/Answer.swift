internal import HTTP
internal import JSON
internal import OAuth
internal import Telemetry

/// The one place that writes JSON answers and errors of the authorization server.
struct Answer: Sendable {
  let log: Log

  /// RFC 6749 §5.1: responses that hold tokens or credentials MUST NOT be cached; none of ours is.
  private static let fields: Fields = [
    "content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff",
  ]

  func json(_ value: JSONObject, status: Int = 200) -> Response {
    Response(status: status, fields: Self.fields, body: JSONValue.object(value).serialized())
  }

  /// RFC 6749 §5.2: an error as JSON; the reason goes to the log alone.
  func error(_ error: OAuthError, at endpoint: String, challenge: String? = nil) -> Response {
    let fields: KeyValuePairs<String, LogValue> = [
      "endpoint": .string(endpoint), "error": .string(error.code.rawValue), "says": .string(error.says),
      "because": .string(error.because),
    ]
    log.write(error.isWaiting ? .debug : .info, "request refused", fields)
    var response = json(
      ["error": .string(error.code.rawValue), "error_description": .string(error.says)], status: error.status)
    if let challenge { response.fields["www-authenticate"] = challenge }
    return response
  }

  /// 429, with the time to wait.
  func tooMany(_ says: String, _ wait: TooManyAttempts) -> Response {
    var response = json(
      ["error": "temporarily_unavailable", "error_description": .string(says)], status: 429)
    response.fields["retry-after"] = String(wait.seconds)
    return response
  }

  /// What was thrown at an endpoint that authenticates clients. RFC 6749 §5.2: if the client used the Authorization
  /// field, a refusal of it MUST name that scheme.
  func refusal(_ error: any Error, of request: Request, at endpoint: String) -> Response {
    guard let known = error as? OAuthError else { return failure(error, at: endpoint) }
    return self.error(
      known, at: endpoint,
      challenge: known.code == .invalidClient && ClientAuthentication.usesBasic(request)
        ? "Basic realm=\"gatehouse\"" : nil)
  }

  /// Whatever else was thrown: `server_error` outside, the truth in the log.
  func failure(_ error: any Error, at endpoint: String) -> Response {
    if let known = error as? OAuthError { return self.error(known, at: endpoint) }
    if let wait = error as? TooManyAttempts { return tooMany("too many requests of this kind", wait) }
    log.error("request failed", ["endpoint": .string(endpoint), "reason": .string("\(error)")])
    return json(
      ["error": "server_error", "error_description": "something went wrong here, not with the request"],
      status: 500)
  }
}
