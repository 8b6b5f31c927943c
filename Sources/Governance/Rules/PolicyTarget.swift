internal import Authentication

/// Whose calls a policy rules: everybody's, a group's, a client's or one connection's.
package enum PolicyTarget: Sendable, Hashable, CustomStringConvertible {
  case everything
  case group(String)
  case client(String)
  case connection(String)

  /// As it is stored and written in the audit log: `connection:abc`.
  package var description: String {
    switch self {
    case .everything: "everything"
    case .group(let name): "group:\(name)"
    case .client(let id): "client:\(id)"
    case .connection(let id): "connection:\(id)"
    }
  }

  package init?(_ text: String) {
    guard text != "everything" else {
      self = .everything
      return
    }
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let name = String(text[text.index(after: colon)...])
    switch text[..<colon] {
    case "group": self = .group(name)
    case "client": self = .client(name)
    case "connection": self = .connection(name)
    default: return nil
    }
  }

  /// Those of a caller, from the widest to its own: in this order they are asked.
  static func all(of caller: Caller) -> [PolicyTarget] {
    [.everything] + caller.groups.sorted().map(PolicyTarget.group)
      + (caller.clientID.map { [.client($0)] } ?? []) + [.connection(caller.connectionID)]
  }
}
