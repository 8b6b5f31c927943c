internal import Governance
internal import World

extension Settings {
  /// For how long the audit log is kept.
  ///
  /// - Throws: `CommandError` naming what the settings take.
  func retention() throws(CommandError) -> Retention {
    let (entries, payloads) = (
      try number(.auditRetention, in: 0...36500), try number(.payloadRetention, in: 0...36500)
    )
    return Retention(
      entries: entries == 0 ? nil : .days(Int64(entries)),
      payloads: payloads == 0 ? nil : .days(Int64(payloads)))
  }
}
