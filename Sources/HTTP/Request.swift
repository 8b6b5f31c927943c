/// One request as it came off the wire, before anybody knows who sent it.
package struct Request: Sendable {
  package var method: Method
  /// The path of the target as received, percent-encoding untouched, without the query.
  package var path: String
  /// The query without its question mark; empty when there is none.
  package var query: String
  package var fields: Fields
  package var body: [UInt8]
  /// The address that the connection came from: the peer of the socket, until a trusted proxy says otherwise.
  package var peer: IPAddress
  /// What the `:names` of the route's path stood for, decoded; filled in by the router.
  package var parameters: [String: String] = [:]

  package init(
    method: Method, path: String, query: String = "", fields: Fields = Fields(), body: [UInt8] = [],
    peer: IPAddress = .loopback
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.fields = fields
    self.body = body
    self.peer = peer
  }
}
