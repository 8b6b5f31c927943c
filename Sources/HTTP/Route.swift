/// One entry of the route table: what is asked, and who answers.
package struct Route: Sendable {
  /// Answers a request; `request.parameters` holds what the path's `:names` stood for.
  package typealias Handler = @Sendable (Request) async -> Response

  package let method: Method
  /// A path taken literally (`/token`), or a template: `/register/:id` takes one segment in, `/files/*rest` one or more.
  package let path: String
  /// What logs and metrics call the route. Never the path that came in: that one has as many values as clients like.
  package let name: String
  package let handle: Handler
  /// Whether scripts of other origins may read what it answers; see `CrossOrigin`.
  package var isCrossOrigin = false

  /// - Parameter name: the path template, unless another name says more.
  package init(_ method: Method, _ path: String, name: String? = nil, handle: @escaping Handler) {
    self.method = method
    self.path = path
    self.name = name ?? path
    self.handle = handle
  }
}
