import HTTP
import Testing

@Suite struct `Size of forms` {
  @Test(arguments: [(1000, true), (1001, false), (500_000, false)])
  func `a form has at most a thousand fields`(count: Int, isForm: Bool) {
    let text = Array(repeating: "a", count: count).joined(separator: "&")
    #expect((Form(decoding: text.utf8) != nil) == isForm)
  }
}
