internal import HTTP
internal import OAuth
internal import Pages
internal import World

/// What the form for a new API key brought, as it was typed.
struct KeyForm: Sendable {
  var name = ""
  var allow = ""
  /// What is wrong with the field of that name, for the person.
  var nameError: String?
  var addressError: String?

  /// A key to be, checked.
  struct Wish: Sendable {
    let name: String
    let scopes: ScopeSet
    /// nil for never.
    let lifetime: Duration?
    let addresses: AddressRules
  }

  /// How long a key's name may be, in characters.
  static let nameLimit = 80
  /// What the page offers, in days.
  private static let lifetimes = ["30": 30, "90": 90, "365": 365] as [String: Int64]

  /// Reads the form; without a wish it says what is wrong.
  static func read(_ form: Form) -> (KeyForm, Wish?) {
    var typed = KeyForm(name: form["name"] ?? "", allow: form["allow"] ?? "")
    // Scalars, not characters: one of those may be a megabyte of accents.
    if typed.name.isEmpty || typed.name.unicodeScalars.count > nameLimit {
      typed.nameError = Texts.keyNameProblem(limit: nameLimit)
    }
    let addresses: AddressRules?
    do throws(AddressRules.Problem) { addresses = try AddressRules(allow: typed.allow) } catch {
      typed.addressError = error.sentence
      addresses = nil
    }
    guard typed.nameError == nil, let addresses else { return (typed, nil) }
    let scopes: ScopeSet =
      switch form["scope"] {
      case Scope.execute.rawValue: [.execute]
      case Scope.write.rawValue: [.write]
      default: [.read]
      }
    let days = form["expires"].flatMap { lifetimes[$0] }
    return (
      typed,
      Wish(name: typed.name, scopes: scopes, lifetime: days.map { .days($0) }, addresses: addresses)
    )
  }
}

extension AddressRules.Problem {
  /// For the person who typed it.
  var sentence: String { Texts.addressProblem(line: line, text) }
}
