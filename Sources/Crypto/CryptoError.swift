/// Why a cryptographic operation was not done.
package enum CryptoError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A key, point or PEM text that is not what it should be.
  case malformedKey
  /// A password hash that is not Argon2id in PHC form, or asks for more work than this house does.
  case malformedPasswordHash
  /// A salt shorter than 8 or longer than 64 octets.
  case unfitSalt
  /// What was sealed is too short, was changed, or was sealed with another key or for another purpose.
  case notAuthentic
  /// Too many password hashes wait already; the caller answers 503.
  case busy
  /// The library failed, out of memory for one; the reason names the call.
  case failed(String)

  package var description: String {
    switch self {
    case .malformedKey: "the key is malformed"
    case .malformedPasswordHash: "the stored password hash is malformed"
    case .unfitSalt: "the salt has an unfit length"
    case .notAuthentic: "the sealed bytes are not authentic"
    case .busy: "too many password checks are waiting"
    case .failed(let call): "\(call) failed"
    }
  }
}
