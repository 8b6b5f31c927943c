/// The words behind a command's name, taken apart by what the command declares.
struct Arguments: Sendable {
  private(set) var positional: [String] = []
  private(set) var options: [String: [String]] = [:]
  private(set) var flags: Set<String> = []

  /// - Parameters:
  ///   - words: `--name value`, `--name=value`, `--flag`, and words without dashes; behind `--` all are such.
  ///   - options: that take a value.
  ///   - flags: that take none.
  /// - Throws: `CommandError.usage` for an option that the command does not know or that lacks its value.
  init(
    _ words: some Sequence<String>, options known: Set<String>, flags knownFlags: Set<String>
  ) throws(CommandError) {
    var rest = Array(words)[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("--") else {
        positional.append(word)
        continue
      }
      if word == "--" {
        positional += rest
        return
      }
      let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
        String.init)
      let name = parts[0]
      if knownFlags.contains(name), parts.count == 1 {
        flags.insert(name)
      } else if known.contains(name) {
        guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
          throw .usage("--\(name) needs a value")
        }
        options[name, default: []].append(value)
      } else {
        throw .usage("unknown option --\(name)")
      }
    }
  }

  /// The last value of an option.
  subscript(_ option: String) -> String? { options[option]?.last }

  /// Every value of an option, in their order.
  func all(_ option: String) -> [String] { options[option] ?? [] }

  /// The last value of an option that has to be there.
  func required(_ option: String) throws(CommandError) -> String {
    guard let value = self[option] else { throw .usage("--\(option) is missing") }
    return value
  }

  /// The one word that the command takes.
  func one(_ what: String) throws(CommandError) -> String {
    guard positional.count == 1 else { throw .usage("give one \(what)") }
    return positional[0]
  }
}
