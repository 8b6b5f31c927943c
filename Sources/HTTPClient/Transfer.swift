internal import CCurl
internal import Crypto
internal import Glibc
internal import HTTP

/// One request of ours while it runs, on the thread that waits for it. curl calls back with each address, each header
/// line and each piece of the body.
@safe final class Transfer {
  private let door: AddressGuard
  private let limits: HTTPClient.Limits
  private var headLength = 0
  private var fields = Fields()
  private var body: [UInt8] = []
  private var wasRefused = false
  private var isTooLong = false
  private let isStatusEnough: Bool
  private var hasEnough = false

  init(door: AddressGuard, limits: HTTPClient.Limits, isStatusEnough: Bool = false) {
    self.door = door
    self.limits = limits
    self.isStatusEnough = isStatusEnough
  }

  /// curl's own preparation, which has to come before every thread that uses it.
  static let prepare: Void = {
    let code = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    precondition(code == CURLE_OK, "curl_global_init failed")
  }()

  /// Sends the request and waits for the end of its answer, or of the time that it has.
  func run(
    _ request: HTTPClient.Request, authorities: String?
  ) -> Result<HTTPClient.Reply, HTTPClientError> {
    guard let curl = unsafe curl_easy_init() else { return .failure(.unreachable("curl has no room")) }
    defer { unsafe curl_easy_cleanup(curl) }
    var lines = ["Accept: \(request.accepting)"]
    if let authorization = request.authorization {
      lines.append("Authorization: " + String(decoding: authorization.bytes, as: UTF8.self))
    }
    if request.json != nil { lines.append("Content-Type: application/json") }
    lines += request.fields.map { "\($0.name): \($0.value)" }
    // Not to wait for leave to send a body of a few hundred bytes.
    if request.form != nil || request.json != nil { lines.append("Expect:") }
    // Nothing that came from elsewhere may end its line.
    guard lines.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } }) else {
      return .failure(.unfitURL)
    }
    var sent: UnsafeMutablePointer<curl_slist>?
    defer { unsafe curl_slist_free_all(sent) }
    for line in lines {
      guard let longer = unsafe curl_slist_append(sent, line) else {
        return .failure(.unreachable("curl has no room"))
      }
      unsafe sent = longer
    }
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    let milliseconds = max(1, Int(limits.time / .milliseconds(1)))
    let numbers: [(CURLoption, Int)] = [
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_TIMEOUT_MS, milliseconds),
      (CURLOPT_CONNECTTIMEOUT_MS, milliseconds), (CURLOPT_SSL_VERIFYPEER, 1), (CURLOPT_SSL_VERIFYHOST, 2),
      (CURLOPT_SSLVERSION, Int(gatehouse_curl_tls_1_2)), (CURLOPT_HTTP_VERSION, Int(gatehouse_curl_http_1_1)),
      (CURLOPT_DISALLOW_USERNAME_IN_URL, 1), (CURLOPT_HTTP_CONTENT_DECODING, 0), (CURLOPT_PATH_AS_IS, 1),
      (CURLOPT_FORBID_REUSE, 1), (CURLOPT_HTTP09_ALLOWED, 0),
    ]
    var texts: [(CURLoption, String)] = [
      (CURLOPT_URL, request.url), (CURLOPT_PROTOCOLS_STR, "https"), (CURLOPT_USERAGENT, "Gatehouse"),
      // Empty rather than unset, which would leave it to the environment.
      (CURLOPT_PROXY, ""),
    ]
    if let body = request.json ?? request.form?.bytes {
      texts.append((CURLOPT_COPYPOSTFIELDS, String(decoding: body, as: UTF8.self)))
    }
    if let authorities { texts.append((CURLOPT_CAINFO, authorities)) }
    let isReady =
      unsafe numbers.allSatisfy { unsafe gatehouse_curl_set_number(curl, $0.0, $0.1) == CURLE_OK }
      && texts.allSatisfy { unsafe gatehouse_curl_set_text(curl, $0.0, $0.1) == CURLE_OK }
      && gatehouse_curl_set_fields(curl, sent) == CURLE_OK
      && gatehouse_curl_set_receivers(curl, receiveHead, receiveBody, context) == CURLE_OK
      && gatehouse_curl_set_door(curl, openSocket, context) == CURLE_OK
    guard isReady else { return .failure(.unfitURL) }

    let code = unsafe curl_easy_perform(curl)
    if wasRefused, code != CURLE_OK { return .failure(.forbiddenAddress) }
    if isTooLong { return .failure(.tooLong) }
    switch code {
    case CURLE_OK: break
    case CURLE_WRITE_ERROR where hasEnough: break
    case CURLE_OPERATION_TIMEDOUT: return .failure(.tooSlow)
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_LOGIN_DENIED: return .failure(.unfitURL)
    default: return .failure(.unreachable(unsafe String(cString: curl_easy_strerror(code))))
    }
    // Nothing but plain bytes was asked for: a body that expands could be of any size.
    if !isStatusEnough, let encoding = fields["content-encoding"], encoding.lowercased() != "identity" {
      return .failure(.unreachable("the answer is encoded as nobody asked"))
    }
    return .success(
      HTTPClient.Reply(status: unsafe gatehouse_curl_status(curl), fields: fields, body: body))
  }

  /// Whether a socket may be opened to this address; nil is one of a family that nobody has rules for.
  fileprivate func admits(_ address: IPAddress?) -> Bool {
    if let address, door.admits(address) { return true }
    wasRefused = true
    return false
  }

  fileprivate func takeHead(_ line: [UInt8]) -> Bool {
    headLength += line.count
    guard headLength <= limits.head else {
      isTooLong = true
      return false
    }
    // A status line begins a head anew: interim answers (100, 103) have fields of their own.
    if line.starts(with: "HTTP/".utf8) {
      fields = Fields()
    } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
      let name = String(decoding: line[..<colon], as: UTF8.self)
      let value = line[(colon + 1)...].trimming(where: { $0 <= 0x20 })
      fields.add(name, String(decoding: value, as: UTF8.self))
    }
    return true
  }

  fileprivate func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard !isStatusEnough else {
      hasEnough = true
      return false
    }
    guard body.count + bytes.count <= limits.body else {
      isTooLong = true
      return false
    }
    unsafe body.append(contentsOf: bytes)
    return true
  }
}

extension ArraySlice<UInt8> {
  fileprivate func trimming(where isSpace: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    var rest = drop(while: isSpace)
    while let last = rest.last, isSpace(last) { rest.removeLast() }
    return rest
  }
}

// What curl calls: `context` is the transfer that waits for it.

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
  guard let context = unsafe context else { return nil }
  return unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
}

private func receiveHead(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  let line = unsafe Array(UnsafeRawBufferPointer(start: bytes, count: size * count))
  return unsafe transfer(context)?.takeHead(line) ?? false ? size * count : 0
}

private func receiveBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
  // Anything but the count ends the transfer.
  return unsafe transfer(context)?.takeBody(piece) ?? false ? size * count : -1
}

private func openSocket(
  _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype,
  _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  guard let address = unsafe address, let transfer = unsafe transfer(context) else {
    return gatehouse_curl_no_socket
  }
  var octets = [UInt8](repeating: 0, count: 16)
  let count = unsafe gatehouse_curl_octets(address, &octets)
  guard transfer.admits(IPAddress(octets: Array(octets.prefix(Int(count))))) else {
    return gatehouse_curl_no_socket
  }
  return unsafe socket(
    address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
}
