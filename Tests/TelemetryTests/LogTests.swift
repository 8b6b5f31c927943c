import JSON
import Telemetry
import Testing
import World

@Suite("The log") struct LogTests {
  /// 2026-11-21T08:15:30.250Z
  private static let world = World(
    now: { Instant(microseconds: 1_795_248_930_250_000) }, random: { [UInt8](repeating: 0, count: $0) })

  private static func line(
    _ format: Log.Format, _ event: String, _ fields: KeyValuePairs<String, LogValue> = [:]
  ) -> String {
    let record = RecordedLog(format: format, world: world)
    record.log.notice(event, fields)
    return record.lines.joined(separator: "⏎")
  }

  @Test func `an event is one line for people`() {
    let record = RecordedLog(world: Self.world)
    record.log.debug("began")
    record.log.info("listening", ["port": 8443, "tls": true])
    record.log.notice("token issued", ["client": "demo", "scope": "mcp:read mcp:write"])
    record.log.warning("slow", ["seconds": 1.5])
    record.log.error("failed", ["code": .integer(-1 as Int32)])
    #expect(
      record.lines == [
        "2026-11-21T08:15:30.250Z debug   began",
        "2026-11-21T08:15:30.250Z info    listening port=8443 tls=true",
        "2026-11-21T08:15:30.250Z notice  token issued client=demo scope=\"mcp:read mcp:write\"",
        "2026-11-21T08:15:30.250Z warning slow seconds=1.5",
        "2026-11-21T08:15:30.250Z error   failed code=-1",
      ])
  }

  @Test func `an event is one JSON object for machines`() {
    #expect(
      Self.line(.json, "token issued", ["client": "a\"b\nc", "count": 3, "share": 0.5, "first": false])
        == #"{"time":"2026-11-21T08:15:30.250Z","level":"notice","event":"token issued","#
        + #""client":"a\"b\nc","count":3,"share":0.5,"first":false}"#)
  }

  @Test func `a field never takes the place of the time or the level`() throws {
    let line = Self.line(.json, "event", ["level": "debug", "time": "never", "a": 1, "a": 2])
    let object = try JSONValue(parsing: line)
    #expect(object["level"] == "notice")
    #expect(object["level_"] == "debug")
    #expect(object["a"] == 1 && object["a_"] == 2)
  }

  @Test(arguments: [
    ("plain", "plain"),
    ("", #""""#),
    ("two words", #""two words""#),
    ("a=b", #""a=b""#),
    (#"say "hi""#, #""say \"hi\"""#),
    (#"back\slash"#, #""back\\slash""#),
    ("x\n2026-11-21T08:15:30.250Z error forged", #""x\n2026-11-21T08:15:30.250Z error forged""#),
    ("x\r\ny\tz", #""x\r\ny\tz""#),
    ("\u{1b}[2Jx", #""\u{1b}[2Jx""#),
    ("\0", #""\u{0}""#),
    ("\u{7f}", #""\u{7f}""#),
    ("\u{9b}31m", #""\u{9b}31m""#),
    ("\u{85}", #""\u{85}""#),
    ("a\u{2028}b", #""a\u{2028}b""#),
    ("a\u{202e}b", #""a\u{202e}b""#),
    ("a\u{2066}b", #""a\u{2066}b""#),
    ("a\u{200b}b", #""a\u{200b}b""#),
    ("a\u{feff}b", #""a\u{feff}b""#),
    ("Zoë", "Zoë"),
    ("https://a.example/b?c", "https://a.example/b?c"),
  ])
  func `no value begins a line of its own or passes for another field`(value: String, written: String) {
    #expect(Self.line(.text, "event", ["value": .string(value)]).hasSuffix("event value=\(written)"))
    #expect(Self.line(.text, value).hasSuffix("notice  " + written.strippedOfQuotes))
    #expect(!Self.line(.json, value, ["value": .string(value)]).contains { $0 == "\n" || $0 == "\r\n" })
  }

  @Test(arguments: Log.Level.allCases) func `what is below the level is not written`(level: Log.Level) {
    let record = RecordedLog(level: level, world: Self.world)
    for level in Log.Level.allCases { record.log.write(level, level.name, [:] as KeyValuePairs) }
    #expect(record.lines.count == Log.Level.allCases.count - level.rawValue)
    #expect(record.log.writes(level))
    #expect(level == .debug || !record.log.writes(.debug))
    #expect(Log.Level(name: level.name) == level)
  }

  @Test func `a silent log asks for nothing`() {
    Log.silent.error("nobody hears")
    #expect(!Log.silent.writes(.error))
    #expect(Log.Level(name: "loud") == nil)
  }

  @Test(arguments: ["x", "é", "€", "😀", "x😀"], Log.Format.allCases)
  func `no value is longer than a field may be`(part: String, format: Log.Format) {
    let line = Self.line(format, "event", ["value": .string(String(repeating: part, count: 4000))])
    #expect((2000...2200).contains(line.utf8.count))
    #expect(line.contains(part + "…") || part.unicodeScalars.count > 1)
    #expect(!line.contains("\u{fffd}"))
    let short = String(repeating: "x", count: 2048)
    #expect(Self.line(format, "event", ["value": .string(short)]).contains(short))
    #expect(!Self.line(format, "event", ["value": .string(short)]).contains("…"))
  }

  @Test func `standard error gets whole lines`() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      let world = World(
        now: { Instant(microseconds: 1_795_248_930_250_000) }, random: { [UInt8](repeating: 0, count: $0) })
      let log = Log.standardError(level: .info, format: .text, world: world)
      log.debug("nobody reads this")
      log.warning("disk nearly full", ["percent": 97])
      log.error("disk full")
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      text == """
        2026-11-21T08:15:30.250Z warning disk nearly full percent=97
        2026-11-21T08:15:30.250Z error   disk full

        """)
  }

  @Test func `a line ends with one line feed`() {
    let record = LineKeeper()
    let log = Log(format: .json, world: Self.world) { record.keep($0) }
    log.info("a\n")
    #expect(record.bytes.filter { $0 == UInt8(ascii: "\n") }.count == 1)
    #expect(record.bytes.last == UInt8(ascii: "\n"))
  }
}

private final class LineKeeper: @unchecked Sendable {
  private(set) var bytes: [UInt8] = []
  func keep(_ line: [UInt8]) { bytes += line }
}

extension String {
  /// An event stands without quotation marks, but escaped as a value is.
  fileprivate var strippedOfQuotes: String {
    hasPrefix("\"") ? String(dropFirst().dropLast()) : self
  }
}
