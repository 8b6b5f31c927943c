internal import HTTPClient
internal import Notifications

extension Settings {
  /// Who gets letters about calls that wait for a person.
  ///
  /// - Throws: `CommandError`.
  func approvalAddressees() throws(CommandError) -> Set<ApprovalNotices.Addressee> {
    var addressees: Set<ApprovalNotices.Addressee> = []
    for name in list(.approvalMail) where name != "none" {
      guard let addressee = ApprovalNotices.Addressee(rawValue: name) else { throw refusal(.approvalMail) }
      addressees.insert(addressee)
    }
    return addressees
  }

  /// Which program is told of them; nil is none.
  ///
  /// - Throws: `CommandError`.
  func approvalWebhook() throws(CommandError) -> Webhooks.Endpoint? {
    guard let url = self[.approvalWebhook] else { return nil }
    guard HTTPClient.isFit(url) else { throw refusal(.approvalWebhook) }
    guard let file = self[.approvalWebhookSecretFile] else {
      throw .configuration(
        "with --approval-webhook there has to be a secret",
        hint: "echo whsec_$(openssl rand -base64 32) > FILE, and --approval-webhook-secret-file FILE")
    }
    guard let bytes = contents(of: file) else { throw refusal(.approvalWebhookSecretFile) }
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    let secrets = lines.compactMap { WebhookSecret(String($0)) }
    guard (1...4).contains(secrets.count), secrets.count == lines.count else {
      throw refusal(.approvalWebhookSecretFile)
    }
    return Webhooks.Endpoint(url: url, secrets: secrets)
  }
}
