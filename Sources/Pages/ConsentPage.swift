/// Asks whether a client may act for the person. Posts `ticket`, `decision` (`allow`, `deny` or `switch`) and one
/// `scope` per ticked line to `action`. All that the decision is about stays on the server, bound to the ticket.
package struct ConsentPage: Page {
  /// Where the form goes: a path of ours.
  package var action: String
  /// The value that ties the form to the request that it decides about (CSRF).
  package var ticket: String
  /// What the client calls itself.
  package var clientName: String
  /// The host that published the client's metadata document, when it has one: the only part of its identity that
  /// somebody vouches for.
  package var clientHost: String?
  /// Whether the client came by dynamic registration, so that nobody has checked it.
  package var isSelfRegistered: Bool
  /// The host, with the port if there is one, that the person is sent to afterwards.
  package var redirectHost: String
  /// Whether that is the person's own computer.
  package var isLoopback: Bool
  /// Whether that is a program by its own scheme, whichever takes it there.
  package var isApplication: Bool
  /// The code of the device that the client waits on; then nobody is sent anywhere.
  package var deviceCode: String?
  /// Whether this person has never let this client in.
  package var isFirstTime: Bool
  /// The person, as people call them.
  package var userName: String
  /// The person, as they sign in.
  package var login: String
  /// The company whose data it is about.
  package var companyName: String
  /// The resource that the tokens will open.
  package var resource: String
  /// What the client asked for, in the order to show it.
  package var scopes: [ScopeChoice]
  /// For how long, as a sentence.
  package var lifetime: String
  /// The choice not to be asked again, posted as `remember`; nil where it could not hold.
  package var remember: RememberChoice?

  package init(
    action: String, ticket: String, clientName: String, clientHost: String? = nil, isSelfRegistered: Bool,
    redirectHost: String, isLoopback: Bool, isApplication: Bool = false, deviceCode: String? = nil,
    isFirstTime: Bool, userName: String,
    login: String, companyName: String, resource: String, scopes: [ScopeChoice], lifetime: String,
    remember: RememberChoice? = nil
  ) {
    self.action = action
    self.ticket = ticket
    self.clientName = clientName
    self.clientHost = clientHost
    self.isSelfRegistered = isSelfRegistered
    self.redirectHost = redirectHost
    self.isLoopback = isLoopback
    self.isApplication = isApplication
    self.deviceCode = deviceCode
    self.isFirstTime = isFirstTime
    self.userName = userName
    self.login = login
    self.companyName = companyName
    self.resource = resource
    self.scopes = scopes
    self.lifetime = lifetime
    self.remember = remember
  }

  package static let template: StaticString = "consent"
  package static let width = PageWidth.medium
  package static let place = PagePlace.authorization
  package var title: String { Texts.consent }

  package func fill(_ values: borrowing PageValues) {
    values.exact("ACTION", action)
    values.exact("TICKET", ticket)
    values.name("CLIENT_NAME", clientName)
    // Where the answer stays on a device, anybody can ask in the name of a client that they read of.
    let isLocal = isLoopback || isApplication || deviceCode != nil
    values.show(isLocal ? "CLAIMED_HOST" : "BY_HOST", with: clientHost) { $0.text("CLIENT_HOST", $1) }
    values.show("BY_ITSELF", if: isSelfRegistered)
    values.show("BY_ADMINISTRATOR", if: !isSelfRegistered && clientHost == nil)
    let isLookAlike = (isSelfRegistered || clientHost != nil) && LookAlike.isOfGatehouse(clientName)
    values.show("WARNING", if: isSelfRegistered || isLocal || isLookAlike)
    values.show("LOOK_ALIKE", if: isLookAlike)
    values.show("APPLICATION", if: isApplication)
    values.show("SELF_REGISTERED", if: isSelfRegistered)
    values.show(deviceCode == nil ? "CHECK_PLACE" : "CHECK_DEVICE")
    values.show("DEVICE", with: deviceCode) { $0.exact("DEVICE_CODE", $1) }
    values.show("REDIRECT", if: deviceCode == nil)
    values.text("REDIRECT_HOST", redirectHost)
    values.show("LOOPBACK", if: isLoopback)
    values.show("FIRST_TIME", if: isFirstTime)
    values.name("USER_NAME", userName)
    values.name("LOGIN", login)
    values.show("COMPANY", with: companyName.isEmpty ? nil : companyName) { $0.name("COMPANY_NAME", $1) }
    values.show("NO_COMPANY", if: companyName.isEmpty)
    values.text("RESOURCE", resource)
    values.text("LIFETIME", lifetime)
    values.show("REMEMBER", with: remember) { section, choice in
      section.text("REMEMBER_DETAIL", Texts.remembered(days: choice.days))
      section.show("CHECKED", if: choice.isChecked)
    }
    values.show("SCOPE", each: Array(scopes.enumerated())) { row, scope in
      row.exact("SCOPE_INDEX", String(scope.offset))
      scope.element.fill(row)
    }
  }
}

/// The choice not to be asked again for the same.
package struct RememberChoice: Sendable {
  /// For how long it holds.
  package var days: Int64
  /// Whether the box starts ticked.
  package var isChecked: Bool

  package init(days: Int64, isChecked: Bool) {
    self.days = days
    self.isChecked = isChecked
  }
}

/// One thing that a client may be allowed, as a line with a box to tick.
package struct ScopeChoice: Sendable {
  /// The scope value that the form posts.
  package var value: String
  /// What it allows, in plain words.
  package var sentence: String
  /// What that means in practice.
  package var detail: String
  /// Whether it can't be unticked; it is posted all the same.
  package var isRequired: Bool
  /// Whether the box starts ticked.
  package var isChecked: Bool

  package init(
    value: String, sentence: String, detail: String, isRequired: Bool = false, isChecked: Bool = true
  ) {
    self.value = value
    self.sentence = sentence
    self.detail = detail
    self.isRequired = isRequired
    self.isChecked = isChecked
  }

  func fill(_ row: borrowing PageValues) {
    row.exact("SCOPE_VALUE", value)
    row.text("SCOPE_SENTENCE", sentence)
    row.text("SCOPE_DETAIL", detail)
    row.show(isRequired ? "FIXED" : "FREE")
    row.show("CHECKED", if: isChecked)
  }
}
