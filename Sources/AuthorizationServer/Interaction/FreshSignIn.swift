internal import Accounts
internal import Crypto
internal import HTTP
internal import OAuth
internal import World

/// Signing in again because the client asks for it: `max_age` and `prompt=login` (RFC 9470 §4, OpenID Connect Core
/// §3.1.2.1).
///
/// That the person did so since they were asked is in the link that they come back by: a sealed moment, so that
/// `max_age=0` is met once, and not asked for again and again.
struct FreshSignIn: Sendable {
  let tickets: Ticket.Office
  let world: World

  private static let parameter = "asked_to_sign_in"
  /// The moment is the link's, whichever browser opens it: what counts is when that browser's person signed in.
  private static let anybody = "anybody"

  /// Whether the person has to sign in again before the request goes on.
  func isNeeded(_ asked: AuthorizationRequest, _ session: BrowserSessions.Session, _ request: Request) -> Bool
  {
    guard Self.mayBeNeeded(asked) else { return false }
    let isOld = asked.maximumAge.map { world.now - session.signedIn.time > $0 } ?? false
    guard isOld || asked.wantsSignIn else { return false }
    let link = Form(decoding: request.query.utf8)
    guard let ticket = tickets.open(link?[Self.parameter], .freshSignIn, from: Self.anybody),
      let space = ticket.content.firstIndex(of: " "), let moment = Int64(ticket.content[..<space]),
      ticket.content[ticket.content.index(after: space)...] == Self.digest(Self.own(request.query))
    else { return true }
    return session.signedIn.time < Instant(microseconds: moment)
  }

  /// The query by which the person comes back after they signed in.
  ///
  /// - Throws: `CryptoError`.
  func query(after request: Request, for asked: AuthorizationRequest) throws(CryptoError) -> String {
    guard Self.mayBeNeeded(asked) else { return request.query }
    let own = Self.own(request.query)
    let ticket = try tickets.issue(
      .freshSignIn, for: Self.anybody, content: "\(world.now.microseconds) \(Self.digest(own))")
    return own + "&\(Self.parameter)=\(ticket)"
  }

  /// Whether a path that the person comes back by asks for it.
  static func isAsked(by next: String) -> Bool { next.contains("&\(parameter)=") }

  private static func mayBeNeeded(_ asked: AuthorizationRequest) -> Bool {
    asked.maximumAge != nil || asked.wantsSignIn
  }

  /// The client's part of a query.
  private static func own(_ query: String) -> String {
    query.split(separator: "&").filter { !$0.hasPrefix(parameter + "=") }.joined(separator: "&")
  }

  private static func digest(_ query: String) -> String { Base64URL.encode(SHA256.hash(query)) }
}
