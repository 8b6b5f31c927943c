package import Crypto
package import World

/// A time-based one-time password (RFC 6238) as every authenticator app computes it: SHA-1, six digits, thirty seconds.
package struct TOTP: Sendable {
  /// Shared with the app; 160 bits (RFC 4226 §4 R6).
  package let secret: Secret

  package static let secretLength = 20
  /// Seconds of one step.
  static let period: Int64 = 30
  private static let digits = 6
  private static let modulus: UInt32 = 1_000_000

  package init(secret: Secret) { self.secret = secret }

  /// A new secret.
  package init(world: World) { secret = Secret(world.random(Self.secretLength)) }

  /// The number of the step that a moment is in (RFC 6238 §4.2).
  package static func step(at moment: Instant) -> Int64 { moment.seconds / period }

  /// The code of a step (RFC 4226 §5.3).
  ///
  /// - Throws: `CryptoError.failed`.
  package func code(step: Int64) throws(CryptoError) -> String {
    let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * Int64($0))) }
    let mac = try HMACSHA1.code(for: counter, key: secret)
    let offset = Int(mac[19] & 0x0f)
    let number =
      UInt32(mac[offset] & 0x7f) << 24 | UInt32(mac[offset + 1]) << 16 | UInt32(mac[offset + 2]) << 8
      | UInt32(mac[offset + 3])
    let digits = String(number % Self.modulus)
    return String(repeating: "0", count: Self.digits - digits.count) + digits
  }

  /// The step whose code this is, out of the present one and its neighbours (RFC 6238 §5.2 allows one for the delay
  /// of the network; clocks of phones run before ours as well).
  ///
  /// - Parameter last: the step whose code was used last: that one and those before it count no more.
  /// - Returns: nil for a wrong code, and for one that was used.
  /// - Throws: `CryptoError.failed`.
  package func step(of code: String, at moment: Instant, after last: Int64) throws(CryptoError) -> Int64? {
    let present = Self.step(at: moment)
    var found: Int64?
    // Every step is looked at whatever is found, so that time tells nothing.
    for step in present - 1...present + 1 {
      let isThis = constantTimeEqual(Array(try self.code(step: step).utf8), Array(code.utf8))
      // RFC 6238 §5.2: the verifier MUST NOT accept the second attempt of the OTP after the successful validation.
      if isThis, step > last, found == nil { found = step }
    }
    return found
  }

  /// The secret as people type it.
  package var text: String { Base32.encode(secret.bytes) }

  /// What the QR code says: the format that Google Authenticator brought and every app reads.
  ///
  /// - Parameters:
  ///   - issuer: the host of this server.
  ///   - login: whose it is.
  package func uri(issuer: String, login: String) -> String {
    let (issuer, login) = (Self.escaped(issuer), Self.escaped(login))
    return
      "otpauth://totp/\(issuer):\(login)?secret=\(text)&issuer=\(issuer)&algorithm=SHA1&digits=6&period=30"
  }

  private static func escaped(_ text: String) -> String {
    let hex = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: out.append(byte)
      default: out += [0x25, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
