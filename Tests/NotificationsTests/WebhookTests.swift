internal import Crypto
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Storage
internal import Support
internal import Synchronization
internal import Telemetry
internal import Testing
internal import World

@testable internal import Notifications

/// A receiver that answers as it is told, and keeps what it got.
final class Receiver: Sendable {
  private let state = Mutex((answers: [Result<Int, HTTPClientError>](), got: [HTTPClient.Request]()))
  private let fields = Mutex<Fields>([:])
  var got: [HTTPClient.Request] { state.withLock { $0.got } }
  func answer(_ answers: Result<Int, HTTPClientError>..., fields: Fields = [:]) {
    state.withLock { $0.answers = answers }
    self.fields.withLock { $0 = fields }
  }

  @Sendable func send(
    _ request: HTTPClient.Request, _ limits: HTTPClient.Limits
  ) throws(HTTPClientError) -> HTTPClient.Reply {
    let answer = state.withLock { state -> Result<Int, HTTPClientError> in
      state.got.append(request)
      return state.answers.isEmpty ? .success(204) : state.answers.removeFirst()
    }
    return HTTPClient.Reply(status: try answer.get(), fields: fields.withLock { $0 }, body: [])
  }
}

@Suite("Standard Webhooks 1.0.0")
struct WebhookTests {
  let office: Office
  let receiver = Receiver()
  static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

  init() async throws { office = try await Office() }

  private var webhooks: Webhooks { get throws { try webhooks(secrets: [Self.secret]) } }

  private func webhooks(secrets: [String]) throws -> Webhooks {
    let receiver = receiver
    return Webhooks(
      to: .init(
        url: "https://hooks.example/approvals", secrets: try secrets.map { try #require(WebhookSecret($0)) }),
      store: office.store, world: office.clock.world, log: office.log.log
    ) { request, limits throws(HTTPClientError) in try receiver.send(request, limits) }
  }

  private func file(_ id: String = "apr_1") async throws {
    try await office.file(id)
    _ = try await office.notices(to: [], hasWebhook: true).pass()
  }

  @Test func `the signature is that of the specification's example`() throws {
    let secret = try #require(WebhookSecret(Self.secret))
    let body = Array(#"{"test": 2432232314}"#.utf8)
    #expect(
      secret.signature(of: body, id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }

  @Test(arguments: [
    "", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_not base64 at all, but long enough for it", "whsec_" + "A".repeated(92),
  ])
  func `a secret is 24 to 64 bytes behind whsec_`(text: String) { #expect(WebhookSecret(text) == nil) }

  @Test func `a message says what happened, where to look, and no arguments`() async throws {
    try await file()
    #expect(try await webhooks.deliver() == 1)
    let request = try #require(receiver.got.first)
    let body = try #require(request.json)
    let message = try JSONValue(parsing: body)
    #expect(
      message["type"] == "approval.requested" && message["timestamp"]?.string == office.clock.now.rfc3339)
    let data = try #require(message["data"])
    #expect(data["request_id"] == "apr_1" && data["tool"] == "delete_record" && data["requester"] == "sales")
    #expect(data["url"] == "https://gate.example/account/approvals/apr_1")
    #expect(!String(decoding: body, as: UTF8.self).contains("xyzzy"))
    let fields = Dictionary(uniqueKeysWithValues: request.fields.map { ($0.name, $0.value) })
    let timestamp = office.clock.now.seconds
    #expect(fields["webhook-timestamp"] == String(timestamp))
    let id = try #require(fields["webhook-id"])
    #expect(
      fields["webhook-signature"]
        == WebhookSecret(Self.secret)?.signature(of: body, id: id, timestamp: timestamp))
    #expect(request.isStatusEnough)
    #expect(try await webhooks.deliver() == 0)
    #expect(try await office.count("webhook_message") == 0)
  }

  @Test func `while a secret is exchanged both sign`() async throws {
    try await file()
    let other = "whsec_" + Base64.encode([UInt8](repeating: 7, count: 32))
    _ = try await webhooks(secrets: [Self.secret, other]).deliver()
    let signature = try #require(receiver.got.first?.fields.last).value
    #expect(signature.split(separator: " ").count == 2)
    #expect(signature.split(separator: " ").allSatisfy { $0.hasPrefix("v1,") })
  }

  @Test func `what becomes of a request is told in its order, each under an id of its own`() async throws {
    try await file()
    for status in ["approved", "running", "done"] { try await office.decide("apr_1", status) }
    _ = try await office.notices(to: [], hasWebhook: true).pass()
    #expect(try await webhooks.deliver() == 3)
    let types = try receiver.got.map { try JSONValue(parsing: try #require($0.json))["type"]?.string }
    #expect(types == ["approval.requested", "approval.approved", "approval.done"])
    #expect(Set(receiver.got.map { $0.fields[0].value }).count == 3)
  }

  @Test func `a message that is not taken comes again, later each time, under the same id, signed anew`()
    async throws
  {
    try await file()
    receiver.answer(.success(500), .failure(.tooSlow), .success(200))
    #expect(try await webhooks.deliver() == 0)
    office.clock.advance(Webhooks.pauses[0] - .microseconds(1))
    #expect(try await webhooks.deliver() == 0 && receiver.got.count == 1)
    office.clock.advance(.microseconds(1))
    #expect(try await webhooks.deliver() == 0 && receiver.got.count == 2)
    office.clock.advance(Webhooks.pauses[1])
    #expect(try await webhooks.deliver() == 1)
    let (ids, signatures) = (receiver.got.map { $0.fields[0].value }, receiver.got.map { $0.fields[2].value })
    #expect(Set(ids).count == 1 && Set(signatures).count == 3)
    #expect(receiver.got.allSatisfy { $0.json == receiver.got[0].json })
  }

  @Test func `it is given up in the end, after most of a day, and the log says so`() async throws {
    try await file()
    let began = office.clock.now
    var attempts = 0
    while try await office.count("webhook_message") > 0 {
      receiver.answer(.success(503))
      _ = try await webhooks.deliver()
      attempts += 1
      office.clock.advance(Webhooks.pauses[min(attempts, Webhooks.pauses.count) - 1])
      #expect(attempts <= 10)
    }
    #expect(attempts == Webhooks.pauses.count + 1 && office.clock.now - began > .hours(20))
    #expect(office.log.lines.contains { $0.contains("given up") })
  }

  @Test func `what nobody sent for two days is news no more`() async throws {
    try await file()
    office.clock.advance(.days(2))
    #expect(try await webhooks.deliver() == 0 && receiver.got.isEmpty)
    #expect(try await office.count("webhook_message") == 0)
  }

  @Test func `a receiver that says 410 is not asked again`() async throws {
    try await file()
    receiver.answer(.success(410))
    _ = try await webhooks.deliver()
    #expect(try await office.count("webhook_message") == 0)
  }

  @Test(arguments: [("60", 60), ("1", 2), ("999999999", 21600), ("soon", 2)] as [(String, Int64)])
  func `RFC 9110 §10_2_3 a receiver may ask for a longer pause, up to six hours`(
    field: String, seconds: Int64
  ) async throws {
    try await file()
    receiver.answer(.success(429), fields: ["retry-after": field])
    _ = try await webhooks.deliver()
    let next = try await office.store.rows("SELECT next_try_at FROM webhook_message").first?.instant(0)
    #expect(next == office.clock.now + .seconds(seconds))
  }

  @Test(arguments: [301, 302, 304, 307]) func `a redirect is no delivery`(status: Int) async throws {
    try await file()
    receiver.answer(.success(status))
    #expect(try await webhooks.deliver() == 0)
    #expect(try await office.count("webhook_message") == 1)
  }

  @Test func `of two processes one sends a message`() async throws {
    for index in 0..<20 { try await file("apr_\(index)") }
    let processes = try (0..<4).map { _ in try webhooks }
    let taken = try await withThrowingTaskGroup(of: Int.self) { group in
      for process in processes { group.addTask { try await process.deliver() } }
      return try await group.reduce(0, +)
    }
    #expect(taken == 20 && receiver.got.count == 20)
  }

  @Test func `a process that is killed while it sends leaves the message to the next attempt`() async throws {
    try await file()
    let (store, clock) = (office.store, office.clock)
    // As it stands between the two statements of an attempt.
    try await store.write { transaction in
      _ = try transaction.run(
        "UPDATE webhook_message SET next_try_at = \(clock.now + .seconds(12)), tries = 1")
    }
    #expect(try await webhooks.deliver() == 0)
    clock.advance(.seconds(12))
    #expect(try await webhooks.deliver() == 1)
  }

  @Test func `a receiver that can't be reached is asked once in a pass, and one clock jump loses nothing`()
    async throws
  {
    for index in 0..<5 { try await file("apr_\(index)") }
    receiver.answer(.failure(.unreachable("no")))
    #expect(try await webhooks.deliver() == 0 && receiver.got.count == 1)
    office.clock.advance(.days(-30))
    #expect(try await webhooks.deliver() == 5)
  }

  @Test func `no more than a thousand wait`() async throws {
    try await office.store.write { transaction in
      for index in 0..<Webhooks.most {
        _ = try transaction.run(
          """
          INSERT INTO webhook_message (id, sequence, body, made_at, next_try_at, tries)
          VALUES (\("m\(index)"), \(index), \(Array("{}".utf8)), 0, 0, 0)
          """)
      }
    }
    try await file()
    #expect(try await office.count("webhook_message") == Int64(Webhooks.most))
    #expect(office.log.lines.contains { $0.contains("somebody was not told") })
  }
}
