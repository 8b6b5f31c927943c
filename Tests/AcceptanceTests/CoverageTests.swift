internal import Foundation
internal import Testing

/// Each row of the acceptance list has a test that bears its name.
@Suite("Coverage of the acceptance list")
struct CoverageTests {
  /// The rows, part by part; part C is about the pages, which browsers test.
  private static let rows = """
    A1 A2 A3 A5 A6 A7 A8 A9 A10 A11
    B1 B2 B3 B4 B5 B6 B7-B18 B20 B21 B22 B23 B24 B25 B27 B28 B29 B30 B31 B32 B34-B36 B37 B38 B39 B40 B41 B42 B44 B45
    B46 B47 B48 B49 B50 B51 B52 B53 B54 B55 B57 B58 B59 B60 B61
    D1 D2 D3 D4 D5 D6 D7 D8 D9 D10 D11 D13 D14 D15 D16 D17 D18 D19 D22 D23 D24
    E1 E2 E3 E4 E5 E6 E7-E9 E11 E12 E13 E15 E16 E17 E18 E19 E20 E21
    F1 F2 F3 F4 F6 F7 F8 F9 F10 F11 F12 F13 F15
    G1 G2 G3 G4-G13 G15 G16 G17-G22
    H1 H2 H3 H4-H9 H10 H11 H13 H14 H15 H16 H17 H18 H20 H21 H22 H23 H24 H25 H26 H27 H28 H29 H30 H31 H32 H33 H34 H36
    I1-I7 I8-I16 I18 I19 I20 I21 I22 I24 I25 I26 I27 I28 I29 I30 I31 I33 I34
    J1 J2 J4 J5 J6 J8 J9 J10 J11 J12 J13 J14 J15
    K1 K2 K4 K6 K7 K8 K9 K10 K11 K12 K13 K15-K20 K21 K22
    L1 L3 L4 L5 L6 L7 L8 L9 L12
    """

  /// Rows that wait for what they are about; whoever gives one its test takes it off here.
  private static let waiting = Set(
    "J12 J13 J14".split { $0.isWhitespace }.flatMap { expanded($0) })

  @Test func `every row that does not wait has a test here`() throws {
    let listed = Set(Self.rows.split { $0.isWhitespace }.flatMap { Self.expanded($0) })
    let tested = try Self.tested()
    let without = listed.subtracting(tested).subtracting(Self.waiting)
    #expect(without.isEmpty, "rows without a test: \(without.sorted())")
    #expect(
      Self.waiting.isDisjoint(with: tested), "waits no more: \(Self.waiting.intersection(tested).sorted())")
  }

  /// The rows in the names of the tests and in the first words of their cases, from the sources beside this one.
  private static func tested() throws -> Set<String> {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    var found: Set<String> = []
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    where file.lastPathComponent.hasSuffix("Tests.swift") {
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: #/func `([^`]+)`/#) { found.formUnion(named(in: match.1)) }
      for match in text.matches(of: #/\("([A-L][0-9]+)"/#) { found.insert(String(match.1)) }
    }
    return found
  }

  /// `B7 to B18 B20 OAuth 2_1 …` names thirteen rows; the row ids come first.
  private static func named(in name: Substring) -> Set<String> {
    var found: Set<String> = []
    var from: Substring?
    var isRange = false
    for word in name.split(separator: " ") {
      if word == "to", from != nil {
        isRange = true
      } else if word.wholeMatch(of: #/[A-L][0-9]+/#) != nil {
        found.formUnion(isRange ? expanded("\(from ?? word)-\(word)") : [String(word)])
        (from, isRange) = (word, false)
      } else {
        break
      }
    }
    return found
  }

  /// `B7-B18` is twelve rows.
  private static func expanded(_ row: Substring) -> [String] {
    let ends = row.split(separator: "-")
    guard ends.count == 2, let first = Int(ends[0].dropFirst()), let last = Int(ends[1].dropFirst()),
      first <= last
    else { return [String(row)] }
    return (first...last).map { "\(row.prefix(1))\($0)" }
  }

  private static func expanded(_ row: String) -> [String] { expanded(row[...]) }
}
