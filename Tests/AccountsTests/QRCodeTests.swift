internal import QRCode
internal import Testing

@Suite("ISO/IEC 18004 QR codes")
struct QRCodeTests {
  @Test func `a code has the finders in three corners and a quiet zone around`() throws {
    let code = try #require(QRCode("otpauth://totp/gate.example:sam?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
    #expect(code.width >= 21 && (code.width - 17) % 4 == 0)
    #expect(code.side == code.width + 8)
    let end = code.width - 7
    for (column, row) in [(0, 0), (end, 0), (0, end)] {
      for index in 0..<7 {
        #expect(code[column + index, row] && code[column, row + index])
        #expect(code[column + index, row + 6] && code[column + 6, row + index])
      }
      #expect(!code[column + 1, row + 1] && code[column + 3, row + 3])
    }
    #expect(code.path.hasPrefix("M4 4h7v1h-7z"))
  }

  @Test func `the picture's path covers the dark modules, each once`() throws {
    let code = try #require(QRCode("gatehouse"))
    let runs = code.path.matches(of: /M(\d+) (\d+)h(\d+)v1h-\d+z/)
    var covered = 0
    for run in runs {
      let (x, y, length) = (Int(run.output.1) ?? 0, Int(run.output.2) ?? 0, Int(run.output.3) ?? 0)
      for column in x..<x + length { #expect(code[column - 4, y - 4]) }
      covered += length
    }
    let dark = (0..<code.width).reduce(0) { sum, row in
      sum + (0..<code.width).count { code[$0, row] }
    }
    #expect(covered == dark)
  }

  @Test(arguments: ["", String(repeating: "x", count: 513)]) func `nothing and too much are not drawn`(
    text: String
  ) {
    #expect(QRCode(text) == nil)
  }
}
