internal import Accounts
internal import AuthorizationServer
internal import HTTP
internal import OAuth
internal import Pages
internal import World

/// The list of connections, and API keys made below it.
extension AccountPages {
  func show(_ request: Request) async -> Response {
    await signedIn(request, "account") { user, cookie in try await page(user, cookie) }
  }

  private func page(
    _ user: User, _ cookie: String, newKey: NewKey? = nil, typed: KeyForm = KeyForm()
  ) async throws -> Response {
    var rows: [ConnectionRow] = []
    for connection in try await connections.all(of: user.id, limit: 100) {
      rows.append(try await row(connection))
    }
    let company: String = if let id = user.companyID { try await users.companyName(id) ?? "" } else { "" }
    return AccountPage(
      userName: user.name, login: user.login, companyName: company,
      ticket: try server.tickets.issue(.account, for: cookie, content: ""), connections: rows, newKey: newKey,
      createKeyAction: account + "/keys", keyNameError: typed.nameError, keyName: typed.name,
      addressError: typed.addressError, allow: typed.allow, accountPath: account, activityPath: activity,
      signOutPath: issuer.path + "/logout"
    ).response(status: typed.nameError == nil && typed.addressError == nil ? 200 : 400)
  }

  func makeKey(_ request: Request) async -> Response {
    await form(request, "new key") { user, cookie, form in
      let (typed, wish) = KeyForm.read(form)
      guard let wish else { return try await page(user, cookie, typed: typed) }
      let made = try await keys.create(
        for: user.id, name: wish.name, scopes: wish.scopes, expiresAt: wish.lifetime.map { world.now + $0 },
        addresses: wish.addresses)
      try await events.record(
        Event(.keyCreated, userID: user.id, connectionID: made.connectionID, address: request.peer))
      return try await page(user, cookie, newKey: shown(made, name: wish.name))
    }
  }

  /// A key that was just made, with the setups of clients around it.
  func shown(_ made: APIKeys.Made, name: String) -> NewKey {
    let setup = ClientSetup(url: issuer.resource.text, key: made.key)
    return NewKey(
      name: name, key: made.key, snippets: setup.snippets.map { Snippet(title: $0.client, text: $0.text) })
  }
}
