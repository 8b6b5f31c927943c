internal import Storage
package import World

/// Which entries of the log are meant: those for which all that is said holds.
package struct AuditFilter: Sendable, Equatable {
  /// How it ended.
  package enum Ending: Sendable, Equatable {
    /// With that HTTP status.
    case status(Int)
    /// With nothing wrong.
    case fine
    /// With something wrong, or refused.
    case failed
  }

  /// The first moment, and the one behind the last.
  package var from, to: Instant?
  package var userID: Int64?
  package var connectionID: String?
  package var tool: String?
  package var ending: Ending?
  package var kind: AuditEntry.Kind?

  package init(userID: Int64? = nil, connectionID: String? = nil) {
    self.userID = userID
    self.connectionID = connectionID
  }

  /// Whether it lets everything through.
  package var isEmpty: Bool { self == AuditFilter() }

  /// What an entry has to fulfil. The few kinds and statuses that are rare have indexes of their own, which a bound value
  /// alone would not reach: what is not the common one is said twice.
  var conditions: [SQL] {
    var conditions: [SQL] = []
    if let from { conditions.append("time >= \(from)") }
    if let to { conditions.append("time < \(to)") }
    if let userID { conditions.append("user_id = \(userID)") }
    if let connectionID { conditions.append("connection_id = \(connectionID)") }
    if let tool { conditions.append("tool = \(tool)") }
    if let kind {
      conditions.append("kind = \(kind.rawValue)")
      if kind != .response { conditions.append("kind <> 'response'") }
    }
    switch ending {
    case .status(let status)?:
      conditions.append("status = \(status)")
      if status != 200 { conditions.append("status <> 200") }
    case .fine?: conditions.append("code IS NULL")
    case .failed?: conditions += ["(code IS NOT NULL) = 1", "code IS NOT NULL"]
    case nil: break
    }
    return conditions
  }
}
