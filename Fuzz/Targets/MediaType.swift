internal import HTTP

extension FuzzTarget {
  /// `Content-Type` and `Accept` (RFC 9110 §8.3.1, §12.5.1).
  static let mediaType = FuzzTarget(name: "media-type") { bytes in
    let text = text(bytes)
    let accept = Accept([text])
    for offer in [MediaType.json, .eventStream, .html] {
      try hold((0...1000).contains(accept.weight(of: offer)), "a weight is out of its range")
    }
    if let preferred = accept.preferred(of: [.json, .eventStream]) {
      try hold(accept.includes(preferred), "\(preferred) is preferred and not taken")
    }
    guard let type = MediaType(text) else { return }
    try hold(MediaType(type.description) == type, "\(type) is not read as itself")
    try hold(type.covers(type), "\(type) does not cover itself")
    try hold(
      Accept([type.description]).names(type), "\(type) is not named by an Accept field that is nothing else")
  }
}
