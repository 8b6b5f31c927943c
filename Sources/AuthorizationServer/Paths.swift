internal import OAuth

/// Where each endpoint lies: below the issuer's path, and some again at the origin's root, where clients of 2025-03-26
/// look when they find no metadata.
struct Paths: Sendable {
  let authorization, token, registration, revocation, keys, signIn, signOut, consent: String

  init(_ issuer: Issuer) {
    authorization = issuer.path + "/oauth/authorize"
    token = issuer.path + "/oauth/token"
    registration = issuer.path + "/oauth/register"
    revocation = issuer.path + "/oauth/revoke"
    keys = issuer.path + "/oauth/jwks"
    signIn = issuer.path + "/login"
    signOut = issuer.path + "/logout"
    consent = issuer.path + "/oauth/consent"
  }
}
