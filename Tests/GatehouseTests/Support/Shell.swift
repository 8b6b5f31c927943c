internal import JSON
internal import Support
internal import Synchronization

@testable internal import Gatehouse

/// A data directory and the command line on it, in this process.
final class Shell: Sendable {
  /// What a command came to.
  struct Outcome: Sendable, CustomStringConvertible {
    let code: Int32
    let out: [String]
    let err: [String]

    /// What a command with one answer printed.
    var json: JSONValue { rows.first ?? .null }
    /// What a list printed: one value a line.
    var rows: [JSONValue] {
      out.map { line in
        do { return try JSONValue(parsing: Array(line.utf8)) } catch { return .null }
      }
    }
    var error: String? { err.first { $0.hasPrefix("gatehouse: error: ") } }
    var hint: String? { err.first { $0.hasPrefix("gatehouse: hint: ") } }
    var description: String { "\(code) \(out) \(err)" }
  }

  let directory: Directory

  /// - Parameter isEmpty: without the demo company.
  init(isEmpty: Bool = false) async throws {
    directory = try await isEmpty ? Directory() : Company.copy()
  }

  var data: String { directory.absolute("data") }

  /// Runs a command on the data directory.
  ///
  /// - Parameters:
  ///   - file: what `gatehouse.json` says.
  ///   - input: what comes by standard input.
  func run(
    _ words: String..., environment: [String: String] = [:], file: String? = nil, input: String = ""
  ) async throws -> Outcome {
    try await bare(words + ["--data", data], environment: environment, file: file, input: input)
  }

  /// Runs a command without naming the data directory.
  func bare(
    _ words: [String], environment: [String: String] = [:], file: String? = nil, input: String = ""
  ) async throws -> Outcome {
    if let file { try directory.write(Array(file.utf8), to: "gatehouse.json") }
    let (out, err) = (Lines(), Lines())
    let code = await Gatehouse.run(
      words,
      Terminal(print: { out.add($0) }, say: { err.add($0) }, read: { Array(input.utf8) }),
      environment: environment, file: directory.absolute("gatehouse.json"))
    return Outcome(code: code, out: out.all, err: err.all)
  }

  private final class Lines: Sendable {
    private let kept = Mutex<[String]>([])
    func add(_ text: String) {
      kept.withLock { $0 += text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
    }
    var all: [String] { kept.withLock { $0 } }
  }
}
