internal import Crypto
internal import World

/// Remembers, in a cookie of theirs, the devices on which somebody signed in: others' failed tries at the same account
/// don't slow them down there. The cookie says nothing of whose it is and proves nothing else.
struct KnownDevices: Sendable {
  private let key: HMACKey
  private let world: World

  /// How long a device stays known after a login.
  static let lifetime: Duration = .days(365)

  init(key: HMACKey, world: World) {
    self.key = key
    self.world = world
  }

  /// The cookie's value after a login.
  func remember(_ login: String) -> String {
    let id = "\(Base64URL.encode(world.random(12))).\((world.now + Self.lifetime).seconds)"
    return "\(id).\(Base64URL.encode(key.code(for: message(id, login))))"
  }

  /// Names the device, if somebody signed in on it under that name.
  func device(_ cookie: String?, of login: String) -> String? {
    guard let cookie, cookie.utf8.count <= 128 else { return nil }
    let parts = cookie.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let expiry = Int64(parts[1]), world.now < Instant(seconds: expiry),
      let code = Base64URL.decode(parts[2]), key.isValid(code, for: message("\(parts[0]).\(parts[1])", login))
    else { return nil }
    return String(parts[0])
  }

  private func message(_ id: String, _ login: String) -> [UInt8] { Array("\(id) \(login.lowercased())".utf8) }
}
