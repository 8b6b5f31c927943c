internal import Crypto
package import HTTP
internal import OAuth
package import Pages
package import Telemetry
package import World

/// The one place that writes error pages for people: what happened and what to do, with a reference into the log.
package struct Problem: Sendable {
  private let log: Log
  private let world: World

  package init(log: Log, world: World) {
    self.log = log
    self.world = world
  }

  /// - Parameter because: for the log alone.
  package func page(
    _ status: Int, _ title: String, _ explanation: String, hint: String? = nil, because: String
  ) -> Response {
    let reference = Base62.encode(world.random(6))
    log.info(
      "page refused",
      [
        "status": .integer(status), "title": .string(title), "because": .string(because),
        "reference": .string(reference),
      ])
    return ErrorPage(title: title, explanation: explanation, hint: hint, reference: reference).response(
      status: status)
  }

  /// The same, with words of the catalogue.
  package func page(_ status: Int, _ text: ProblemText, because: String) -> Response {
    page(status, text.title, text.explanation, hint: text.hint, because: because)
  }

  /// A form whose ticket is forged, over, or from another browser.
  package func expiredForm() -> Response {
    page(403, Texts.expiredForm, because: "ticket or origin")
  }

  /// A form that was decided before.
  func decidedForm() -> Response {
    page(409, Texts.decidedForm, because: "ticket used before")
  }

  /// An authorization request that must not be answered by a redirect (OAuth 2.1 §4.1.2.1).
  func refused(_ error: OAuthError) -> Response {
    page(400, Texts.unusableRequest(error.says), because: "\(error.code.rawValue): \(error.because)")
  }

  /// Whatever was thrown unexpectedly.
  package func failure(_ error: any Error, at place: String) -> Response {
    log.error("page failed", ["page": .string(place), "reason": .string("\(error)")])
    return page(500, Texts.failure, because: "\(place) failed")
  }
}
