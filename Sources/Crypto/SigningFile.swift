internal import World

/// The text in which signing keys lie on the disk: one file for all of them, so that to replace it is one step.
///
///     Key: <kid>
///     Algorithm: ES256
///     Signs-From: 2026-11-21T08:15:30.250Z 1795248930250000
///     -----BEGIN PRIVATE KEY----- …
///
///     Seal: <MAC of all above, under a key of this house>
///
/// The seal tells a file of another house, and one that was cut or changed, from ours. A file of one key without any
/// of this is what the first version wrote.
struct SigningFile {
  enum Damage: Error {
    case malformed(String)
    /// Whole, but of another house; or changed.
    case foreign
  }

  let timeline: SigningTimeline
  let isSealed: Bool

  private static let begin = "-----BEGIN PRIVATE KEY-----"
  private static let end = "-----END PRIVATE KEY-----"
  private static let sealed = "\nSeal: "
  static let limit = 256 << 10

  /// - Parameters:
  ///   - seal: this house's.
  ///   - made: since when a key without a date has signed.
  init(_ text: String, seal: HMACKey, made: Instant) throws(Damage) {
    guard let mark = text.ranges(of: Self.sealed).last else {
      let key: SigningKey
      do { key = try SigningKey(pem: text) } catch { throw .malformed("\(error)") }
      guard let timeline = SigningTimeline([.init(key, from: made)]) else { throw .malformed("no key") }
      self.timeline = timeline
      isSealed = false
      return
    }
    let body = text[..<mark.lowerBound]
    let code = text[mark.upperBound...].prefix { !$0.isNewline }
    guard text[mark.upperBound...].dropFirst(code.count).allSatisfy(\.isNewline),
      let code = Base64URL.decode(code)
    else { throw .malformed("the seal is damaged") }
    guard seal.isValid(code, for: Array(body.utf8)) else { throw .foreign }
    var entries: [SigningTimeline.Entry] = []
    var from: Instant?
    var rest = body.split(separator: "\n", omittingEmptySubsequences: false)[...]
    while let line = rest.popFirst() {
      if line.hasPrefix("Signs-From: ") {
        from = line.split(separator: " ").last.flatMap { Int64($0) }.map { Instant(microseconds: $0) }
      } else if line == Self.begin {
        guard let last = rest.firstIndex(where: { $0 == Self.end }), let begins = from else {
          throw .malformed("a key without its date or end")
        }
        let pem = ([line] + rest[...last]).joined(separator: "\n") + "\n"
        do { entries.append(.init(try SigningKey(pem: pem), from: begins)) } catch {
          throw .malformed("\(error)")
        }
        rest = rest[(last + 1)...]
        from = nil
      }
    }
    guard let timeline = SigningTimeline(entries) else { throw .malformed("no key") }
    self.timeline = timeline
    isSealed = true
  }

  /// The file of these keys.
  ///
  /// - Parameter now: the key that signs then stands first, which is the one that older versions read.
  static func text(_ timeline: SigningTimeline, seal: HMACKey, at now: Instant) -> String {
    let body =
      "Signing keys of Gatehouse. They are changed by `gatehouse key-rotation` alone.\n"
      + timeline.published(at: now).map { entry in
        """

        Key: \(entry.key.publicKey.thumbprint)
        Algorithm: \(entry.key.publicKey.algorithm.rawValue)
        Signs-From: \(entry.from.rfc3339) \(entry.from.microseconds)
        \(entry.key.pem)
        """
      }.joined()
    return body + sealed + Base64URL.encode(seal.code(for: Array(body.utf8))) + "\n"
  }
}
