/// The URI that a request is for, in a form in which two ways of writing it are one (RFC 3986 §6.2.2, §6.2.3): without
/// query and fragment, as RFC 9449 §4.3 compares `htu`.
package struct TargetURI: Hashable {
  package let text: String

  /// - Returns: nil for what is no absolute `http` or `https` URI.
  package init?(_ text: String) {
    guard text.utf8.count <= RedirectURI.lengthLimit, let parts = URIParts(text), parts.hasRealHost,
      !parts.hasUserInfo, parts.scheme == "https" || parts.scheme == "http",
      let path = Self.normalized(parts.path)
    else { return nil }
    var text = parts.scheme + "://" + (parts.host ?? "").lowercased()
    if let port = parts.port, (parts.scheme, port) != ("https", "443"), (parts.scheme, port) != ("http", "80")
    {
      text += ":" + port
    }
    self.text = text + path
  }

  /// §6.2.2.1 and §6.2.2.2: escapes in capitals, and none of a character that needs none. Dot segments stay, since no
  /// path of ours has any.
  private static func normalized(_ path: String) -> String? {
    guard path.utf8.contains(UInt8(ascii: "%")) else { return path.isEmpty ? "/" : path }
    var bytes: [UInt8] = []
    var rest = Array(path.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst(), let low = rest.popFirst(),
        let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16), high != UInt8(ascii: "+")
      else { return nil }
      let isUnreserved =
        (0x30...0x39).contains(value) || (0x41...0x5a).contains(value) || (0x61...0x7a).contains(value)
        || "-._~".utf8.contains(value)
      bytes +=
        isUnreserved
        ? [value] : Array(("%" + String(decoding: [high, low], as: UTF8.self).uppercased()).utf8)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
