extension Collection where Element == String {
  /// The up to three names that someone who wrote `word` may have meant, the likeliest first.
  package func nearest(to word: String) -> [String] {
    let word = word.prefix(64).lowercased()
    var scored: [(name: String, distance: Int)] = []
    for name in self {
      let distance = distance(Array(name.lowercased().utf8), Array(word.utf8))
      let shares = word.utf8.count >= 3 && (name.contains(word) || word.contains(name))
      // Something of the word must be left: every letter is near every other.
      let isNear =
        distance <= Swift.max(2, word.utf8.count / 3)
        && distance < Swift.min(name.utf8.count, word.utf8.count)
      if isNear || shares { scored.append((name, distance)) }
    }
    scored.sort { ($0.distance, $0.name) < ($1.distance, $1.name) }
    return scored.prefix(3).map(\.name)
  }

  /// How many letters must be put in, taken out or changed (Levenshtein).
  private func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, left) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, right) in b.enumerated() {
        let next = Swift.min(row[j] + 1, row[j + 1] + 1, diagonal + (left == right ? 0 : 1))
        diagonal = row[j + 1]
        row[j + 1] = next
      }
    }
    return row[b.count]
  }
}
