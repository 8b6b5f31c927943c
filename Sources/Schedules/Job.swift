package import JSON

/// Something that is to be done every so often without anybody asking for it.
package struct Job: Sendable {
  /// As the command line knows it: lower-case words with hyphens.
  package let name: String
  /// What it does, in a sentence.
  package let meaning: String
  /// From the beginning of one run to the beginning of the next.
  package let interval: Duration
  let work: @Sendable () async throws -> JSONObject

  /// - Parameter work: does it once, in steps that do no harm when they are done twice, and tells what it came to:
  ///   `{"sessions": 12}`. It throws `CancellationError` soon after its task is cancelled.
  package init(
    _ name: String, every interval: Duration, _ meaning: String,
    work: @escaping @Sendable () async throws -> JSONObject
  ) {
    self.name = name
    self.meaning = meaning
    self.interval = interval
    self.work = work
  }
}
