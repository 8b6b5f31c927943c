package import Accounts
internal import Crypto
package import HTTP
internal import OAuth
internal import World

/// The browser behind a request: its cookies, its session, and whether it may be believed to have meant what it sends.
package struct Browser: Sendable {
  private let sessions: BrowserSessions
  private let origin: String
  private let isSecure: Bool
  private let world: World

  init(sessions: BrowserSessions, issuer: Issuer, world: World) {
    self.sessions = sessions
    self.origin = issuer.origin
    self.isSecure = issuer.isSecure
    self.world = world
  }

  /// `__Host-` binds a cookie to this host, path and TLS; without TLS, on a loopback issuer alone, browsers would
  /// refuse it.
  private var sessionName: String { isSecure ? "__Host-gatehouse-session" : "gatehouse-session" }
  private var visitName: String { isSecure ? "__Host-gatehouse-visit" : "gatehouse-visit" }

  private var deviceName: String { isSecure ? "__Host-gatehouse-device" : "gatehouse-device" }

  /// The value by which a device is known on which somebody signed in before.
  func deviceCookie(_ request: Request) -> String? { Cookies(request.fields)[deviceName] }

  func keep(device: String, in response: inout Response) {
    set(deviceName, device, KnownDevices.lifetime, in: &response)
  }

  /// The value of the session cookie.
  package func sessionCookie(_ request: Request) -> String? { Cookies(request.fields)[sessionName] }

  /// The person who is signed in, if any.
  package func session(_ request: Request) async throws -> BrowserSessions.Session? {
    guard let cookie = sessionCookie(request) else { return nil }
    return try await sessions.session(cookie)
  }

  /// The value that ties a login form to this browser before anybody has signed in.
  func visitCookie(_ request: Request) -> String? {
    Cookies(request.fields)[visitName].flatMap { $0.utf8.count == 22 ? $0 : nil }
  }

  func newVisit() -> String { Base64URL.encode(world.random(16)) }

  func keep(visit: String, in response: inout Response) {
    set(visitName, visit, Ticket.lifetime, in: &response)
  }

  /// Starts a session under a new identifier, so that one planted before the login is worth nothing, and ends the one
  /// that it takes the place of.
  ///
  /// - Throws: `BrowserSessions.Overtaken`, `StorageError`.
  func signIn(_ proof: SignIn.Proof, _ request: Request, _ response: inout Response) async throws {
    let former = try await session(request)
    let token = try await sessions.start(
      for: proof.user, address: request.peer, agent: request.fields["user-agent"] ?? "", by: proof.factors,
      at: proof.at, authenticatedAt: proof.authenticatedAt)
    if let former { try await sessions.end(former) }
    set(sessionName, token, BrowserSessions.absoluteLimit, in: &response)
  }

  func signOut(_ request: Request, _ response: inout Response) async throws {
    if let session = try await session(request) { try await sessions.end(session) }
    set(sessionName, "", .zero, in: &response)
  }

  private func set(_ name: String, _ value: String, _ age: Duration, in response: inout Response) {
    // The only names and values that come here are our own, so there is always a cookie.
    if let cookie = SetCookie(name: name, value: value, maximumAge: age, isSecure: isSecure) {
      response.set(cookie)
    }
  }

  /// Whether a form was sent by a page of ours (Fetch Metadata, and `Origin` where that is missing).
  ///
  /// The ticket in the form proves it already; this refuses a forgery before anything is looked at.
  package func isOwnForm(_ request: Request) -> Bool {
    if let site = request.fields["sec-fetch-site"] { return site == "same-origin" || site == "none" }
    // Browsers send `null` where a referrer policy forbids more; the ticket decides then.
    if let from = request.fields["origin"], from != "null" { return from == origin }
    return true
  }
}
