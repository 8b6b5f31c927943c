internal import Glibc

/// The program: reads the command line, runs one command, and exits with its code.
@main
struct Gatehouse {
  static let version = "0.1.0"

  static func main() async {
    exit(await run(Array(CommandLine.arguments.dropFirst()), Terminal.standard))
  }

  /// Runs one command.
  ///
  /// - Parameters:
  ///   - environment: the variables that settings may come from.
  ///   - file: the path of `gatehouse.json`.
  /// - Returns: the exit code.
  static func run(
    _ words: [String], _ console: Terminal, environment: [String: String] = processEnvironment(),
    file: String = Settings.file
  ) async -> Int32 {
    do {
      try await Command(words, environment: environment, file: file).run(console)
      return 0
    } catch let error as CommandError {
      console.error(error.message, hint: error.hint)
      return error.exitCode
    } catch {
      console.error("\(error)", hint: nil)
      return 1
    }
  }
}

extension String {
  /// A name that a stranger chose, as one field of a line: nothing in it ends the line or moves the cursor.
  var asField: String {
    var field = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: field.append("\u{FFFD}")
      default: field.append(scalar)
      }
    }
    return String(field)
  }
}

/// Where a command prints, data on one stream, everything else on the other; and where it reads.
struct Terminal: Sendable {
  let print: @Sendable (String) -> Void
  let say: @Sendable (String) -> Void
  /// What comes by standard input; nil when it can't be read.
  let read: @Sendable () -> [UInt8]?

  static let standard = Terminal(
    print: { text in emit(text, STDOUT_FILENO) }, say: { text in emit(text, STDERR_FILENO) },
    read: { contents(of: STDIN_FILENO) })

  func error(_ message: String, hint: String?) {
    say("gatehouse: error: \(message)")
    if let hint { say("gatehouse: hint: \(hint)") }
  }

  private static func emit(_ text: String, _ file: Int32) {
    var rest = Array((text + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
      // A reader that is gone can't be told anything.
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
