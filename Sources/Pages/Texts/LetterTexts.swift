/// The words of the letters that are sent, beside those of the pages in `Texts`.
package enum LetterTexts {
  package static let resetSubject = "Your new password for Gatehouse"

  package static func reset(name: String, link: String) -> String {
    """
    Hello \(VisibleText.line(name, limit: VisibleText.nameLimit)),

    somebody, probably you, asked for a new password. Choose it here within an hour:

    \(link)

    If it was not you, nothing has changed, and you can forget this letter.

    """
  }

  package static let invitationSubject = "You are invited to Gatehouse"

  package static func invitation(link: String) -> String {
    """
    Hello,

    an administrator of your company invites you to Gatehouse, which connects AI assistants with your
    company's data. Choose your user name and password here within seven days:

    \(link)

    """
  }
}
