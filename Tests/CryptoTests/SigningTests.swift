import Crypto
import Testing

@Suite("ES256") struct SigningTests {
  @Test func `RFC 7515 A.3 the example verifies`() throws {
    let key = try VerifyingKey(
      x: #require(Base64URL.decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")),
      y: #require(Base64URL.decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")))
    let message = Array(
      ("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog"
        + "Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ").utf8)
    let signature = try #require(
      Base64URL.decode(
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"))
    #expect(key.isValid(signature, for: message))
    #expect(!key.isValid(signature, for: message.dropLast()))
    for index in signature.indices {
      var changed = signature
      changed[index] ^= 1
      #expect(!key.isValid(changed, for: message))
    }
  }

  private static let x = "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
  private static let y = "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"

  @Test(arguments: [
    (
      "sample", "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
      "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    ),
    (
      "test", "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
      "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"
    ),
  ])
  func `RFC 6979 A.2.5 the signatures verify`(message: String, r: String, s: String) throws {
    let key = try VerifyingKey(x: hex(Self.x), y: hex(Self.y))
    #expect(key.isValid(hex(r + s), for: Array(message.utf8)))
    #expect(!key.isValid(hex(s + r), for: Array(message.utf8)))
  }

  @Test func `RFC 7518 §3.4 a signature that is not 64 octets is refused, whatever it means`() throws {
    let key = try VerifyingKey(x: hex(Self.x), y: hex(Self.y))
    let signature = hex(
      "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        + "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")
    let message = Array("sample".utf8)
    let der =
      hex("3046022100") + signature.prefix(32) + hex("022100") + signature.suffix(32)
    let zeros = [UInt8](repeating: 0, count: 32)
    let wrong = [
      [], Array(signature.dropLast()), signature + [0], [0] + signature, Array(signature.prefix(32)), der,
      zeros + zeros, zeros + signature.suffix(32), signature.prefix(32) + zeros,
      [UInt8](repeating: 0xFF, count: 64),
    ]
    for signature in wrong { #expect(!key.isValid(signature, for: message)) }
    #expect(key.isValid(signature, for: message))
  }

  @Test func `RFC 7518 §3.4 every signature has 64 octets and verifies`() throws {
    let key = try SigningKey.generate()
    let other = try SigningKey.generate().publicKey
    // One number in 128 is shorter than 32 octets by itself.
    for index in 0..<1000 {
      let message = Array("message \(index)".utf8)
      let signature = try key.sign(message)
      #expect(signature.count == 64)
      #expect(key.publicKey.isValid(signature, for: message))
      if index < 10 { #expect(!other.isValid(signature, for: message)) }
    }
  }

  @Test func `RFC 9449 §6.1 the thumbprint of RFC 7638 in the DPoP example`() throws {
    let key = try PublicKey(
      x: #require(Base64URL.decode("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs")),
      y: #require(Base64URL.decode("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA")))
    #expect(key.thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
  }

  @Test func `RFC 7518 §6.2.1 a point off the curve or of the wrong size is refused`() throws {
    let x = hex(Self.x)
    let y = hex(Self.y)
    let zeros = [UInt8](repeating: 0, count: 32)
    let wrong: [([UInt8], [UInt8])] = [
      (y, x), (x, x), (zeros, zeros), (x, []), ([], y), (Array(x.dropLast()), y), (x, y + [0]), ([0] + x, y),
      ([UInt8](repeating: 0xFF, count: 32), y), (Array(x.dropLast()), [1] + y),
    ]
    for (x, y) in wrong { #expect(throws: CryptoError.malformedKey) { try VerifyingKey(x: x, y: y) } }
    #expect(try VerifyingKey(x: x, y: y).x == x)
  }

  @Test(arguments: [pkcs8, sec1]) func `RFC 5958 a private key is read from PEM`(pem: String) throws {
    let key = try SigningKey(pem: pem)
    #expect(key.publicKey.x == hex(Self.x))
    #expect(key.publicKey.y == hex(Self.y))
    #expect(key.pem == Self.pkcs8)
    let message = Array("sample".utf8)
    #expect(try VerifyingKey(x: hex(Self.x), y: hex(Self.y)).isValid(key.sign(message), for: message))
  }

  @Test func `RFC 7518 §6.2.1.2 a coordinate keeps its leading zeros`() throws {
    let key = try SigningKey(
      pem: """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgeRQ4LaATHpDZfGTH
        Q+1s7E2+au/ITKQ0UI3VkgRc8+WhRANCAAQAzwfsoI8PiOUyltu1tz8efIsUtp5V
        I3IDNNf7SQmMKsVZ+hpPhqb/KX7+gQcGq7c8nbmIRUylajqvxuPTwAj/
        -----END PRIVATE KEY-----
        """)
    #expect(key.publicKey.x == hex("00cf07eca08f0f88e53296dbb5b73f1e7c8b14b69e5523720334d7fb49098c2a"))
    #expect(key.publicKey.y == hex("c559fa1a4f86a6ff297efe810706abb73c9db988454ca56a3aafc6e3d3c008ff"))
  }

  @Test func `a new key comes back from its own PEM`() throws {
    let key = try SigningKey.generate()
    let again = try SigningKey(pem: key.pem)
    #expect(again.publicKey.thumbprint == key.publicKey.thumbprint)
    #expect(key.pem.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
    #expect(try SigningKey.generate().publicKey.thumbprint != key.publicKey.thumbprint)
  }

  @Test(arguments: [
    ("nothing", ""),
    ("words", "-----BEGIN PRIVATE KEY-----\nnot a key\n-----END PRIVATE KEY-----\n"),
    ("half a key", String(pkcs8.prefix(120))),
    (
      "a public key",
      """
      -----BEGIN PUBLIC KEY-----
      MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7
      Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==
      -----END PUBLIC KEY-----
      """
    ),
    (
      "P-384",
      """
      -----BEGIN PRIVATE KEY-----
      MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDDBxpEQePLBxN4ejNT2
      yPhACNorCoQtjNnmBUw2z+rNrp4tivle8dm/NFuys7h1SAGhZANiAAT8CKU6jft+
      nJ1Yw/xaanitQ5SNbp9C+gKQLQjwT3twOP1ZeNIaDYeLHyP+qamS7lEt3peKtbU+
      Wx0tEwhJrylDywWJZsjBq0XeMhTdLoJmhC/dh0zk/5qvJmiR6paQH/c=
      -----END PRIVATE KEY-----
      """
    ),
    (
      "secp256k1",
      """
      -----BEGIN PRIVATE KEY-----
      MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQg+qI9aUHnjWIjNyxbvBLe
      lj+97nuWr7sRFq57OtGFGZShRANCAAQ9PkIIl0qD8RfSGgCb+eW3BwN1Rd/CRUGa
      3AgAUdHljfXcyJWUbtz7DyLYac7FfTk1VsEbDnonUv+mWdFWER3C
      -----END PRIVATE KEY-----
      """
    ),
    (
      "an encrypted key",
      """
      -----BEGIN ENCRYPTED PRIVATE KEY-----
      MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAi/pQ3g69vWDwICCAAw
      DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEDvTkRVb09djGlk8AFRrTBMEgZDP
      XAB1T9FbtKC8nnhJdwFHcxc5Id0DdtuMR1ylafpotXhHPhw41u88thZ9Psbj3pf3
      RZE02DkjNajYnpR67Y5LVNUHLFTeDK/+JgkSRJzUTMfj+08C7zIbtDarQ8EbDnwc
      BnPtGfjuKdp/JSY7f1SEcuZ6RsBFs/sCgKfgL05MZ+/h4YWPzkX2kwGhCGacTXo=
      -----END ENCRYPTED PRIVATE KEY-----
      """
    ),
    (
      "a private key with another's public key",
      """
      -----BEGIN EC PRIVATE KEY-----
      MHcCAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2cioAoGCCqGSM49
      AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8
      maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==
      -----END EC PRIVATE KEY-----
      """
    ),
  ])
  func `anything but a sound private key of ours is refused`(what: String, pem: String) {
    #expect(throws: CryptoError.malformedKey, "\(what)") { try SigningKey(pem: pem) }
  }

  /// The key of RFC 6979 A.2.5.
  private static let pkcs8 = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgya+p2EW6dRZrXCFX
    Z7HWk05Qw9s26JsSe4piKxIPZyGhRANCAARg/tS6JVqdMclh63TGNW1owEm4kjth
    +mzmaWIuYPKftnkD/hAIuLyZpBrp6VYovGTy8bIMLX6fUXejwpTURiKZ
    -----END PRIVATE KEY-----

    """

  /// The same in the older form of RFC 5915.
  private static let sec1 = """
    -----BEGIN EC PRIVATE KEY-----
    MHcCAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49
    AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8
    maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==
    -----END EC PRIVATE KEY-----
    """
}
