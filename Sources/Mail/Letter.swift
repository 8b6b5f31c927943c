/// A short plain-text mail.
package struct Letter: Sendable, Hashable {
  package let recipient: String
  package let subject: String
  /// Lines of plain text, ended by `\n`.
  package let text: String

  /// - Returns: nil unless the recipient is one plain address, and the subject one line. Nothing that comes from outside
  ///   gets to write a header of its own.
  package init?(to recipient: String, subject: String, text: String) {
    guard Self.isAddress(recipient), subject.utf8.count <= 200, !subject.utf8.contains(where: { $0 < 0x20 })
    else { return nil }
    self.recipient = recipient
    self.subject = subject
    self.text = text
  }

  /// Whether it is an address as mail is sent to in practice: a dot-atom, an `@`, a host name (RFC 5321 §4.1.2, without
  /// its quoted forms).
  package static func isAddress(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2, text.utf8.count <= 254, (1...64).contains(parts[0].count), !parts[1].isEmpty
    else {
      return false
    }
    let isLetterOrDigit = { (byte: UInt8) in
      (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a)
    }
    return parts[0].allSatisfy { isLetterOrDigit($0) || "!#$%&'*+-/=?^_`{|}~.".utf8.contains($0) }
      && parts[0].first != UInt8(ascii: ".") && parts[0].first != UInt8(ascii: "-")
      && parts[1].allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
      && parts[1].first != UInt8(ascii: ".") && parts[1].first != UInt8(ascii: "-")
  }

  /// The mail as it is sent (RFC 5322): UTF-8 in base64, so that no line of it can be taken for anything else.
  ///
  /// - Parameters:
  ///   - date: in the form of RFC 5322 §3.3.
  ///   - id: unique, without angle brackets.
  func message(from sender: String, date: String, id: String, encode: ([UInt8]) -> String) -> [UInt8] {
    let body = Array(encode(Array(text.replacing("\n", with: "\r\n").utf8)).utf8)
    var lines = [
      "Date: \(date)", "From: Gatehouse <\(sender)>", "To: <\(recipient)>",
      "Subject: =?utf-8?B?\(encode(Array(subject.utf8)))?=", "Message-ID: <\(id)>",
      // RFC 3834 §5: nobody's absence is to be answered to us.
      "Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: base64", "",
    ]
    for start in stride(from: 0, to: body.count, by: 76) {
      lines.append(String(decoding: body[start..<min(start + 76, body.count)], as: UTF8.self))
    }
    return Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
  }
}
