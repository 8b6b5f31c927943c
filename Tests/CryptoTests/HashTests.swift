import Crypto
import Testing

@Suite("Digests, codes, seals") struct HashTests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func `FIPS 180-4 the digests of the standard's messages`(message: String, digest: String) {
    #expect(SHA256.hash(Array(message.utf8)) == hex(digest))
    #expect(SHA256.hash(message) == hex(digest))
  }

  @Test(arguments: [
    (
      String(repeating: "0b", count: 20), "4869205468657265",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      String(repeating: "aa", count: 20), String(repeating: "dd", count: 50),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    ),
    (
      "0102030405060708090a0b0c0d0e0f10111213141516171819", String(repeating: "cd", count: 50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
    ),
    (
      String(repeating: "aa", count: 131),
      "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
    ("", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
  ])
  func `RFC 4231 §4 the codes of the test cases`(key: String, message: String, code: String) {
    let key = HMACKey(Secret(hex(key)))
    #expect(key.code(for: hex(message)) == hex(code))
    #expect(key.isValid(hex(code), for: hex(message)))
    // A key is used again and again; the second time must not remember the first.
    #expect(key.code(for: hex(message)) == hex(code))
  }

  @Test func `RFC 2104 one key serves many threads at once`() async {
    let key = HMACKey(Secret("key"))
    let codes = (0..<64).map { key.code(for: [$0]) }
    #expect(Set(codes).count == 64)
    let wrong = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask { (0..<2000).count { !key.isValid(codes[$0 % 64], for: [UInt8($0 % 64)]) } }
      }
      return await group.reduce(0, +)
    }
    #expect(wrong == 0)
  }

  @Test func `RFC 2104 a code that is cut short or changed is not valid`() {
    let key = HMACKey(Secret("key"))
    let message = Array("message".utf8)
    var code = key.code(for: message)
    #expect(!key.isValid(Array(code.prefix(31)), for: message))
    #expect(!key.isValid([], for: message))
    #expect(!key.isValid(code, for: Array("massage".utf8)))
    code[31] ^= 1
    #expect(!key.isValid(code, for: message))
  }

  @Test(
    arguments: [
      ([], [], true), ([1], [1], true), ([1, 2], [1, 2], true), ([1], [], false), ([1], [2], false),
      ([1, 2], [1, 3], false), ([1, 2], [1], false),
    ] as [([UInt8], [UInt8], Bool)])
  func `bytes are compared`(a: [UInt8], b: [UInt8], isEqual: Bool) {
    #expect(constantTimeEqual(a, b) == isEqual)
    #expect((Secret(a) == Secret(b)) == isEqual)
  }

  @Test func `chance gives as many bytes as asked for, never the same`() {
    #expect(Random.bytes(0) == [])
    #expect(Random.bytes(33).count == 33)
    let drawn = (0..<100).map { _ in Random.bytes(16) }
    #expect(Set(drawn).count == 100)
    #expect(!drawn.contains([UInt8](repeating: 0, count: 16)))
  }

  @Test func `NIST SP 800-38D a value sealed elsewhere is opened`() throws {
    // Test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation".
    let sealer = try Sealer(
      key: Secret(hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")))
    let sealed = hex(
      """
      cafebabefacedbaddecaf888
      522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
      8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662
      76fc6ece0f4e1768cddf8853bb2d551b
      """)
    let purpose = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    #expect(
      try sealer.open(sealed, for: purpose)
        == hex(
          """
          d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
          1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39
          """))
  }

  @Test(arguments: [0, 1, 16, 1000])
  func `what is sealed opens for its purpose alone, and unchanged alone`(length: Int) throws {
    let sealer = try Sealer(key: Secret(Random.bytes(32)))
    let bytes = [UInt8](repeating: 7, count: length)
    let purpose = Array("keys/1".utf8)
    let sealed = try sealer.seal(bytes, for: purpose)
    #expect(sealed.count == length + 28)
    #expect(try sealer.open(sealed, for: purpose) == bytes)
    #expect(try sealer.seal(bytes, for: purpose) != sealed)
    #expect(throws: CryptoError.notAuthentic) { try sealer.open(sealed, for: Array("keys/2".utf8)) }
    #expect(throws: CryptoError.notAuthentic) { try sealer.open(sealed) }
    #expect(throws: CryptoError.notAuthentic) {
      try Sealer(key: Secret(Random.bytes(32))).open(sealed, for: purpose)
    }
    for index in sealed.indices {
      var changed = sealed
      changed[index] ^= 0x80
      #expect(throws: CryptoError.notAuthentic) { try sealer.open(changed, for: purpose) }
    }
    for length in [0, 1, 27, sealed.count - 1] {
      #expect(throws: CryptoError.notAuthentic) {
        try sealer.open(Array(sealed.prefix(length)), for: purpose)
      }
    }
  }

  @Test(arguments: [0, 16, 31, 33]) func `a key to seal with has 32 bytes`(length: Int) {
    #expect(throws: CryptoError.malformedKey) {
      try Sealer(key: Secret([UInt8](repeating: 1, count: length)))
    }
  }
}
