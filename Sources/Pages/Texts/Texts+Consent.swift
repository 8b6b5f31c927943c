/// What a person decides about: each scope in a sentence, and what that means in practice.
extension Texts {
  package typealias Choice = (sentence: String, detail: String)

  package static let mayRead: Choice = (
    "See your business records", "Look up customers, orders, invoices and everything else that you can see."
  )
  package static let mayWrite: Choice = (
    "Create and change records for you", "Add, edit and delete where your own rights allow it."
  )
  package static let mayExecute: Choice = (
    "Run actions for you", "Confirm, post, send and start jobs where your own rights allow it."
  )
  package static let mayAdminister: Choice = (
    "Administer this gateway", "Change tools, policies and connections."
  )
  package static let mayStay: Choice = (
    "Stay connected", "Keep working without asking you to sign in again each time."
  )

  package static let accessForYear =
    "For a year; it ends sooner when it is not used for 30 days, and whenever you want, on your account page."
  package static let accessForMinutes = "For ten minutes. Then it has to ask you again."

  static func remembered(days: Int64) -> String {
    "For \(Texts.days(days)), when you open it yourself and it asks for no more than this. Another website that sends you here makes us ask all the same."
  }
}
