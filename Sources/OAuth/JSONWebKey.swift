package import Crypto
package import JSON

extension PublicKey {
  /// The key as others may see it (RFC 7517 §4): its public members alone, for signatures, by its name.
  package var jwk: JSONObject {
    var object: JSONObject = [
      "kid": .string(thumbprint), "use": "sig", "alg": .string(algorithm.rawValue),
    ]
    for (name, value) in members { object[name] = .string(value) }
    return object
  }
}
