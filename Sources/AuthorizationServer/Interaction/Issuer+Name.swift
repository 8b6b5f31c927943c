package import OAuth

extension Issuer {
  /// What authenticator apps show beside a person's name: the host, and the path where several share one.
  package var displayName: String {
    guard let separator = url.firstRange(of: "://") else { return url }
    return String(url[separator.upperBound...])
  }
}
