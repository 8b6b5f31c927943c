internal import HTTP

extension FuzzTarget {
  /// `Cookie` (RFC 6265 §4.2), and what of it we would set.
  static let cookie = FuzzTarget(name: "cookie") { bytes in
    let cookies = Cookies(["cookie": text(bytes)])
    for (name, value) in cookies.pairs {
      try hold(
        !name.isEmpty && !name.contains(";") && !value.contains(";"), "\(name)=\(value) is not one cookie")
      try hold(cookies.all(name).contains(value), "\(name) is not found")
      guard let cookie = SetCookie(name: name, value: value, maximumAge: .seconds(60)) else { continue }
      let line = cookie.text
      // RFC 6265 §4.1.1: neither name nor value may end the pair, the line or the head.
      try hold(
        line.utf8.allSatisfy { $0 > 0x1f && $0 < 0x7f },
        "a Set-Cookie line has what no line may have: \(line)")
      try hold(
        line.utf8.count { $0 == UInt8(ascii: ";") } == 5, "a Set-Cookie line has another attribute: \(line)")
      let back = Cookies(["cookie": "\(name)=\(value)"])
      try hold(back[name] == value, "\(line) does not come back as it went")
    }
  }
}
