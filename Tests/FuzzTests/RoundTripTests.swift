internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Testing
internal import World

/// Values that no input leads to by itself, made up by a generator whose beginning is fixed.
@Suite struct RoundTripTests {
  /// SplitMix64: every run makes up the same.
  struct Chance: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed >> 31)
    }

    mutating func text(upTo length: Int) -> String {
      let scalars: [Unicode.Scalar] = [
        "\0", "\n", "\u{1f}", " ", "\"", "%", "&", "+", ",", "/", ":", ";", "=", "\\", "a", "Z", "9",
        "\u{7f}", "é", "\u{301}",
        "\u{2028}", "\u{fffd}", "😀",
      ]
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...length, using: &self) {
        if let scalar = scalars.randomElement(using: &self) { text.append(scalar) }
      }
      return String(text)
    }

    mutating func json(depth: Int) -> JSONValue {
      switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &self) {
      case 0: return .null
      case 1: return .bool(Bool.random(using: &self))
      case 2: return .integer(Int64(truncatingIfNeeded: next() >> UInt64.random(in: 0..<64, using: &self)))
      case 3:
        let number = Double(bitPattern: next())
        return .number(number.isFinite ? number : 0.5)
      case 4: return .string(text(upTo: 12))
      case 5: return .array((0..<Int.random(in: 0...5, using: &self)).map { _ in json(depth: depth - 1) })
      default:
        let count = Int.random(in: 0...20, using: &self)
        return .object(JSONObject((0..<count).map { _ in (text(upTo: 6), json(depth: depth - 1)) }))
      }
    }
  }

  @Test func `RFC 8259 what is written is read as what it was`() throws {
    var chance = Chance(8259)
    for _ in 0..<3000 {
      let value = chance.json(depth: 4)
      let read = try JSONValue(parsing: value.serialized())
      // A double without a fraction may be written as an integer is; both are one number.
      #expect(read.canonical() == value.canonical())
      #expect(try JSONValue(parsing: read.serialized()) == read)
    }
  }

  @Test func `a form's names and values come back, whatever they hold`() throws {
    var chance = Chance(1866)
    for _ in 0..<3000 {
      let pairs = (0..<Int.random(in: 1...6, using: &chance)).map { _ in
        (name: chance.text(upTo: 8) + "x", value: chance.text(upTo: 20))
      }
      let read = try #require(Form(decoding: Form(pairs).encoded.utf8))
      #expect(
        read.pairs.elementsEqual(pairs) {
          $0.name.utf8.elementsEqual($1.name.utf8) && $0.value.utf8.elementsEqual($1.value.utf8)
        })
    }
  }

  @Test func `RFC 4632 §3_1 a range holds the addresses that begin as it does, and no others`() throws {
    var chance = Chance(4632)
    func number(_ bits: ArraySlice<Bool>) -> UInt64 { bits.reduce(0) { $0 << 1 | ($1 ? 1 : 0) } }
    func address(_ bits: [Bool]) -> IPAddress {
      bits.count == 32
        ? .v4(UInt32(number(bits[...]))) : IPAddress(high: number(bits[..<64]), low: number(bits[64...]))
    }
    for _ in 0..<3000 {
      let width = Bool.random(using: &chance) ? 32 : 128
      let prefix = Int.random(in: 0...width, using: &chance)
      let bits = (0..<width).map { _ in Bool.random(using: &chance) }
      let base = bits.prefix(prefix) + [Bool](repeating: false, count: width - prefix)
      let network = try #require(IPNetwork("\(address(Array(base)))/\(prefix)"))
      var turned = bits
      turned[Int.random(in: 0..<width, using: &chance)].toggle()
      for near in [bits, Array(base), turned] {
        let isWithin = near.prefix(prefix) == base.prefix(prefix)
        #expect(network.contains(address(near)) == isWithin, "\(address(near)) in \(network)")
        #expect(IPAddress(address(near).description) == address(near))
      }
    }
  }

  @Test func `RFC 9068 a token says after its signature what it said before`() throws {
    var chance = Chance(9068)
    let key = try SigningKey.generate()
    for _ in 0..<200 {
      let claims = JSONObject(
        (0..<Int.random(in: 0...8, using: &chance)).map { _ in (chance.text(upTo: 6), chance.json(depth: 2)) }
      )
      let text = try key.jwt(type: "test+jwt", claims: claims)
      let read = try #require(CompactJWT(text))
      #expect(read.claims.canonical() == claims.canonical())
      #expect(read.type == "test+jwt" && read.isSigned(by: key.publicKey))
      // Any one character changed, and it is not signed, or is nothing at all.
      var bytes = Array(text.utf8)
      let index = Int.random(in: 0..<bytes.count, using: &chance)
      bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      #expect(CompactJWT(String(decoding: bytes, as: UTF8.self))?.isSigned(by: key.publicKey) != true)
    }
  }

  @Test func `RFC 6749 §3_3 scopes are a set, whatever their order`() throws {
    var chance = Chance(6749)
    for _ in 0..<500 {
      let scopes = Scope.allCases.filter { _ in Bool.random(using: &chance) }
      let text = scopes.shuffled(using: &chance).map(\.rawValue).joined(separator: " ")
      let set = try #require(ScopeSet(text))
      #expect(set.scopes == scopes)
      let other = ScopeSet(Scope.allCases.filter { _ in Bool.random(using: &chance) })
      #expect(set.union(other).intersection(set) == set)
      #expect(set.intersection(other).isWithin(set))
    }
  }
}
