/// Why a command can't do what it was asked; printed as `gatehouse: error: …` and `gatehouse: hint: …`.
enum CommandError: Error, Sendable {
  /// The words are wrong: exit 64 (`EX_USAGE`).
  case usage(String)
  /// The settings, keys or database can't be used: exit 78 (`EX_CONFIG`).
  case configuration(String, hint: String?)
  /// Everything else: exit 1.
  case failure(String, hint: String?)

  var exitCode: Int32 {
    switch self {
    case .usage: 64
    case .configuration: 78
    case .failure: 1
    }
  }

  var message: String {
    switch self {
    case .usage(let text), .configuration(let text, _), .failure(let text, _): text
    }
  }

  var hint: String? {
    switch self {
    case .usage: "gatehouse help"
    case .configuration(_, let hint), .failure(_, let hint): hint
    }
  }
}
