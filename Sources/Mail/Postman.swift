internal import CCurl
package import Crypto
package import Threads
package import World

/// Hands letters to a mail server by SMTP (RFC 5321).
package struct Postman: Sendable {
  /// The server and who writes.
  package struct Account: Sendable {
    /// `smtps://host`, or `smtp://host` which has to offer STARTTLS unless it is this very machine.
    package var url: String
    package var sender: String
    package var user: String?
    package var password: Secret?

    package init(url: String, sender: String, user: String? = nil, password: Secret? = nil) {
      self.url = url
      self.sender = sender
      self.user = user
      self.password = password
    }

    /// Whether the server is this very machine, to which nothing travels that needs TLS.
    var isLocal: Bool {
      guard let separator = url.firstRange(of: "://") else { return false }
      let host = url[separator.upperBound...].prefix { $0 != "/" }
      return ["127.0.0.1", "localhost", "[::1]"].contains { host == $0 || host.hasPrefix($0 + ":") }
    }

    /// Whether curl would be asked for mail, and nothing else.
    package var isUsable: Bool {
      (url.hasPrefix("smtp://") || url.hasPrefix("smtps://")) && Letter.isAddress(sender)
        && url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }
  }

  /// Why a letter was not taken.
  package struct Failure: Error, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether the server refused it for good (RFC 5321 §4.2.1: 5yz), so that to try again is no use.
    package let isFinal: Bool

    package init(description: String, isFinal: Bool) {
      self.description = description
      self.isFinal = isFinal
    }
  }

  private let account: Account
  private let workers: Workers
  private let world: World

  /// How long one letter may take.
  private static let time: Duration = .seconds(30)

  /// - Throws: `ThreadError` when the system has no room for the thread.
  package init(_ account: Account, world: World) throws(ThreadError) {
    self.account = account
    self.world = world
    workers = try Workers("mail", count: 1, limit: 16)
  }

  /// Hands one letter over.
  package func send(_ letter: Letter) async throws(Failure) {
    let (account, now) = (account, world.now)
    let host = account.sender.split(separator: "@").last.map(String.init) ?? "localhost"
    let message = letter.message(
      from: account.sender, date: now.rfc5322,
      id: "\(Base62.encode(world.random(12)))@\(host)", encode: Base64.encode)
    let result: Result<Void, Failure>
    do {
      result = try await workers.run {
        Delivery(message).run(account, to: letter.recipient, within: Self.time)
      }
    } catch { throw Failure(description: "too many letters wait", isFinal: false) }
    try result.get()
  }
}

/// One letter on its way, on the thread that waits for it; curl calls for its next bytes.
@safe private final class Delivery {
  private let message: [UInt8]
  private var position = 0

  init(_ message: [UInt8]) { self.message = message }

  func run(
    _ account: Postman.Account, to recipient: String, within time: Duration
  ) -> Result<Void, Postman.Failure> {
    guard let curl = unsafe curl_easy_init() else {
      return .failure(.init(description: "curl has no room", isFinal: false))
    }
    defer { unsafe curl_easy_cleanup(curl) }
    let recipients = unsafe curl_slist_append(nil, "<\(recipient)>")
    defer { unsafe curl_slist_free_all(recipients) }
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    let milliseconds = max(1, Int(time / .milliseconds(1)))
    let numbers: [(CURLoption, Int)] = [
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_TIMEOUT_MS, milliseconds), (CURLOPT_CONNECTTIMEOUT_MS, milliseconds),
      (CURLOPT_SSL_VERIFYPEER, 1), (CURLOPT_SSL_VERIFYHOST, 2), (CURLOPT_UPLOAD, 1),
      (CURLOPT_SSLVERSION, Int(gatehouse_curl_tls_1_2)),
      (CURLOPT_USE_SSL, Int(account.isLocal ? gatehouse_curl_tls_if_offered : gatehouse_curl_tls_required)),
    ]
    var texts: [(CURLoption, String)] = [
      (CURLOPT_URL, account.url), (CURLOPT_PROTOCOLS_STR, "smtp,smtps"),
      (CURLOPT_MAIL_FROM, "<\(account.sender)>"), (CURLOPT_PROXY, ""),
    ]
    if let user = account.user { texts.append((CURLOPT_USERNAME, user)) }
    if let password = account.password {
      texts.append((CURLOPT_PASSWORD, String(decoding: password.bytes, as: UTF8.self)))
    }
    let isReady =
      unsafe numbers.allSatisfy { unsafe gatehouse_curl_set_number(curl, $0.0, $0.1) == CURLE_OK }
      && texts.allSatisfy { unsafe gatehouse_curl_set_text(curl, $0.0, $0.1) == CURLE_OK }
      && gatehouse_curl_set_recipients(curl, recipients) == CURLE_OK
      && gatehouse_curl_set_sender(curl, giveBytes, context) == CURLE_OK
    guard isReady else { return .failure(.init(description: "the smtp-url can't be used", isFinal: true)) }
    let code = unsafe curl_easy_perform(curl)
    guard code != CURLE_OK else { return .success(()) }
    let status = unsafe gatehouse_curl_status(curl)
    let words = unsafe String(cString: curl_easy_strerror(code))
    return .failure(
      .init(description: "\(words) (\(status))", isFinal: (500...599).contains(status) && status != 535))
  }

  fileprivate func give(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    let piece = message[position..<min(position + buffer.count, message.count)]
    unsafe buffer.copyBytes(from: piece)
    position += piece.count
    return piece.count
  }
}

private func giveBytes(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context = unsafe context else { return 0 }
  let delivery = unsafe Unmanaged<Delivery>.fromOpaque(context).takeUnretainedValue()
  return unsafe delivery.give(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}
