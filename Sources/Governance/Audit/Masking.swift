package import JSON

/// Takes secrets out of what is about to be kept: by the names that they stand under, and by what tokens look like.
///
/// It takes too much rather than too little: a count of tokens is lost with the token.
package enum Masking {
  /// What stands in a secret's place.
  package static let mask = "•••"

  /// The value without its secrets.
  package static func masked(_ value: JSONValue) -> JSONValue { masked(value, texts: 3) }

  /// - Parameter texts: how many times JSON inside of a text inside of JSON is looked into.
  private static func masked(_ value: JSONValue, texts: Int) -> JSONValue {
    switch value {
    case .null, .bool, .integer, .number: return value
    case .string(let text): return .string(masked(text, texts: texts))
    case .array(let elements): return .array(masked(elements, texts: texts))
    case .object(let object): return .object(masked(object, texts: texts))
    }
  }

  private static func masked(_ object: JSONObject, texts: Int) -> JSONObject {
    // `{"name": "password", "value": …}`: a table of two columns.
    let isNamed = object.members.contains { member in
      naming.contains(member.name.lowercased()) && (member.value.string.map(namesSecret) ?? false)
    }
    return JSONObject(
      object.members.map { name, value in
        // A name is somebody's text as well.
        let shown = masked(name, texts: 0)
        if namesSecret(name) || isNamed && name.lowercased() == "value" { return (shown, hidden(value)) }
        return (shown, masked(value, texts: texts))
      })
  }

  private static let naming: Set<String> = ["name", "key", "field"]

  private static func masked(_ elements: [JSONValue], texts: Int) -> [JSONValue] {
    // `["password", "=", …]`: a leaf of a domain.
    if elements.count == 3, let field = elements[0].string, elements[1].string != nil, namesSecret(field) {
      return [.string(masked(field, texts: 0)), elements[1], hidden(elements[2])]
    }
    return elements.map { masked($0, texts: texts) }
  }

  /// What is empty or a truth value is no secret, and often what one looks for.
  private static func hidden(_ value: JSONValue) -> JSONValue {
    switch value {
    case .null, .bool: value
    case .string(""): value
    default: .string(mask)
    }
  }

  // MARK: Names

  /// Whether what stands under that name is a secret: by a part of the name, without what separates its words.
  package static func namesSecret(_ name: some StringProtocol) -> Bool {
    let word = String(
      decoding: name.utf8.prefix(256).compactMap { byte -> UInt8? in
        switch byte {
        case 0x41...0x5a: byte | 0x20
        case 0x61...0x7a, 0x30...0x39: byte
        case 0x80...: byte
        default: nil
        }
      }, as: UTF8.self)
    return whole.contains(word) || parts.contains { word.contains($0) }
  }

  private static let parts = [
    "password", "passwd", "passphrase", "passwort", "secret", "token", "authorization", "apikey",
    "accesskey", "privatekey", "credential", "cookie", "recoverycode", "codeverifier", "assertion",
    "onetimecode",
  ]
  private static let whole: Set<String> = ["pwd", "pass", "pin", "otp", "totp", "jwt", "cvv", "cvc", "dpop"]

  // MARK: Texts

  private static func masked(_ text: String, texts: Int) -> String {
    if texts > 0, let first = text.utf8.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
      // A document inside of a text. One that can't be read is looked through as a text.
      do { return masked(try JSONValue(parsing: text), texts: texts - 1).text } catch {}
    }
    var scanner = SecretScanner(text)
    return scanner.masked()
  }
}
