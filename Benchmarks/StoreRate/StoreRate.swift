internal import Crypto
internal import Glibc
internal import Storage
internal import Telemetry
internal import World

/// How many rows a second the store makes durable when 100 writers wait at once: `store-rate DIRECTORY SECONDS`.
@main
struct StoreRate {
  static let writers = 100

  static func main() async throws {
    guard CommandLine.arguments.count == 3, let seconds = Int64(CommandLine.arguments[2]) else {
      print("usage: store-rate DIRECTORY SECONDS")
      exit(64)
    }
    let store = try Store(.file(CommandLine.arguments[1] + "/rate.db"), log: .silent)
    try await store.migrate([
      Migration(
        part: "rate", version: 1,
        [
          "CREATE TABLE token (mac BLOB PRIMARY KEY, family TEXT NOT NULL, issued BIGINT NOT NULL, spent BIGINT)"
        ])
    ])
    let began = ContinuousClock.now
    let end = began + .seconds(seconds)
    let rows = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<writers {
        group.addTask {
          var count = 0
          while ContinuousClock.now < end {
            let (mac, now) = (Random.bytes(32), Instant.systemNow())
            try await store.write { transaction in
              _ = try transaction.run(
                "INSERT INTO token (mac, family, issued) VALUES (\(mac), 'family', \(now))")
            }
            count += 1
          }
          return count
        }
      }
      var rows = 0
      for try await count in group { rows += count }
      return rows
    }
    let time = ContinuousClock.now - began
    print(Int(Double(rows) / (Double(time.wholeMicroseconds) / 1_000_000)))
  }
}
