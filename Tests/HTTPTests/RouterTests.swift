import HTTP
import Testing

@Suite("Router")
struct RouterTests {
  /// Each route answers with its name and its parameters, so that a test sees which one was taken.
  static func route(_ method: Method, _ path: String, name: String? = nil) -> Route {
    Route(method, path, name: name) { request in
      let parameters = request.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      return Response(
        status: 200, body: Array(([request.method.name, path] + parameters).joined(separator: " ").utf8))
    }
  }

  static let router = Router([
    route(.get, "/"), route(.post, "/token"), route(.get, "/authorize"), route(.post, "/authorize"),
    route(.get, "/register/:id"), route(.delete, "/register/:id"), route(.get, "/register/new"),
    route(.get, "/users/:user/keys/:key", name: "key"),
    route(.get, "/.well-known/oauth-protected-resource/*resource"),
    route(.get, "/users/:user/keys/first"), route(.options, "/cors"), route(.get, "/cors"),
  ])

  static func answer(_ method: Method, _ path: String) async -> (status: Int, allow: String?, body: String) {
    let response = await router.respond(to: Request(method: method, path: path))
    guard case .bytes(let body) = response.body else { return (response.status, nil, "a stream") }
    return (response.status, response.fields["allow"], String(decoding: body, as: UTF8.self))
  }

  @Test(arguments: [
    (Method.get, "/", "GET /"), (.post, "/token", "POST /token"), (.post, "/authorize", "POST /authorize"),
    (.get, "/register/42", "GET /register/:id id=42"),
    (.delete, "/register/42", "DELETE /register/:id id=42"),
    (.get, "/register/new", "GET /register/new"), (.get, "/register/a%2Fb%20c", "GET /register/:id id=a/b c"),
    (.get, "/users/1/keys/2", "GET /users/:user/keys/:key key=2 user=1"),
    (
      .get, "/.well-known/oauth-protected-resource/a/b",
      "GET /.well-known/oauth-protected-resource/*resource resource=a/b"
    ),
    (.options, "/cors", "OPTIONS /cors"),
  ])
  func `a request finds its route, the literal path before the template`(
    method: Method, path: String, body: String
  )
    async
  {
    let answer = await Self.answer(method, path)
    #expect(answer.status == 200)
    #expect(answer.body == body)
  }

  @Test(arguments: [
    "", "/nothing", "/token/", "//token", "/Token", "/register", "/register/", "/register/1/2",
    "/register/%zz",
    "/register/%FF", "/users//keys/1", "/.well-known/oauth-protected-resource/",
    "/.well-known/oauth-protected-resource",
    "/%74oken",
  ])
  func `RFC 9110 §15.5.5 a path that no route has is answered 404`(path: String) async {
    let answer = await Self.answer(.get, path)
    #expect(answer.status == 404)
    #expect(answer.body == #"{"error":"not_found"}"#)
  }

  @Test(arguments: [
    (Method.get, "/token", "OPTIONS, POST"), (.head, "/token", "OPTIONS, POST"),
    (.put, "/authorize", "GET, HEAD, OPTIONS, POST"), (.post, "/register/42", "DELETE, GET, HEAD, OPTIONS"),
    (Method("get"), "/", "GET, HEAD, OPTIONS"),
  ])
  func `RFC 9110 §15.5.6 a method that the path does not have is answered 405 with Allow`(
    method: Method, path: String, allow: String
  ) async {
    let answer = await Self.answer(method, path)
    #expect(answer.status == 405)
    #expect(answer.allow == allow)
    #expect(answer.body == #"{"error":"method_not_allowed"}"#)
  }

  @Test func `RFC 9110 §9.3.7 OPTIONS of a known path names its methods`() async {
    let answer = await Self.answer(.options, "/token")
    #expect(answer.status == 204)
    #expect(answer.allow == "OPTIONS, POST")
    #expect(await Self.answer(.options, "/nothing").status == 404)
  }

  @Test func `RFC 9110 §9.3.2 HEAD is served by the route of GET`() async {
    #expect(await Self.answer(.head, "/authorize").body == "HEAD /authorize")
  }

  @Test(arguments: [
    (Method.get, "/users/1/keys/2", "key"), (.get, "/register/42", "/register/:id"),
    (.get, "/x", "not_found"),
    (.get, "/token", "method_not_allowed"),
  ])
  func `metrics see the name of the route, never the path`(method: Method, path: String, name: String) {
    #expect(Self.router.match(method, path).name == name)
  }

  @Test func `two routes for one method and path are found at first start`() async {
    await #expect(processExitsWith: .failure) {
      _ = Router([RouterTests.route(.get, "/a/:x"), RouterTests.route(.get, "/a/:y")])
    }
  }
}
