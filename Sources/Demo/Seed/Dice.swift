/// Chance that is the same every time: SplitMix64 from a fixed seed.
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// One of `range`.
  mutating func roll(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// True so many times in a hundred.
  mutating func hits(_ percent: Int) -> Bool { roll(1...100) <= percent }

  /// One of the elements; the first of an empty list is a defect of the seed and stops no one: `standard`.
  mutating func pick<Element>(_ elements: [Element], else standard: Element) -> Element {
    elements.isEmpty ? standard : elements[roll(0...(elements.count - 1))]
  }

  /// One of the words.
  mutating func word(_ words: [String]) -> String { pick(words, else: "") }
}
