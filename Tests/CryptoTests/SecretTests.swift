import Crypto
import Testing

@Suite("A secret never prints") struct SecretTests {
  private struct Login: Sendable {
    let name = "ada"
    let password = Secret("hunter2")
    let former: Secret? = Secret("hunter2")
  }

  private static let printed: [@Sendable () -> String] = [
    { String(describing: Secret("hunter2")) },
    { String(reflecting: Secret("hunter2")) },
    { "\(Secret("hunter2"))" },
    { "\(Optional(Secret("hunter2")) as Any)" },
    { "\([Secret("hunter2")])" },
    { String(describing: Login()) },
    { String(reflecting: Login()) },
    { dumped(Secret("hunter2")) },
    { dumped(Login()) },
    { "\(Mirror(reflecting: Secret("hunter2")).children.map(\.value))" },
    { "\(HMACKey(Secret("hunter2")))" + dumped(HMACKey(Secret("hunter2"))) },
    { dumped((try? Sealer(key: Secret("hunter2hunter2hunter2hunter2hunt"))) as Any) },
  ]

  @Test(arguments: printed.indices) func `however it is printed`(index: Int) {
    let text = Self.printed[index]()
    #expect(!text.isEmpty)
    #expect(!text.contains("hunter2"))
    // Nor the bytes in decimal, as an array prints them and as dump does.
    #expect(!text.contains("104, 117"))
    #expect(!text.contains("- 104"))
  }

  @Test func `it shows that something is there`() {
    #expect("\(Secret("hunter2"))" == "•••")
    #expect(Self.dumped(Secret("hunter2")).contains("•••"))
  }

  @Test func `its bytes are there for who asks for them`() {
    #expect(Secret("hunter2").bytes == Array("hunter2".utf8))
    #expect(Secret([1, 2, 3]).bytes == [1, 2, 3])
    #expect(Secret([]).bytes == [] && Secret("").count == 0)
  }

  private static func dumped(_ value: Any) -> String {
    var text = ""
    dump(value, to: &text)
    return text
  }
}
