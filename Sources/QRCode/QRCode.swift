internal import CQREncode

/// A QR code (ISO/IEC 18004) as a square of dark and light modules.
package struct QRCode: Sendable {
  /// Modules along one side, without the quiet zone.
  package let width: Int
  private let isDark: [Bool]

  /// The longest text that is drawn, in bytes: beyond it a phone's camera has trouble.
  package static let longest = 512

  /// - Returns: nil when the text is empty or longer than `longest`.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty, bytes.count <= Self.longest,
      let code = unsafe QRcode_encodeData(Int32(bytes.count), bytes, 0, QR_ECLEVEL_M)
    else { return nil }
    defer { unsafe QRcode_free(code) }
    width = Int(unsafe code.pointee.width)
    let modules = unsafe UnsafeBufferPointer(start: code.pointee.data, count: width * width)
    // The lowest bit is the colour, the others are the encoder's notes.
    isDark = unsafe modules.map { $0 & 1 == 1 }
  }

  package subscript(column: Int, row: Int) -> Bool { isDark[row * width + column] }

  /// The light border that a reader needs, in modules (ISO/IEC 18004 §6.3.8).
  package static let quietZone = 4

  /// The dark modules as the data of one SVG path, a module being one unit, the quiet zone included.
  package var path: String {
    var path = ""
    for row in 0..<width {
      var column = 0
      while column < width {
        let start = column
        while column < width, self[column, row] { column += 1 }
        let length = column - start
        if length > 0 {
          path += "M\(start + Self.quietZone) \(row + Self.quietZone)h\(length)v1h-\(length)z"
        } else {
          column += 1
        }
      }
    }
    return path
  }

  /// The side of the whole picture, in modules.
  package var side: Int { width + 2 * Self.quietZone }
}
