extension Governor {
  /// A number that grows with every change of switches and policies, whoever makes it: with it, what callers see may
  /// have become something else.
  ///
  /// - Returns: nil while it can't be read.
  package func revision() async -> Int64? {
    do { return try await rules.page().revision } catch { return nil }
  }
}
