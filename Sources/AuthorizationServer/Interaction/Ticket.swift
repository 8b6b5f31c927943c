package import Crypto
internal import JSON
package import World

/// A form's hidden value: what the form is about, sealed, so that nothing in it can be changed, and bound to the
/// browser that got it, so that nobody else's browser can be made to send it.
///
/// Nothing is stored for a form that is only looked at: a flood of visitors costs no row. What must happen once
/// carries the ticket's `nonce` into a unique column.
package struct Ticket: Sendable {
  /// What the form does; a ticket for one purpose opens nothing else.
  package enum Purpose: String, Sendable {
    case signIn, freshSignIn, consent, account, device, deviceConsent
    case secondFactor, enrolment, passkeySignIn, addApp, addPasskey, link, providerSignIn
  }

  /// Unique to this rendering of the form.
  package let nonce: String
  /// What the form is about.
  package let content: String

  package static let lifetime: Duration = .minutes(30)

  /// Makes and opens tickets.
  package struct Office: Sendable {
    private let sealer: Sealer
    private let world: World

    /// - Throws: `CryptoError` when the key has not 32 bytes.
    package init(key: Secret, world: World) throws(CryptoError) {
      sealer = try Sealer(key: key)
      self.world = world
    }

    /// Seals a ticket for the browser that holds `cookie`.
    package func issue(_ purpose: Purpose, for cookie: String, content: String) throws(CryptoError) -> String
    {
      let body: JSONValue = [
        "n": .string(Base64URL.encode(world.random(12))), "c": .string(content),
        "x": .integer((world.now + Ticket.lifetime).seconds),
      ]
      return Base64URL.encode(try sealer.seal(body.serialized(), for: binding(purpose, cookie)))
    }

    /// - Returns: nil when the ticket is forged, over, for another purpose or from another browser.
    package func open(_ text: String?, _ purpose: Purpose, from cookie: String?) -> Ticket? {
      guard let text, let cookie, let sealed = Base64URL.decode(text) else { return nil }
      do {
        let body = try JSONValue(parsing: sealer.open(sealed, for: binding(purpose, cookie)))
        guard let nonce = body["n"]?.string, let content = body["c"]?.string, let expiry = body["x"]?.integer,
          world.now < Instant(seconds: expiry)
        else { return nil }
        return Ticket(nonce: nonce, content: content)
      } catch { return nil }
    }

    private func binding(_ purpose: Purpose, _ cookie: String) -> [UInt8] {
      Array("\(purpose.rawValue) ".utf8) + SHA256.hash(Array(cookie.utf8))
    }
  }
}
