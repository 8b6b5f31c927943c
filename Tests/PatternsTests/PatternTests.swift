internal import Patterns
internal import Testing

@Suite("ECMA-262 patterns")
struct PatternTests {
  @Test(arguments: [
    ("^a+$", "aaa", true), ("^a+$", "aab", false), ("b", "abc", true), ("^$", "", true),
    ("^.$", "\u{1F432}", true),
    (#"^\d$"#, "7", true), (#"^\d$"#, "\u{0667}", false), (#"^\w$"#, "é", false), (#"^\W$"#, "é", true),
    (#"^\s$"#, "\u{A0}", true), (#"^\s$"#, "\u{FEFF}", true), (#"^[\s]$"#, "\u{2028}", true),
    (#"^\S$"#, "\u{2028}", false),
    ("^a$", "a\n", false), (#"^\v$"#, "\u{B}", true), (#"^\v$"#, "\n", false), (#"^\cC$"#, "\u{3}", true),
    (#"^\x41\u0042\u{43}$"#, "ABC", true), (#"^\uD83D\uDC32*$"#, "\u{1F432}\u{1F432}", true),
    (#"^\p{Letter}+$"#, "éß", true), (#"^\p{Script=Greek}$"#, "λ", true), (#"^\P{L}$"#, "λ", false),
    (#"^(a)\1$"#, "aa", true), (#"^(?<x>a|b)\k<x>$"#, "bb", true), (#"^(?<x>a|b)\k<x>$"#, "ab", false),
    ("^(?=.*[0-9])[a-z0-9]+$", "ab1", true), ("^(?!x)", "xa", false), ("(?<=a)b", "ab", true),
    ("a{2}", "aa", true),
    ("a+?b", "aab", true), ("[]", "a", false), ("[^]", "a", true), ("[[]", "[", true),
    (#"^[\w.-]+@x\.y$"#, "a.b@x.y", true),
    (#"^(?:(a)|b)\1c$"#, "bc", true), ("a/b", "a/b", true), (#"a\/b"#, "a/b", true), (#"^[^\d]$"#, "a", true),
  ])
  func `§22.2 a pattern finds what ECMAScript would`(source: String, text: String, isFound: Bool) throws {
    #expect(try Pattern(source).isFound(in: text) == isFound)
  }

  @Test(arguments: [
    "(", ")", "[a", "a**", "a++", "a?+", "a{1}+", "a{2,1}", "(?>a)", "(?i)a", "(?P<x>a)", "(?R)", "(?1)",
    "(?#c)", "(?|a)",
    "(*LIMIT_MATCH=1000000000)a", "(*UTF)a", #"\A"#, #"\Z"#, #"\K"#, #"\Q"#, #"\a"#, #"\e"#, #"\R"#, #"\C"#,
    #"\N"#,
    #"\01"#, #"\1"#, #"\k<x>"#, #"\p{Nothing}"#, #"\p{L"#, #"\p"#, #"\u{110000}"#, #"\u{+41}"#, #"\uD83D"#,
    #"\x4"#, #"\"#,
    #"[\1]"#, "(?<1>a)", String(repeating: "a", count: 5000),
  ])
  func `§22.2 what ECMAScript does not have is refused`(source: String) {
    #expect(throws: PatternError.self) { try Pattern(source) }
  }

  @Test(arguments: [
    "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", #"^(\w+\s?)*$"#, "^(([a-z])+.)+[A-Z]([a-z])+$",
  ])
  func `a pattern that would run for ever ends as too costly`(source: String) throws {
    let pattern = try Pattern(source)
    let began = ContinuousClock.now
    #expect(throws: PatternTooCostly.self) {
      try pattern.isFound(in: String(repeating: "a", count: 200) + "!")
    }
    #expect(ContinuousClock.now - began < .seconds(2))
  }

  @Test(arguments: ["[ab].*?[xy]", "(a+)+[xy]", "(a|aa)+[xy]", "a.*[bc].*[de]"])
  func `a costly pattern on a long text ends soon, whatever the answer`(source: String) throws {
    let pattern = try Pattern(source)
    let clock = ContinuousClock()
    let time = clock.measure {
      #expect(throws: PatternTooCostly.self) {
        _ = try pattern.isFound(in: String(repeating: "a", count: 60_000))
      }
    }
    // Some fifty times what it takes, for machines that do something else as well.
    #expect(time < .seconds(5))
  }

  @Test func `what many places have to be tried for is found in a text of some length`() throws {
    let text = String(repeating: "ä", count: 3_000) + "xy"
    #expect(try Pattern("[ä]{500}x").isFound(in: text))
    #expect(try Pattern("(?:ä|ö)+xy$").isFound(in: text))
    #expect(try !Pattern("z$").isFound(in: text))
  }

  @Test func `a long text is no problem for a plain pattern`() throws {
    let text = String(repeating: "a", count: 1_000_000)
    #expect(try Pattern("^[a-z]+$").isFound(in: text))
    #expect(try Pattern("^a*$").isFound(in: text))
  }
}
