package import Authentication
internal import JSON
package import Tasks
package import Tools
internal import World

extension MCPEndpoint {
  /// What an operator may change about the endpoint.
  package struct Configuration: Sendable {
    /// The name that clients show.
    package var title = "Gatehouse"
    package var version: String
    /// For models: how to use this server. Empty for none.
    package var instructions = ""
    /// What there is besides tools.
    package var repertoire = Repertoire()
    /// Entries a page of `tools/list`, `resources/list` and `prompts/list`.
    package var pageSize = 100
    /// How long clients may keep `tools/list`. None: a tool that is switched off must be gone at once.
    package var listLifetime = Duration.zero
    /// How long clients may keep `server/discover`.
    package var discoveryLifetime = Duration.seconds(300)
    /// Between two comments on a quiet stream, and two looks at what is over.
    package var tickInterval = Duration.seconds(15)
    /// How many sessions there may be, and for how long.
    var sessions = Sessions.Limits()
    /// Streams that are open at once, for changes and sessions.
    package var streamLimit = 20_000
    /// Streams that are open at once, of one connection.
    package var streamLimitPerConnection = 256
    /// How long a client's person may take to answer a question of a running call.
    package var questionTime = Duration.minutes(5)
    /// Whether a connection is still one: what is open ends with it. Asked at every tick for each that has something
    /// open; nil asks nobody.
    package var isConnected: (@Sendable (_ connectionID: String) async -> Bool)?
    /// Whether a caller may read a resource and hear of its changes; nil when there are no resources that change.
    package var mayFollow: (@Sendable (_ uri: String, Caller) async -> Bool)?
    /// Where tasks are kept; nil for a server that has none.
    package var tasks: TaskStore?
    /// Messages in a batch of 2025-03-26.
    package var batchLimit = 50
    /// The URL of the protected resource metadata (RFC 9728) for the path that was asked, which a scope challenge names.
    package var resourceMetadata: @Sendable (String) -> String

    package init(version: String, resourceMetadata: @escaping @Sendable (String) -> String) {
      self.version = version
      self.resourceMetadata = resourceMetadata
    }

    /// `Implementation` as that revision's schema has it.
    func serverInfo(_ revision: Revision) -> JSONObject {
      var info: JSONObject = ["name": "gatehouse"]
      if revision.hasStructuredContent { info["title"] = .string(title) }
      info["version"] = .string(version)
      return info
    }
  }
}
