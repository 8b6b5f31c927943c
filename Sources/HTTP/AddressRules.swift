/// From which addresses something may be used, as people write it: an allow list and a block list (product row B6).
///
/// One address or CIDR range a line; what follows a `#` is a comment, and commas part as lines do. An empty allow list
/// allows every address, and the block list wins.
package struct AddressRules: Sendable, Hashable {
  /// As it was written, comments and all.
  package let allowText: String
  package let blockText: String
  private let allowed: [IPNetwork]
  private let blocked: [IPNetwork]

  /// The first thing that is no address and no range, for whoever wrote it.
  package struct Problem: Error, Sendable, Hashable {
    /// Counted from 1.
    package let line: Int
    package let text: String
  }

  /// How many ranges one list may have: they are compared one by one.
  package static let limit = 200
  /// How long one list may be, in bytes.
  package static let lengthLimit = 16 * 1024

  /// Everything from everywhere.
  package static let none = AddressRules()
  /// Nothing from anywhere: what rules stand for that can't be read.
  package static let nowhere = AddressRules(
    allowText: "", blockText: "0.0.0.0/0, ::/0", allowed: [],
    blocked: ["0.0.0.0/0", "::/0"].compactMap { IPNetwork($0) })

  private init(
    allowText: String = "", blockText: String = "", allowed: [IPNetwork] = [], blocked: [IPNetwork] = []
  ) {
    self.allowText = allowText
    self.blockText = blockText
    self.allowed = allowed
    self.blocked = blocked
  }

  /// - Throws: `Problem`; a list that is too long is a problem of the line at which it is.
  package init(allow: String, block: String = "") throws(Problem) {
    self.init(
      allowText: allow, blockText: block, allowed: try Self.networks(allow), blocked: try Self.networks(block)
    )
  }

  /// Whether a request from this address is let in.
  package func admits(_ address: IPAddress) -> Bool {
    !blocked.contains { $0.contains(address) }
      && (allowed.isEmpty || allowed.contains { $0.contains(address) })
  }

  private static func networks(_ text: String) throws(Problem) -> [IPNetwork] {
    guard text.utf8.count <= lengthLimit else { throw Problem(line: 1, text: "a list of this length") }
    var networks: [IPNetwork] = []
    // By scalars: "\r\n" is one character to Swift, and would be no end of a line.
    let lines = text.unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "\n" }
    for (index, line) in lines.enumerated() {
      for entry in line.prefix(while: { $0 != "#" }).split(separator: ",") {
        let trimmed = String(entry).trimmingSpace
        guard !trimmed.isEmpty else { continue }
        guard let network = IPNetwork(trimmed), networks.count < limit else {
          throw Problem(line: index + 1, text: String(trimmed.prefix(60)))
        }
        networks.append(network)
      }
    }
    return networks
  }
}

extension String {
  fileprivate var trimmingSpace: String {
    func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" || scalar == "\r" }
    let start = unicodeScalars.drop(while: isSpace)
    return String(String.UnicodeScalarView(start.reversed().drop(while: isSpace).reversed()))
  }
}
