package import World

/// How a person signs in, and where they are signed in: everything on it leads to a page of its own.
package struct SecurityPage: Page {
  package var login: String
  /// Where this page lies; what it links to lies below.
  package var path: String
  package var accountPath: String
  package var hasPassword: Bool
  package var hasApp: Bool
  /// Left of the recovery codes; nil where there is nothing to recover from.
  package var recoveryCodesLeft: Int?
  /// nil where browsers know no passkeys.
  package var passkeys: [PasskeyRow]?
  package var sessions: [SessionRow]
  /// What was done a moment ago.
  package var notice: String?

  package init(
    login: String, path: String, accountPath: String, hasPassword: Bool = true, hasApp: Bool,
    recoveryCodesLeft: Int?, passkeys: [PasskeyRow]?, sessions: [SessionRow], notice: String? = nil
  ) {
    self.login = login
    self.path = path
    self.accountPath = accountPath
    self.hasPassword = hasPassword
    self.hasApp = hasApp
    self.recoveryCodesLeft = recoveryCodesLeft
    self.passkeys = passkeys
    self.sessions = sessions
    self.notice = notice
  }

  package static let template: StaticString = "security"
  package static let width = PageWidth.broad
  package var script: PageScript? { .pages }
  package var title: String { Texts.security }

  package func fill(_ values: borrowing PageValues) {
    values.name("LOGIN", login)
    values.exact("ACCOUNT_PATH", accountPath)
    values.exact("ACTIVITY_PATH", accountPath + "/activity")
    values.exact("SECURITY_PATH", path)
    values.exact("APPROVALS_PATH", accountPath + "/approvals")
    values.exact("PASSWORD_PATH", path + "/password")
    values.exact("APP_PATH", path + "/app")
    values.show("NOTICE", with: notice) { $0.text("NOTICE_TEXT", $1) }
    values.show("PASSWORD", if: hasPassword)
    values.show("NO_PASSWORD", if: !hasPassword)
    if hasApp {
      values.show("APP", with: path) { $0.exact("REMOVE_PATH", $1 + "/app/remove") }
    } else {
      values.show("NO_APP")
    }
    values.show("CODES", with: recoveryCodesLeft) { section, left in
      section.exact("CODES_LEFT", String(left))
      section.exact("CODES_PATH", path + "/codes")
    }
    values.show("PASSKEYS", with: passkeys) { section, passkeys in
      section.exact("ADD_PATH", path + "/passkeys")
      section.show("NO_PASSKEY", if: passkeys.isEmpty)
      section.show("SOME_PASSKEYS", with: passkeys.isEmpty ? nil : passkeys) { some, passkeys in
        some.show("PASSKEY_ROW", each: passkeys) { $1.fill($0, path) }
      }
    }
    values.show("SESSION", each: sessions) { $1.fill($0, path) }
    values.show("OTHERS", with: sessions.count > 1 ? path : nil) {
      $0.exact("END_ALL_PATH", $1 + "/sessions/end")
    }
  }
}

/// A passkey as the security page lists it.
package struct PasskeyRow: Sendable {
  package var id: String
  package var name: String
  package var added: Instant
  package var lastUsed: Instant?

  package init(id: String, name: String, added: Instant, lastUsed: Instant?) {
    self.id = id
    self.name = name
    self.added = added
    self.lastUsed = lastUsed
  }

  func fill(_ values: borrowing PageValues, _ path: String) {
    values.name("PASSKEY_NAME", name)
    values.show("ADDED", with: added) { Moment($1).fill($0) }
    values.show("LAST_USED", with: lastUsed) { Moment($1).fill($0) }
    values.show("NEVER_USED", if: lastUsed == nil)
    values.exact("PASSKEY_PATH", "\(path)/passkeys/\(id)/remove")
  }
}

/// A browser session as the security page lists it.
package struct SessionRow: Sendable {
  package var id: String
  /// The browser, as it calls itself.
  package var device: String
  package var address: String
  package var since: Instant
  package var lastSeen: Instant
  /// How the person signed in.
  package var factors: String
  /// Whether it is the one that looks at the page.
  package var isThisOne: Bool

  package init(
    id: String, device: String, address: String, since: Instant, lastSeen: Instant, factors: String,
    isThisOne: Bool
  ) {
    self.id = id
    self.device = device
    self.address = address
    self.since = since
    self.lastSeen = lastSeen
    self.factors = factors
    self.isThisOne = isThisOne
  }

  func fill(_ values: borrowing PageValues, _ path: String) {
    values.name("DEVICE", device)
    values.text("ADDRESS", address)
    values.show("SINCE", with: since) { Moment($1).fill($0) }
    values.show("LAST_SEEN", with: lastSeen) { Moment($1).fill($0) }
    values.text("FACTORS", factors)
    values.show("THIS_ONE", if: isThisOne)
    values.show("OTHER", with: isThisOne ? nil : id) { section, id in
      section.exact("END_PATH", "\(path)/sessions/\(id)/end")
    }
  }
}
