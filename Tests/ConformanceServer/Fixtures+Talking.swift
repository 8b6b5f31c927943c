internal import JSON
internal import Tools

extension Fixture {
  /// Those that say something before they are done.
  static var talking: [any Tool] {
    [
      Fixture("test_tool_with_logging", "Logs three times.") { _, talk throws(Interruption) in
        await talk.log(.info, "Tool execution started")
        try await talk.pause()
        await talk.log(.info, "Tool processing data")
        try await talk.pause()
        await talk.log(.info, "Tool execution completed")
        return .said("Tool with logging executed successfully")
      },
      Fixture("test_tool_with_progress", "Reports 0, 50 and 100 of 100.") { _, talk throws(Interruption) in
        for step in [0.0, 50, 100] {
          await talk.progress(step, of: 100, "Completed step \(Int(step)) of 100")
          if step < 100 { try await talk.pause() }
        }
        return .said(talk.progressToken.map { $0.string ?? "\($0)" } ?? "no token")
      },
      Fixture("test_logging_tool", "Logs at every level, for those who asked for it.") { _, talk in
        for level in LogLevel.allCases { await talk.log(level, "A message of level \(level.rawValue)") }
        return .said("Logged.")
      },
      Fixture("test_reconnection", "Hangs up in the middle; the result is found by coming back.") {
        _, talk throws(Interruption) in
        try await talk.pause()
        await talk.hangUp(comeBackAfter: .milliseconds(500))
        try await talk.pause(.milliseconds(200))
        return .said("Reconnection test completed: the result was there.")
      },
    ]
  }
}
