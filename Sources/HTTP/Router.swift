/// Finds the route of a request: by its literal path first, in one look-up, then by the templates in their order.
package struct Router: Sendable {
  /// What a request leads to.
  package enum Match: Sendable {
    case route(Route, parameters: [String: String])
    /// The path is known, the method is not one of its own; `allow` is the value of the `Allow` field.
    case methodNotAllowed(allow: String, isCrossOrigin: Bool)
    case notFound

    /// A name for metrics, from a set that no client can make longer.
    package var name: String {
      switch self {
      case .route(let route, _): route.name
      case .methodNotAllowed: "method_not_allowed"
      case .notFound: "not_found"
      }
    }
  }

  /// Every route in the order of the table.
  package let routes: [Route]
  private let literals: [String: Resource]
  private let templates: [(template: PathTemplate, resource: Resource)]

  /// - Precondition: no two routes have the same method and path. The table is code, so this is found at first start.
  package init(_ routes: [Route]) {
    self.routes = routes
    var literals: [String: Resource] = [:]
    var templates: [(template: PathTemplate, resource: Resource)] = []
    for route in routes {
      let template = PathTemplate(route.path)
      if template.isLiteral {
        literals[route.path, default: Resource()].add(route)
      } else if let known = templates.firstIndex(where: { $0.template.matchesTheSame(as: template) }) {
        templates[known].resource.add(route)
      } else {
        templates.append((template, Resource(route)))
      }
    }
    self.literals = literals
    self.templates = templates
  }

  /// The route of a method and a path, or why there is none.
  package func match(_ method: Method, _ path: String) -> Match {
    if let resource = literals[path] { return resource.match(method, [:]) }
    for (template, resource) in templates {
      if let parameters = template.parameters(in: path) { return resource.match(method, parameters) }
    }
    return .notFound
  }

  /// Answers by the route's handler. A path that no route has is answered 404; a method that a path does not have
  /// 405, or for `OPTIONS` 204, both with `Allow` (RFC 9110 §9.3.7, §15.5.6).
  package func respond(to request: Request) async -> Response {
    await respond(to: request, as: match(request.method, request.path))
  }

  /// The same for a match that is already known, so that its name can be used before and after.
  package func respond(to request: Request, as match: Match) async -> Response {
    switch match {
    case .route(let route, let parameters):
      guard !parameters.isEmpty else { return await route.handle(request) }
      var request = request
      request.parameters = parameters
      return await route.handle(request)
    case .methodNotAllowed(let allow, let isCrossOrigin):
      if request.method == .options { return Response(status: 204, fields: ["allow": allow]) }
      var response = Response.error(405, "method_not_allowed")
      response.fields["allow"] = allow
      if isCrossOrigin { CrossOrigin.allow(&response) }
      return response
    case .notFound:
      return Response.error(404, "not_found")
    }
  }

  /// Lets scripts read an answer that was given before a route had the request, where they may read those of its path.
  package func open(_ response: inout Response, for path: String) {
    if case .methodNotAllowed(_, isCrossOrigin: true) = match(Method(""), path) {
      CrossOrigin.allow(&response)
    }
  }

  /// The routes that share one path.
  private struct Resource: Sendable {
    private var routes: [Method: Route] = [:]
    private var allow = ""
    private var isCrossOrigin = false

    init() {}
    init(_ route: Route) { add(route) }

    mutating func add(_ route: Route) {
      precondition(routes[route.method] == nil, "two routes for \(route.method) \(route.path)")
      routes[route.method] = route
      isCrossOrigin = isCrossOrigin || route.isCrossOrigin
      var names = Set(routes.keys.map(\.name))
      if names.contains("GET") { names.insert("HEAD") }
      names.insert("OPTIONS")
      allow = names.sorted().joined(separator: ", ")
    }

    func match(_ method: Method, _ parameters: [String: String]) -> Match {
      // RFC 9110 §9.3.2: HEAD is GET without the content; the server leaves the content out.
      guard let route = routes[method] ?? (method == .head ? routes[.get] : nil) else {
        return .methodNotAllowed(allow: allow, isCrossOrigin: isCrossOrigin)
      }
      return .route(route, parameters: parameters)
    }
  }
}

/// The segments of a route's path.
struct PathTemplate: Sendable {
  private enum Segment: Sendable, Equatable { case literal(String), one(name: String), rest(name: String) }
  private let segments: [Segment]

  init(_ path: String) {
    segments = path.split(separator: "/", omittingEmptySubsequences: false).map { part in
      switch part.utf8.first {
      case UInt8(ascii: ":"): .one(name: String(part.dropFirst()))
      case UInt8(ascii: "*"): .rest(name: String(part.dropFirst()))
      default: .literal(String(part))
      }
    }
  }

  var isLiteral: Bool {
    segments.allSatisfy { if case .literal = $0 { true } else { false } }
  }

  /// Whether both take in the same paths, whatever they call the parts.
  func matchesTheSame(as other: PathTemplate) -> Bool {
    segments.count == other.segments.count
      && zip(segments, other.segments).allSatisfy { mine, theirs in
        switch (mine, theirs) {
        case (.one, .one), (.rest, .rest): true
        default: mine == theirs
        }
      }
  }

  /// What the names stand for in `path`, decoded; nil when the path does not fit, or a part of it can't be decoded.
  func parameters(in path: String) -> [String: String]? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count >= segments.count else { return nil }
    var parameters: [String: String] = [:]
    for (index, segment) in segments.enumerated() {
      switch segment {
      case .literal(let text):
        guard parts[index] == text else { return nil }
      case .one(let name):
        guard !parts[index].isEmpty, let value = percentDecoded(parts[index]) else { return nil }
        parameters[name] = value
      case .rest(let name):
        guard !parts[index].isEmpty, let value = percentDecoded(parts[index...].joined(separator: "/"))
        else { return nil }
        parameters[name] = value
        return parameters
      }
    }
    return parts.count == segments.count ? parameters : nil
  }
}
