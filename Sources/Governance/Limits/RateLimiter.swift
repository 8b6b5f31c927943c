internal import Synchronization
internal import World

/// Counts what each key was admitted to in its current window.
///
/// A window opens with its first admission and lasts for a minute, so that a burst on a quiet key always gets its
/// whole limit and no more, whatever the wall clock's seconds say. What is refused isn't counted. Kept in memory:
/// a restart opens new windows. It is for requests that do nothing; calls have `Counters`.
final class RateLimiter: Sendable {
  /// What is left of a window.
  struct Left: Sendable {
    let limit: Int?
    let resetsAt: Instant
  }

  private struct Window {
    var opened: Instant
    var used: Int
  }

  private struct State {
    var windows: [String: Window] = [:]
    /// At this many windows the closed ones are cleared away.
    var crowded = 1024
  }

  static let length = Duration.seconds(60)

  private let state = Mutex(State())

  /// Takes one of `limit` for the key; without a limit there is always one.
  ///
  /// - Returns: what is left, and whether the one was there to take.
  func take(_ key: String, limit: Int?, now: Instant) -> (isAdmitted: Bool, allowance: Left) {
    state.withLock { state in
      Self.clear(&state, now: now)
      var window = Self.current(state.windows[key], now: now)
      let isAdmitted = limit.map { window.used < $0 } ?? true
      if isAdmitted {
        window.used += 1
        state.windows[key] = window
      }
      return (isAdmitted, Self.allowance(window, limit: limit))
    }
  }

  /// How many windows are kept.
  var count: Int { state.withLock { $0.windows.count } }

  private static func current(_ window: Window?, now: Instant) -> Window {
    guard var window, now < window.opened + length else { return Window(opened: now, used: 0) }
    // A clock that was set back must not lock anybody out until it has caught up.
    if now < window.opened { window.opened = now }
    return window
  }

  private static func allowance(_ window: Window, limit: Int?) -> Left {
    Left(limit: limit, resetsAt: window.opened + length)
  }

  private static func clear(_ state: inout State, now: Instant) {
    guard state.windows.count >= state.crowded else { return }
    state.windows = state.windows.filter { now < $0.value.opened + length }
    state.crowded = max(1024, state.windows.count * 2)
  }
}
