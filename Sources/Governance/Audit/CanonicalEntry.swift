internal import JSON
internal import World

/// What the chain covers: every column by its name, as canonical JSON (RFC 8785). A column that is empty has no member,
/// so that a column added later leaves old hashes as they are.
///
/// It is written straight into bytes: every append and every verified entry comes through here.
extension AuditEntry {
  /// What is hashed, behind the bytes of `head`.
  func canonical(behind head: [UInt8] = []) -> [UInt8] {
    var text = CanonicalText(behind: head)
    if let actor { text.member("actor", actor) }
    text.member("address", address)
    if let clientID { text.member("client_id", clientID) }
    if let code { text.member("code", code) }
    if let connectionID { text.member("connection_id", connectionID) }
    if let duration { text.member("duration_us", duration.wholeMicroseconds) }
    text.member("kind", kind.rawValue)
    if let login { text.member("login", login) }
    text.member("method", method)
    if let model { text.member("model", model) }
    if let payloadDigest { text.member("payload", payloadDigest.hexadecimal) }
    if let policy { text.member("policy", policy) }
    if let rule { text.member("rule", rule) }
    if let status { text.member("status", Int64(status)) }
    text.member("time", time.microseconds)
    if let tool { text.member("tool", tool) }
    if let userID { text.member("user_id", userID) }
    return text.finished()
  }

  /// The same as a JSON object, for exports: with the time as people write it.
  var object: JSONObject {
    var members: [(String, JSONValue)] = []
    members.reserveCapacity(17)
    if let actor { members.append(("actor", .string(actor))) }
    members.append(("address", .string(address)))
    if let clientID { members.append(("client_id", .string(clientID))) }
    if let code { members.append(("code", .string(code))) }
    if let connectionID { members.append(("connection_id", .string(connectionID))) }
    if let duration { members.append(("duration_us", .integer(duration.wholeMicroseconds))) }
    members.append(("kind", .string(kind.rawValue)))
    if let login { members.append(("login", .string(login))) }
    members.append(("method", .string(method)))
    if let model { members.append(("model", .string(model))) }
    if let payloadDigest { members.append(("payload", .string(payloadDigest.hexadecimal))) }
    if let policy { members.append(("policy", .string(policy))) }
    if let rule { members.append(("rule", .string(rule))) }
    if let status { members.append(("status", .integer(Int64(status)))) }
    members.append(("time", .string(time.rfc3339Microseconds)))
    if let tool { members.append(("tool", .string(tool))) }
    if let userID { members.append(("user_id", .integer(userID))) }
    return JSONObject(members)
  }
}

/// A JSON object that is written member by member, in canonical form if its names come in their order (RFC 8785 §3.2).
struct CanonicalText {
  private var bytes: [UInt8]
  private var isFirst = true

  init(behind head: [UInt8]) {
    bytes = []
    bytes.reserveCapacity(head.count + 448)
    bytes += head
    bytes.append(UInt8(ascii: "{"))
  }

  /// - Parameter name: has nothing to escape.
  mutating func member(_ name: String, _ value: String) {
    begin(name)
    bytes.append(UInt8(ascii: "\""))
    let start = bytes.count
    bytes.append(contentsOf: value.utf8)
    // RFC 8785 §3.2.2.2: only these must be escaped, which names, addresses and codes hardly ever have.
    if bytes[start...].contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5c }) {
      bytes.removeSubrange((start - 1)...)
      bytes += JSONValue.string(value).canonical()
    } else {
      bytes.append(UInt8(ascii: "\""))
    }
  }

  mutating func member(_ name: String, _ value: Int64) {
    begin(name)
    bytes.append(contentsOf: String(value).utf8)
  }

  func finished() -> [UInt8] { bytes + [UInt8(ascii: "}")] }

  private mutating func begin(_ name: String) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: name.utf8)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
  }
}

extension [UInt8] {
  /// In hexadecimal digits, small ones.
  package var hexadecimal: String {
    let digit = { (value: UInt8) in value + (value < 10 ? 0x30 : 0x61 - 10) }
    var text: [UInt8] = []
    text.reserveCapacity(count * 2)
    for byte in self { text += [digit(byte >> 4), digit(byte & 15)] }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes that hexadecimal digits stand for; nil when they are none, or an odd number of them.
  package init?(hexadecimal text: some StringProtocol) {
    let digits = text.utf8.map { digit -> UInt8? in
      switch digit {
      case 0x30...0x39: digit - 0x30
      case 0x41...0x46: digit - 0x41 + 10
      case 0x61...0x66: digit - 0x61 + 10
      default: nil
      }
    }
    guard digits.count.isMultiple(of: 2) else { return nil }
    self = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[index], let low = digits[index + 1] else { return nil }
      append(high << 4 | low)
    }
  }
}
