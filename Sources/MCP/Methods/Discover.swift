internal import JSON
internal import World

extension MCPEndpoint {
  /// `server/discover` of 2026-07-28: servers MUST implement it.
  func discover() -> [UInt8] {
    var result: JSONObject = [
      "resultType": "complete", "supportedVersions": .array(Revision.modern.map { .string($0.rawValue) }),
      "capabilities": .object(capabilities(.july2026)),
    ]
    if !configuration.instructions.isEmpty { result["instructions"] = .string(configuration.instructions) }
    return Reply.members(result) + cacheHints(configuration.discoveryLifetime) + serverInfoMember
  }

  /// server/utilities/caching: MUST be on every complete result of the operations that can be cached.
  ///
  /// Private, always: what a caller sees depends on its authorization.
  func cacheHints(_ lifetime: Duration) -> [UInt8] {
    Array(#","ttlMs":\#(max(0, lifetime.wholeMicroseconds / 1000)),"cacheScope":"private""#.utf8)
  }
}
