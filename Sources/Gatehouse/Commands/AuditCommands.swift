internal import Accounts
internal import Crypto
internal import Governance
internal import JSON
internal import OAuth
internal import Telemetry
internal import World

/// `gatehouse audit …`: the log of all that was asked and answered.
struct AuditCommands {
  private let call: Invocation
  private let terminal: Terminal

  /// What says which entries are meant.
  static let filters: Set<String> = ["from", "to", "user", "tool", "connection", "status", "kind"]

  init(_ call: Invocation, _ terminal: Terminal) {
    self.call = call
    self.terminal = terminal
  }

  private func house() async throws -> House {
    try await House(call.settings, world: .live, log: .command(call.settings))
  }

  // MARK: Which entries

  private func filter(_ house: House) async throws -> AuditFilter {
    let arguments = call.arguments
    var filter = AuditFilter(connectionID: arguments["connection"])
    filter.from = try moment("from", house)
    filter.to = try moment("to", house)
    if let login = arguments["user"] { filter.userID = try await house.user(login).id }
    filter.tool = arguments["tool"]
    filter.kind = try arguments["kind"].map { word throws(CommandError) in
      guard let kind = AuditEntry.Kind(rawValue: word) else {
        throw .usage("--kind takes \(AuditEntry.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return kind
    }
    filter.ending = try arguments["status"].map { word throws(CommandError) in
      switch word {
      case "ok": return .fine
      case "failed": return .failed
      default:
        guard let status = Int(word), (100...599).contains(status) else {
          throw .usage("--status takes ok, failed, or the HTTP status of the answer")
        }
        return .status(status)
      }
    }
    return filter
  }

  private func moment(_ option: String, _ house: House) throws(CommandError) -> Instant? {
    guard let text = call.arguments[option] else { return nil }
    if let moment = Instant(rfc3339: text) { return moment }
    // `7d`, `12h`, `30m` ago.
    if let count = Int64(text.dropLast()), (0...100_000).contains(count) {
      switch text.last {
      case "d": return house.world.now - .days(count)
      case "h": return house.world.now - .hours(count)
      case "m": return house.world.now - .minutes(count)
      default: break
      }
    }
    throw .usage("--\(option) takes a day (2026-11-21), a moment (2026-11-21T08:15:00Z), or 7d, 12h, 30m ago")
  }

  // MARK: Reading

  /// The newest entries, newest first.
  func list() async throws {
    guard let limit = Int(call.arguments["limit"] ?? "50"), limit > 0 else {
      throw CommandError.usage("--limit takes a number of entries")
    }
    let house = try await house()
    let filter = try await filter(house)
    var (left, before): (Int, Int64?) = (limit, nil)
    while left > 0 {
      let page = try await house.audit.list(limit: min(left, 1000), before: before, matching: filter)
      guard let last = page.last else { return }
      (left, before) = (left - page.count, last.sequence)
      guard call.wantsJSON else {
        for record in page { print(record) }
        continue
      }
      for object in try await objects(page, house) { terminal.print(object.text) }
    }
  }

  private func print(_ record: AuditRecord) {
    let entry = record.entry
    terminal.print(
      "\(record.sequence)\t\(entry.time.rfc3339)\t\(entry.kind.rawValue)\t\(entry.method.asField)\t\((entry.tool ?? "-").asField)\t\((entry.login ?? "-").asField)\t\(entry.address)\t\((entry.code ?? "ok").asField)"
    )
  }

  /// The entries, with what was kept beside them where that was asked for.
  private func objects(_ records: [AuditRecord], _ house: House) async throws -> [JSONObject] {
    guard call.arguments.flags.contains("payloads") else { return records.map(\.object) }
    var objects: [JSONObject] = []
    for start in stride(from: 0, to: records.count, by: 100) {
      let part = records[start..<min(start + 100, records.count)]
      let kept = try await house.audit.payloads(of: Array(part))
      for record in part {
        var object = record.object
        if let body = kept[record.sequence] { object["payload_body"] = try JSONValue(parsing: body) }
        objects.append(object)
      }
    }
    return objects
  }

  // MARK: Taking away

  /// All entries that are meant, the oldest first, as JSON Lines or CSV: a page at a time, however many there are.
  func export() async throws {
    let isTable: Bool
    switch call.arguments["format"] ?? "jsonl" {
    case "jsonl": isTable = false
    case "csv": isTable = true
    default: throw CommandError.usage("--format takes jsonl or csv")
    }
    let house = try await house()
    let filter = try await filter(house)
    // A part of the log proves nothing; of the whole one, what stands in it can be checked elsewhere.
    let isWhole = filter.isEmpty && !isTable
    if isTable { terminal.print(AuditTable.head) }
    var position: Int64 = 0
    if isWhole, let dropped = try await house.audit.dropped(.entries) {
      position = dropped.sequence
      terminal.print(JSONValue.object(dropped.object).text)
      for checkpoint in try await house.audit.checkpoints(after: position - 1, through: position) {
        terminal.print(JSONValue.object(checkpoint.object).text)
      }
    }
    while let page = try await house.audit.page(after: position, matching: filter) {
      if isTable {
        for record in page.records { terminal.print(AuditTable.row(record)) }
      } else {
        var sealed = isWhole ? try await house.audit.checkpoints(after: position, through: page.end) : []
        for (record, object) in zip(page.records, try await objects(page.records, house)) {
          terminal.print(object.text)
          if sealed.first?.sequence == record.sequence {
            terminal.print(JSONValue.object(sealed.removeFirst().object).text)
          }
        }
      }
      position = page.end
    }
  }

  // MARK: Proving

  /// Recomputes everything; exit code 1 names the first entry that does not fit.
  func verify() async throws {
    let evidence = try evidence()
    let house = try await house()
    let found = try await house.audit.verify(by: house.notary.publicKey, against: evidence)
    if let bad = found.firstBad {
      throw CommandError.failure(
        "entry \(bad.sequence) does not fit: \(bad.reason)",
        hint: "\(found.entries) entries before it are right")
    }
    guard call.wantsJSON else {
      let seals = found.checkpoints == 0 ? "" : ", \(found.checkpoints) checkpoints fit"
      terminal.print("\(found.entries) entries, the chain holds\(seals)")
      return
    }
    terminal.print(
      JSONValue.object([
        "entries": .integer(found.entries), "ok": true, "first": .integer(found.start),
        "checkpoints": .integer(Int64(found.checkpoints)),
        "head": .string("\(found.sequence):\(found.head.hexadecimal)"),
      ]).text)
  }

  private func evidence() throws(CommandError) -> Evidence {
    var evidence = Evidence()
    if let text = call.arguments["head"] {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard let hash = parts.last.flatMap({ [UInt8](hexadecimal: $0) }), hash.count == 32,
        parts.count == 1 || parts.count == 2 && Int64(parts[0]) != nil
      else { throw .usage("--head takes what audit verify --json told: a number, a colon, 64 digits") }
      evidence.head = (parts.count == 2 ? Int64(parts[0]) : nil, hash)
    }
    if let file = call.arguments["checkpoints"] {
      evidence.checkpoints = try checkpoints(in: file)
    }
    return evidence
  }

  /// The checkpoints in a file of JSON Lines: an export, or what `audit checkpoint --json` told.
  private func checkpoints(in file: String) throws(CommandError) -> [Checkpoint] {
    guard let lines = Lines(of: file) else { throw .failure("\(file) can't be read", hint: nil) }
    var found: [Checkpoint] = []
    while let line = lines.next() {
      // Entries are by far the most of an export, and nothing to read here.
      guard line.starts(with: #"{"type":"checkpoint""#.utf8) else { continue }
      do {
        guard let object = try JSONValue(parsing: line).object, let checkpoint = Checkpoint(object) else {
          throw JSONError.malformed
        }
        found.append(checkpoint)
      } catch { throw .failure("\(file) holds a checkpoint that can't be read", hint: nil) }
    }
    guard !found.isEmpty else {
      throw .failure("\(file) holds no checkpoint", hint: "gatehouse audit checkpoint --json tells one")
    }
    return found
  }

  /// Seals what has no seal yet, and tells the newest checkpoint, to be kept elsewhere.
  func checkpoint() async throws {
    let house = try await house()
    let made = try await house.notary.checkpoint()
    let newest = try await house.audit.newestCheckpoint()
    guard let checkpoint = made ?? newest else {
      throw CommandError.failure("the log is empty: there is nothing to seal", hint: nil)
    }
    terminal.print(
      call.wantsJSON
        ? JSONValue.object(checkpoint.object).text
        : "\(checkpoint.sequence)\t\(checkpoint.time.rfc3339)\t\(checkpoint.hash.hexadecimal)")
  }

  /// What checkpoints are checked with elsewhere: a JWK (RFC 8037).
  func key() async throws {
    let key = try await house().notary.publicKey
    var object: JSONObject = ["kid": .string(key.thumbprint), "alg": .string(key.algorithm.rawValue)]
    for (name, value) in key.members { object[name] = .string(value) }
    terminal.print(JSONValue.object(object).text)
  }
}
