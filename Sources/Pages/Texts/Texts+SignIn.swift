/// Signing in, links and devices.
extension Texts {
  package static let signInOnceMore = "To change how you sign in, sign in once more."
  package static let wrongPassword = "That user name and password do not match."
  package static func tooManyAttempts(seconds: Int64) -> String {
    "Too many failed attempts. Try again in \(seconds) seconds."
  }
  package static func providerCancelled(_ provider: String) -> String {
    "You did not sign in with \(provider)."
  }
  package static func providerRefused(_ provider: String) -> String {
    "\(provider) did not let you in. Try again, or ask your administrator."
  }

  package static let wrongCode = "That code is not right, or it was used before."
  package static let wrongFirstCode = "That code is not right. Look whether your phone's clock is."
  package static let passkeyFailed = "That passkey did not work. Try again, or use another way."
  package static let passkeyUnknown = "That passkey did not work here. Sign in with your password."
  package static let userNameFirst = "Type your user name first."
  package static let tooManyAttempts = "Too many failed attempts. Wait a while."
  package static let unknownDeviceCode = "That code is not known, or its time is over."
  package static let nameMissing = "Say what people call you."

  package static func tooManyCodes(seconds: Int64) -> String {
    "Too many wrong codes. Try again in \(seconds) seconds."
  }

  package static func tooManyLetters(seconds: Int64) -> String {
    "Too many letters were asked for. Try again in \(seconds) seconds."
  }

  package static func cannotBeUsed(_ why: String) -> String { "That can't be used: \(why)." }

  package static func wantsPasskey(_ client: String) -> String {
    "\(client) asks for more than your password: sign in with your passkey."
  }

  package static func wantsCode(_ client: String) -> String {
    "\(client) asks for more than your password: sign in again, with a code of your app."
  }
}
