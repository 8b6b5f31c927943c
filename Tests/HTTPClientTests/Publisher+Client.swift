import HTTP
import HTTPClient
import Support
import Testing

extension Publisher {
  /// A client that may reach it and trusts it.
  func client() throws -> HTTPClient {
    try HTTPClient(
      door: AddressGuard(allowing: [try #require(IPNetwork("127.0.0.1"))]), authorities: authorities,
      concurrency: 4)
  }
}
