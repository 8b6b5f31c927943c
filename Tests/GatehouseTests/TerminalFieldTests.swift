import Testing

@testable import Gatehouse

@Suite struct `Fields of a line` {
  @Test(arguments: ["a\tb", "a\nb", "a\u{1B}[2Jb", "a\u{202E}b", "a\u{2028}b"])
  func `a name that a stranger chose ends no line and moves no cursor`(name: String) {
    #expect(name.asField == "a\u{FFFD}" + (name.contains("[2J") ? "[2J" : "") + "b")
  }

  @Test func `other names stay as they are`() { #expect("Zoë’s Café 🧑‍🍳".asField.hasPrefix("Zoë’s Café 🧑")) }
}
