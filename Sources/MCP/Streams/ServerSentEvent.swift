internal import World

/// The text of server-sent events (HTML Living Standard §9.2.6).
enum ServerSentEvent {
  /// One JSON-RPC message; our writer leaves no line break in it.
  static func message(_ json: [UInt8], id: String? = nil) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(json.count + 64)
    if let id { bytes += Array("id: \(id)\n".utf8) }
    bytes += Array("event: message\ndata: ".utf8)
    bytes += json
    bytes += Array("\n\n".utf8)
    return bytes
  }

  /// The event without data that gives a client something to come back with before there is anything to say
  /// (2025-11-25 Transports, "Sending Messages to the Server" 6).
  static func priming(id: String, retry: Duration) -> [UInt8] {
    Array("id: \(id)\nretry: \(retry.wholeMicroseconds / 1000)\ndata: \n\n".utf8)
  }

  /// How long to wait before coming back.
  static func retry(_ delay: Duration) -> [UInt8] {
    Array("retry: \(delay.wholeMicroseconds / 1000)\n\n".utf8)
  }

  /// A comment, which keeps what lies between from closing a quiet stream.
  static let comment = Array(": \n\n".utf8)
}
