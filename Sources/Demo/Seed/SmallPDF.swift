/// A PDF of one page with lines of text (ISO 32000-1 §7), enough to be opened and searched.
enum SmallPDF {
  static func bytes(_ lines: [String]) -> [UInt8] {
    // Each line 16 points below the one before; what Helvetica's encoding lacks is left out.
    var content = "BT /F1 11 Tf 16 TL 56 780 Td\n"
    for line in lines { content += "(\(escaped(line))) Tj T*\n" }
    content += "ET"
    let objects = [
      "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
      "<< /Length \(content.utf8.count) >>\nstream\n\(content)\nendstream",
      "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    var text = "%PDF-1.4\n"
    var offsets: [Int] = []
    for (index, object) in objects.enumerated() {
      offsets.append(text.utf8.count)
      text += "\(index + 1) 0 obj\n\(object)\nendobj\n"
    }
    let table = text.utf8.count
    text += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
    for offset in offsets {
      text += String(repeating: "0", count: max(0, 10 - "\(offset)".count)) + "\(offset) 00000 n \n"
    }
    text += "trailer\n<< /Size \(objects.count + 1) /Root 1 0 R >>\nstartxref\n\(table)\n%%EOF\n"
    return Array(text.utf8)
  }

  private static func escaped(_ line: String) -> String {
    var out = ""
    for scalar in line.unicodeScalars {
      if scalar == "(" || scalar == ")" || scalar == "\\" { out += "\\" }
      out.unicodeScalars.append(scalar.isASCII ? scalar : "?")
    }
    return out
  }
}
