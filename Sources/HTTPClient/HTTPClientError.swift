/// Why a request of ours has no answer.
package enum HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The URL is none that this client fetches.
  case unfitURL
  /// The host is at an address that is not public.
  case forbiddenAddress
  /// The answer is longer than was allowed.
  case tooLong
  /// It took longer than was allowed.
  case tooSlow
  /// No such host, nobody there, a certificate that is not trusted, or an answer that is no HTTP; in curl's words.
  case unreachable(String)
  /// Too many requests of ours wait already.
  case busy

  package var description: String {
    switch self {
    case .unfitURL: "the URL is not one that is fetched"
    case .forbiddenAddress: "the host has no public address"
    case .tooLong: "the answer is too long"
    case .tooSlow: "the answer took too long"
    case .unreachable(let reason): "the host can't be reached: \(reason)"
    case .busy: "too many requests are under way"
    }
  }
}
