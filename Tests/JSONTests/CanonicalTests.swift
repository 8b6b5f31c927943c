import JSON
import Testing

@Suite("RFC 8785 canonical form") struct CanonicalTests {
  @Test(
    arguments: [
      (0x0000_0000_0000_0000, "0"),
      (0x8000_0000_0000_0000, "0"),
      (0x0000_0000_0000_0001, "5e-324"),
      (0x8000_0000_0000_0001, "-5e-324"),
      (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
      (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
      (0x4340_0000_0000_0000, "9007199254740992"),
      (0xc340_0000_0000_0000, "-9007199254740992"),
      (0x4430_0000_0000_0000, "295147905179352830000"),
      (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
      (0x44b5_2d02_c7e1_4af6, "1e+23"),
      (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
      (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
      (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
      (0x444b_1ae4_d6e2_ef50, "1e+21"),
      (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
      (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
      (0x41b3_de43_5555_5553, "333333333.3333332"),
      (0x41b3_de43_5555_5554, "333333333.33333325"),
      (0x41b3_de43_5555_5555, "333333333.3333333"),
      (0x41b3_de43_5555_5556, "333333333.3333334"),
      (0x41b3_de43_5555_5557, "333333333.33333343"),
      (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
      (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ] as [(UInt64, String)])
  func `appendix B a number is written as ECMAScript does`(bits: UInt64, text: String) throws {
    let number = Double(bitPattern: bits)
    #expect(String(decoding: JSONValue.number(number).canonical(), as: UTF8.self) == text)
    #expect(Double(text) == number)
  }

  @Test(arguments: [
    (1.0, "1"), (10.0, "10"), (100.5, "100.5"), (0.5, "0.5"), (-1.25, "-1.25"),
    (1e20, "100000000000000000000"),
    (1.2345678901234568e20, "123456789012345680000"), (1e-6, "0.000001"), (1e-7, "1e-7"),
    (1.5e-10, "1.5e-10"),
    (4.5, "4.5"), (2e-3, "0.002"), (1e30, "1e+30"), (3.14e100, "3.14e+100"), (12345.678, "12345.678"),
    (0.1 + 0.2, "0.30000000000000004"),
  ])
  func `§3.2.2.3 the point and the exponent stand where ECMAScript puts them`(number: Double, text: String) {
    #expect(String(decoding: JSONValue.number(number).canonical(), as: UTF8.self) == text)
  }

  @Test func `§3.2.2 the example comes out byte for byte`() throws {
    let value = try JSONValue(
      parsing: #"""
        {
          "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
          "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
          "literals": [null, true, false]
        }
        """#)
    #expect(
      String(decoding: value.canonical(), as: UTF8.self)
        == #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#
        + #""string":"€$\u000f\nA'B\"\\\\\"/"}"#)
  }

  @Test func `§3.2.3 names are sorted by UTF-16 code units`() throws {
    let value = try JSONValue(
      parsing: #"""
        {
          "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
          "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",
          "\u00f6": "Latin Small Letter O With Diaeresis"
        }
        """#)
    let canonical = try JSONValue(parsing: value.canonical())
    #expect(
      canonical.object?.members.map(\.value) == [
        "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign",
        "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh",
      ])
  }

  @Test func `two objects with other orders have one canonical form, at every level`() throws {
    let a: JSONObject = ["b": [["y": 1, "x": 2]], "a": ["d": nil, "c": true]]
    let b: JSONObject = ["a": ["c": true, "d": nil], "b": [["x": 2, "y": 1]]]
    #expect(a.canonical() == b.canonical())
    #expect(a.serialized() != b.serialized())
  }

  @Test func `integers beyond 2⁵³ that differ have canonical forms that differ`() {
    #expect(JSONValue.integer(9_007_199_254_740_993).canonical() == Array("9007199254740993".utf8))
  }
}
