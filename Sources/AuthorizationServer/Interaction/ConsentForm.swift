internal import Accounts
internal import Crypto
internal import HTTP
internal import OAuth
internal import Pages
internal import World

/// The form by which a person decides what a client may do for them: the same one for a browser that came by a link
/// and for a device that shows a code.
struct ConsentForm: Sendable {
  let users: Users
  let tokens: TokenStore
  let tickets: Ticket.Office

  /// How the client gets to hear of the decision.
  enum Way: Sendable {
    case redirect(RedirectURI)
    /// The client waits on a device of its own, which shows this code.
    case device(code: String)
  }

  /// What is to be decided.
  struct Question: Sendable {
    let client: Client
    let scopes: ScopeSet
    let resource: Resource
    let way: Way
    var memory = Memory.notOffered
  }

  /// Whether the person may ask not to be asked again.
  enum Memory: Sendable {
    case notOffered
    /// For how long, and whether they did before.
    case offered(Duration?, isKept: Bool)
  }

  /// - Parameters:
  ///   - action: where the form goes.
  ///   - ticket: that the form carries.
  func page(_ question: Question, for user: User, action: String, ticket: String) async throws -> Response {
    let (client, offered) = (question.client, Self.eligible(question.scopes, user))
    let company: String = if let id = user.companyID { try await users.companyName(id) ?? "" } else { "" }
    var (redirectHost, isLoopback, isApplication) = ("", false, false)
    var deviceCode: String?
    switch question.way {
    case .redirect(let uri):
      (redirectHost, isLoopback) = (uri.displayHost, uri.isLoopback)
      isApplication = !uri.isLoopback && uri.webHost == nil
    case .device(let code): deviceCode = code
    }
    var remember: RememberChoice?
    if case .offered(let lifetime?, let isKept) = question.memory {
      remember = RememberChoice(days: lifetime.wholeSeconds / 86400, isChecked: isKept)
    }
    return ConsentPage(
      action: action, ticket: ticket, clientName: client.name, clientHost: client.host,
      isSelfRegistered: client.isDynamic && client.host == nil, redirectHost: redirectHost,
      isLoopback: isLoopback, isApplication: isApplication,
      deviceCode: deviceCode, isFirstTime: try await !tokens.knows(client.id, userID: user.id),
      userName: user.name, login: user.login, companyName: company, resource: question.resource.text,
      scopes: offered.scopes.map(\.choice),
      lifetime: Self.lifetime(client),
      remember: remember
    ).response()
  }

  private static func lifetime(_ client: Client) -> String {
    client.grantTypes.contains(.refreshToken)
      ? Texts.accessForYear
      : Texts.accessForMinutes
  }

  /// What the person ticked of what they were asked for; nil when that is nothing.
  static func granted(_ form: Form, of asked: ScopeSet, by user: User) -> ScopeSet? {
    let ticked = ScopeSet(form.all("scope").compactMap(Scope.init(rawValue:)))
    let granted = eligible(asked, user).intersection(ticked)
    return granted.subtracting(.offlineAccess).isEmpty ? nil : granted
  }

  /// What this person can grant of what was asked for.
  static func eligible(_ asked: ScopeSet, _ user: User) -> ScopeSet {
    user.isAdministrator ? asked : asked.subtracting(.admin)
  }
}

extension Scope {
  /// The line on the consent page: what it lets the application do, in plain words.
  fileprivate var choice: ScopeChoice {
    let (sentence, detail) =
      switch self {
      case .read: Texts.mayRead
      case .write: Texts.mayWrite
      case .execute: Texts.mayExecute
      case .admin: Texts.mayAdminister
      case .offlineAccess: Texts.mayStay
      }
    return ScopeChoice(
      value: rawValue, sentence: sentence, detail: detail, isRequired: false, isChecked: true)
  }
}
