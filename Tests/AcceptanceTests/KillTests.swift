internal import Foundation
internal import Glibc
internal import JSON
internal import Storage
internal import Support
internal import Testing

/// What the store holds after an end that nobody was told of.
@Suite("E21. Killed at any instant")
struct KillTests {
  /// More by `GATEHOUSE_KILLS`, for a night.
  private static let kills = ProcessInfo.processInfo.environment["GATEHOUSE_KILLS"].flatMap { Int($0) } ?? 200
  private static let families = 3
  private static let codes = 2

  /// What a client knows when the server is gone.
  private enum Known: Sendable {
    /// The last refresh token that it was given, after so many answers.
    case family(number: Int, last: String, refreshes: Int)
    /// A code, and its first refresh token if the exchange was answered.
    case code(String, refresh: String?)
  }

  @Test(.timeLimit(.minutes(10)))
  func `E21 OAuth 2_1 §4_1_3 §4_3_1 a code is unused or its tokens exist, and a token has one successor`()
    async throws
  {
    let program = try await Program()
    let (client, cookie) = (try program.client(), try await program.signIn())
    var tokens: [String] = []
    for _ in 0..<Self.families { tokens.append(try await program.tokens(client, cookie: cookie).refresh) }
    var seen = (unusedCodes: 0, codesWithoutAnswer: 0, answers: 0)
    for round in 0..<Self.kills {
      var codes: [String] = []
      for _ in 0..<Self.codes { codes.append(try await program.code(client, cookie: cookie)) }
      let known = try await Self.killed(program, client, tokens, codes)
      try await program.start()
      try await Self.checkStore(of: program, round)
      for item in known {
        switch item {
        case .family(let number, let last, let refreshes):
          // Its successor may be there without having been told: then it is told now, within the grace.
          tokens[number] = try Tokens(await program.refresh(last, client)).refresh
          seen.answers += refreshes
        case .code(_, .some(let refresh)):
          #expect(try await program.refresh(refresh, client).status == 200, "round \(round)")
          seen.answers += 1
        case .code(let code, nil):
          let answer = try await program.exchange(code, client)
          switch answer.verdict {
          case "200": seen.unusedCodes += 1
          case "400 invalid_grant": seen.codesWithoutAnswer += 1
          default: Issue.record("round \(round): \(answer)")
          }
          #expect(try await program.exchange(code, client).verdict == "400 invalid_grant")
        }
      }
      try await Self.checkStore(of: program, round)
      #expect(try program.run(["audit", "verify"]) != .null, "round \(round)")
    }
    // Kills that never met a request in the middle would have shown nothing.
    #expect(seen.unusedCodes + seen.codesWithoutAnswer > 0 && seen.answers > 0, "\(seen)")
    print("after \(Self.kills) kills: \(seen)")
  }

  /// Exchanges and refreshes all at once until the program is killed, at a moment left to chance.
  private static func killed(
    _ program: Program, _ client: Client, _ tokens: [String], _ codes: [String]
  ) async throws -> [Known] {
    // Every other time in the first commits, where the exchanges are.
    let moment = Duration.microseconds(Int.random(in: 0..<(Bool.random() ? 4_000 : 30_000)))
    return try await withThrowingTaskGroup { group in
      for (number, token) in tokens.enumerated() {
        group.addTask { await refreshing(token, number, program, client) }
      }
      for code in codes {
        group.addTask {
          do {
            let answer = try await program.exchange(code, client)
            #expect(answer.status == 200, "\(answer)")
            return .code(code, refresh: try Tokens(answer).refresh)
          } catch { return .code(code, refresh: nil) }
        }
      }
      try await Task.sleep(for: moment)
      program.end(SIGKILL)
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  /// A client that refreshes again and again, until nobody answers.
  private static func refreshing(
    _ token: String, _ number: Int, _ program: Program, _ client: Client
  ) async -> Known {
    var (last, refreshes) = (token, 0)
    for _ in 0..<10_000 {
      do {
        let answer = try await program.refresh(last, client)
        #expect(answer.status == 200, "\(answer)")
        last = try Tokens(answer).refresh
        refreshes += 1
      } catch { break }
    }
    return .family(number: number, last: last, refreshes: refreshes)
  }

  private static func checkStore(of program: Program, _ round: Int) async throws {
    let branching = try await program.rows(
      "SELECT family_id FROM refresh_token WHERE spent_at IS NULL GROUP BY family_id HAVING count(*) > 1")
    #expect(branching.isEmpty, "round \(round): a token with two live successors")
    let halves = try await program.rows(
      """
      SELECT c.family_id FROM authorization_code c WHERE (c.spent_at IS NOT NULL) <>
        EXISTS (SELECT 1 FROM refresh_token r WHERE r.family_id = c.family_id)
      """)
    #expect(halves.isEmpty, "round \(round): a spent code without tokens, or tokens of an unspent one")
  }
}
