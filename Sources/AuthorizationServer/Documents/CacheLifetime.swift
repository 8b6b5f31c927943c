internal import HTTP
internal import World

/// How long a fetched document is fresh: what its publisher says (RFC 9111 §5.2.2), within bounds of ours.
struct CacheLifetime: Sendable {
  let duration: Duration

  /// Not even `no-store` makes us fetch for every request.
  static let shortest: Duration = .seconds(60)
  /// However long a publisher says, a changed key or redirect URI is known after this.
  static let longest: Duration = .hours(24)
  /// When the publisher says nothing.
  static let usual: Duration = .minutes(5)

  init(_ fields: Fields) {
    let directives = fields.all("cache-control").joined(separator: ",").lowercased().split(separator: ",")
      .map { directive in directive.filter { $0 != " " && $0 != "\t" && $0 != "\"" } }
    guard !directives.contains(where: { $0 == "no-store" || $0 == "no-cache" }) else {
      duration = Self.shortest
      return
    }
    guard let age = directives.first(where: { $0.hasPrefix("max-age=") }) else {
      duration = Self.usual
      return
    }
    // RFC 9111 §4.2.1: an argument that is no number makes the answer stale; §5.1: an age counts from its origin.
    let said = Int64(age.dropFirst("max-age=".count).prefix(12)) ?? 0
    let spent = fields["age"].flatMap { Int64($0.prefix(12)) } ?? 0
    duration = min(max(.seconds(max(0, said - max(0, spent))), Self.shortest), Self.longest)
  }
}
