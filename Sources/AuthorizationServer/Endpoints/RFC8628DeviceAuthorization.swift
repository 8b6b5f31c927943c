internal import HTTP
internal import JSON
internal import OAuth
internal import World

/// The device authorization endpoint (RFC 8628 §3.1): a device without a browser asks for a code that its person types
/// elsewhere.
struct DeviceAuthorizationEndpoint: Sendable {
  let issuer: Issuer
  let paths: Paths
  let authentication: ClientAuthentication
  let devices: DeviceGrants
  let flood: Flood
  let answer: Answer

  func respond(to request: Request) async -> Response {
    do {
      let form = try TokenRequest.form(of: request)
      let client = try await authentication.client(of: request, form: form)
      try flood.admit(request.peer)
      guard client.grantTypes.contains(.deviceCode) else {
        throw OAuthError(
          .unauthorizedClient, says: "the client is not registered for device codes", because: client.id)
      }
      let resource = try TokenRequest.resource(form, issuer: issuer) ?? issuer.resource
      guard let scopes = client.scopes(asked: form["scope"]) else {
        throw OAuthError(.invalidScope, says: "none of the scopes is offered here")
      }
      let begun = try await devices.begin(client, scopes: scopes, resource: resource)
      let page = issuer.origin + paths.device
      return answer.json([
        "device_code": .string(begun.deviceCode), "user_code": .string(begun.userCode.display),
        "verification_uri": .string(page),
        "verification_uri_complete": .string(page + "?user_code=" + begun.userCode.display),
        "expires_in": .integer(DeviceGrants.lifetime.wholeSeconds),
        "interval": .integer(DeviceGrants.interval.wholeSeconds),
      ])
    } catch { return answer.refusal(error, of: request, at: "device authorization") }
  }
}
