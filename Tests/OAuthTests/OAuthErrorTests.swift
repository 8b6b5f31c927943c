internal import OAuth
internal import Testing

@Suite("Errors (RFC 6749 §5.2)")
struct OAuthErrorTests {
  @Test(arguments: OAuthError.Code.allCases)
  func `a code is of small letters and underscores, and has its status`(code: OAuthError.Code) {
    #expect(code.rawValue.utf8.allSatisfy { (0x61...0x7a).contains($0) || $0 == 0x5f })
    let status =
      switch code {
      case .invalidClient, .invalidToken: 401
      case .insufficientScope: 403
      case .serverError: 500
      case .temporarilyUnavailable: 503
      default: 400
      }
    #expect(OAuthError(code, says: "x").status == status)
  }
}
