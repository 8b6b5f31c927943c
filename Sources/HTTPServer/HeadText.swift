internal import CBeast
internal import HTTP

/// The head of an answer, laid out for the C side. Each worker keeps one, so that no answer pays for the room.
struct HeadText {
  private var status: UInt32 = 0
  private var text: [UInt8] = []
  private var lengths: [UInt32] = []
  private var closes = false

  /// Lays out the status and the fields, with the date and without what the server decides itself: how long the body
  /// is, and whether the connection stays. `Connection: close` is taken as a wish that it doesn't.
  ///
  /// - Returns: false for a status that no final answer has.
  mutating func fill(_ response: Response, date: [UInt8]) -> Bool {
    guard (200...599).contains(response.status) else { return false }
    status = UInt32(response.status)
    closes = false
    text.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    // RFC 9110 §6.6.1: a server with a clock MUST send Date.
    text.append(contentsOf: "date".utf8)
    text.append(contentsOf: date)
    lengths.append(4)
    lengths.append(UInt32(date.count))
    for (name, value) in response.fields.lines {
      switch name {
      case "content-length", "transfer-encoding", "date", "keep-alive": continue
      case "connection":
        closes = closes || value.lowercased() == "close"
        continue
      default: break
      }
      let start = text.count
      text.append(contentsOf: name.utf8)
      lengths.append(UInt32(text.count - start))
      let middle = text.count
      text.append(contentsOf: value.utf8)
      lengths.append(UInt32(text.count - middle))
    }
    return true
  }

  borrowing func withHead<Result>(
    hasLength: Bool, _ body: (UnsafePointer<beast_head>) -> Result
  ) -> Result {
    unsafe text.withUnsafeBufferPointer { text in
      unsafe lengths.withUnsafeBufferPointer { lengths in
        var head = unsafe beast_head(
          status: status, text: text.baseAddress, lengths: lengths.baseAddress, fields: lengths.count / 2,
          closes: closes ? 1 : 0, without_length: hasLength ? 0 : 1)
        return unsafe body(&head)
      }
    }
  }
}

extension Response {
  /// RFC 9110 §15.3.5, §15.4.5: these never have content.
  var hasContent: Bool { status != 204 && status != 304 }
}
