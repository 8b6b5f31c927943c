package import Accounts
internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
package import WebAuthn

/// What a page tells the browser about a ceremony, and what the browser tells back. Bytes travel in base64url; the
/// script of the pages turns them into what `navigator.credentials` takes.
package enum PasskeyOptions {
  /// For `navigator.credentials.get` (WebAuthn Level 2 §5.5).
  ///
  /// - Parameter allowed: the person's credentials; empty asks for one that knows whose it is.
  package static func get(
    challenge: [UInt8], at party: RelyingParty, allowed: [[UInt8]] = [], requiresVerification: Bool
  ) -> String {
    let options: JSONValue = [
      "challenge": .string(Base64URL.encode(challenge)), "rpId": .string(party.id), "timeout": 120_000,
      "userVerification": requiresVerification ? "required" : "discouraged",
      "allowCredentials": .array(allowed.map(Self.descriptor)),
    ]
    return options.text
  }

  /// For `navigator.credentials.create` (WebAuthn Level 2 §5.4).
  package static func create(
    challenge: [UInt8], at party: RelyingParty, user: User, handle: [UInt8], excluding known: [[UInt8]]
  ) -> String {
    let options: JSONValue = [
      "challenge": .string(Base64URL.encode(challenge)), "timeout": 120_000, "attestation": "none",
      "rp": ["id": .string(party.id), "name": "Gatehouse"],
      "user": [
        "id": .string(Base64URL.encode(handle)), "name": .string(user.login),
        "displayName": .string(user.name),
      ],
      "pubKeyCredParams": .array(
        CredentialKey.algorithms.map { ["type": "public-key", "alg": .integer($0)] }),
      "authenticatorSelection": [
        "residentKey": "preferred", "userVerification": "required",
      ],
      "excludeCredentials": .array(known.map(Self.descriptor)),
    ]
    return options.text
  }

  private static func descriptor(_ id: [UInt8]) -> JSONValue {
    ["type": "public-key", "id": .string(Base64URL.encode(id))]
  }
}

extension Passkeys.Answer {
  /// Reads what the pages' script put into the form.
  init?(_ form: Form) {
    guard let id = form.bytes("id"), let client = form.bytes("client_data"),
      let authenticator = form.bytes("authenticator_data"), let signature = form.bytes("signature")
    else { return nil }
    self.init(
      credentialID: id, clientData: client, authenticatorData: authenticator, signature: signature,
      userHandle: form.bytes("user_handle"))
  }
}

extension Form {
  /// A field in base64url.
  package func bytes(_ name: String) -> [UInt8]? { self[name].flatMap { Base64URL.decode($0) } }
}
