internal import OAuth

/// Where each endpoint lies: below the issuer's path, and some again at the origin's root, where clients of 2025-03-26
/// look when they find no metadata.
struct Paths: Sendable {
  let authorization, token, registration, revocation, pushed, introspection, keys: String
  let signIn, signOut, consent: String
  /// The second step of signing in, and passkeys.
  let provider, factor, factorPasskey, enrolment, passkeySignIn, namedPasskey, forgotten: String
  /// Where devices ask for codes, and the page on which people type them.
  let deviceAuthorization, device, deviceConsent: String

  init(_ issuer: Issuer) {
    authorization = issuer.path + "/oauth/authorize"
    token = issuer.path + "/oauth/token"
    registration = issuer.path + "/oauth/register"
    revocation = issuer.path + "/oauth/revoke"
    pushed = issuer.path + "/oauth/par"
    introspection = issuer.path + "/oauth/introspect"
    keys = issuer.path + "/oauth/jwks"
    signIn = issuer.path + "/login"
    provider = issuer.path + "/login/provider/"
    factor = issuer.path + "/login/factor"
    factorPasskey = issuer.path + "/login/factor/passkey"
    enrolment = issuer.path + "/login/enrol"
    forgotten = issuer.path + "/login/forgotten"
    namedPasskey = issuer.path + "/login/passkey/named"
    passkeySignIn = issuer.path + "/login/passkey"
    signOut = issuer.path + "/logout"
    consent = issuer.path + "/oauth/consent"
    deviceAuthorization = issuer.path + "/oauth/device_authorization"
    device = issuer.path + "/device"
    deviceConsent = issuer.path + "/device/consent"
  }
}
