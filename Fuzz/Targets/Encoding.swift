internal import Crypto

extension FuzzTarget {
  /// Base 64, 64 for URLs, 32 and 62: each value has one text (RFC 4648 §3.5).
  static let encoding = FuzzTarget(name: "encoding") { bytes in
    try hold(Base64.decode(Base64.encode(bytes)) == bytes, "Base 64 does not come back")
    try hold(Base64URL.decode(Base64URL.encode(bytes)) == bytes, "Base 64 for URLs does not come back")
    try hold(Base32.decode(Base32.encode(bytes)) == bytes, "Base 32 does not come back")
    let few = Array(bytes.prefix(64))
    try hold(Base62.decode(Base62.encode(few), count: few.count) == few, "Base 62 does not come back")
    let text = text(bytes)
    if let value = Base64.decode(text) { try hold(Base64.encode(value) == text, "two texts in Base 64") }
    if let value = Base64URL.decode(text) {
      try hold(Base64URL.encode(value) == text, "two texts in Base 64 for URLs")
    }
    if let value = Base32.decode(text) { try hold(Base32.encode(value) == text, "two texts in Base 32") }
    for count in [0, 1, 8, 24] {
      if let value = Base62.decode(text, count: count) {
        try hold(Base62.encode(value) == text, "two texts in Base 62")
      }
    }
  }
}
