internal import HTTP

extension FuzzTarget {
  /// Bodies and queries (WHATWG URL §5.1).
  static let form = FuzzTarget(name: "form") { bytes in
    guard let form = Form(decoding: bytes) else { return }
    let encoded = form.encoded
    guard let again = Form(decoding: encoded.utf8) else {
      throw Violation(description: "what was read is not read again: \(encoded)")
    }
    let isSame = again.pairs.elementsEqual(form.pairs) { one, other in
      one.name.utf8.elementsEqual(other.name.utf8) && one.value.utf8.elementsEqual(other.value.utf8)
    }
    try hold(isSame, "\(form.pairs) became \(again.pairs)")
    try hold(again.encoded == encoded, "the encoded form is not stable")
    for (name, value) in form.pairs {
      try hold(percentDecoded(percentEncoded(value)) == value, "\(value) is not decoded to itself")
      // OAuth 2.1 §3.1: parameters MUST NOT be included more than once, and one without a value is as omitted.
      if form.repeated.contains(name) || value.isEmpty {
        try hold(form[name] == nil, "\(name) has a value, though it is empty or repeated")
      } else {
        try hold(form[name] == value, "\(name) is not found")
      }
    }
  }
}
