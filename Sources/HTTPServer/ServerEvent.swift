package import HTTP

/// What happens at the edge outside of any handler, for logs and metrics.
package enum ServerEvent: Sendable {
  case connectionOpened(peer: IPAddress)
  case connectionClosed(peer: IPAddress)
  /// A request was answered before any handler saw it, and the connection closes. The reason is one of a fixed set.
  case refused(status: Int, reason: String, peer: IPAddress)
  /// A handler gave a status or a field that can't be written; the client got 500 in its place.
  case uncleanResponse(method: Method, path: String)
  /// Something failed that belongs to no request: no descriptor for a new connection, no memory.
  case trouble(String)
}
