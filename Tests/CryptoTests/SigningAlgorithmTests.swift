import Crypto
import Testing

@Suite("Signing with ES256, RS256 and EdDSA") struct SigningAlgorithmTests {
  @Test(arguments: PublicKey.Algorithm.allCases)
  func `RFC 7518 §3.1 a new key signs, verifies and comes back from its own PEM`(
    algorithm: PublicKey.Algorithm
  ) throws {
    let key = try SigningKey.generate(algorithm)
    let message = Array("message".utf8)
    let signature = try key.sign(message)
    #expect(key.publicKey.algorithm == algorithm)
    #expect(signature.count == (algorithm == .rs256 ? SigningKey.modulusBits / 8 : 64))
    #expect(key.publicKey.isValid(signature, for: message))
    #expect(!key.publicKey.isValid(signature, for: message + [0]))
    #expect(!key.publicKey.isValid(Array(signature.dropLast()), for: message))
    let again = try SigningKey(pem: key.pem)
    #expect(again.publicKey.thumbprint == key.publicKey.thumbprint)
    #expect(key.publicKey.isValid(try again.sign(message), for: message))
    #expect(try !SigningKey.generate(algorithm).publicKey.isValid(signature, for: message))
  }

  @Test func `RFC 7518 §3.3 a key for RS256 has 3072 bits`() throws {
    let key = try SigningKey.generate(.rs256)
    #expect(key.publicKey["n"].count == 384 && key.publicKey["n"][0] >= 0x80)
    #expect(key.publicKey["e"] == [1, 0, 1])
  }

  @Test func `RFC 8037 A.1 to A.4 the example's key, thumbprint and signature`() throws {
    let key = try SigningKey(
      pem: """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
        -----END PRIVATE KEY-----
        """)
    #expect(Base64URL.encode(key.publicKey.x) == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    #expect(key.publicKey.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    let signature = try key.sign(Array("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".utf8))
    #expect(
      Base64URL.encode(signature)
        == "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
  }

  @Test func `RFC 7638 §3.1 the example's thumbprint`() throws {
    let modulus =
      "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi"
      + "FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnY"
      + "b9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0"
      + "Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    let key = try PublicKey(modulus: #require(Base64URL.decode(modulus)), exponent: [1, 0, 1])
    #expect(key.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
  }

  @Test(arguments: [
    (
      "RSA of 1024 bits",
      """
      -----BEGIN PRIVATE KEY-----
      MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBAKMlXuQX55TdnAwM
      mkBEOvaYIh8U3IDMSTq/7Q8d+FK7FaaV7lzJpBs96Gt5DyF6DPEDQe4txKVlxyA6
      jwssmzLeT33MWwSujL+ytShGWsY1UllBFsHLPOaGYraCN5Z/gUlld4wFH9lKfBaS
      VH+3RfT4gEgLnVe+i6bPr/Nc14Q/AgMBAAECgYA36AR+cVqgftiMoHzzbO4vtq5q
      rEFruZWWllJsDb8cypN+xH4sOcUMuMg+m/t9Y0+v/4fGUNTEQP5dovOFxsFfvv9O
      Z1ibw0s2SZR9IGknG2pfP+89UX0kixMuVpuKkA1eRj+7Dr1KZzBvmEkeETbLTGov
      uIBCmzZyCobAXbinAQJBANMav0QGDUK4abz9CNZv0Y3HOgKi/+uDPDY4iA74tbQa
      eU+BduwI1gmQhv086QKlkGuJlA0pa4CP5TgFig1r20ECQQDF15kXMjWjbERlcaVR
      +w6ARKsVhiQgH+oZiyvahb587mmLU20Ajh6sm99eGFBwIZV2K+O5saXBoWpybWS4
      8P9/AkBrRvRbhRfICB7zw0JydnBvNAbuwBZ9gDtg8mlx8kGkPK/ZD1l3qSXbxm5S
      0lk21xwFCe0KoznWI0nApk/5cg4BAkBOkSIArjXS4mn/BzSp69OEaMCwWYb7IvFq
      l3Qg4cAWCO/tHoJJGCdiULxRt8Ip5YxfU2qqEbxLuvh03LCFKV+tAkEAiK7g9/kT
      gIGq60ZOeL/umHaMX7unz6AvagfQOiemk5GtO0f18XF2pDwsTBb4AzCF7145CRZ1
      nGQS/wgQ8Owazg==
      -----END PRIVATE KEY-----
      """
    ),
    (
      "Ed448",
      """
      -----BEGIN PRIVATE KEY-----
      MEcCAQAwBQYDK2VxBDsEOYhv0d4Mfhz0My4cwfe50fQ2fYK7D0YrqytbHxCjhfNV
      EjJyeIJ0xO1oDlYUH80jPUdJqn7BMJTeIw==
      -----END PRIVATE KEY-----
      """
    ),
    (
      "X25519, which signs nothing",
      """
      -----BEGIN PRIVATE KEY-----
      MC4CAQAwBQYDK2VuBCIEIDgmcqW79KnKsbXRTepWOr08+DyHokE37hCmqBEnTXFh
      -----END PRIVATE KEY-----
      """
    ),
  ])
  func `what is too weak or does not sign is refused`(what: String, pem: String) {
    #expect(throws: CryptoError.malformedKey, "\(what)") { try SigningKey(pem: pem) }
  }
}
