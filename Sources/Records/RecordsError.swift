package import JSON

/// Why the records were not answered, in words for the model that asked.
///
/// The sentence and the hint never hold what the subject may not see; the reason is for the log alone.
package struct RecordsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A word for programs.
  package enum Code: String, Sendable, CaseIterable {
    case unknownModel = "unknown_model"
    case unknownField = "unknown_field"
    case forbidden
    case invalidDomain = "invalid_domain"
    case invalidArgument = "invalid_argument"
    case invalidValue = "invalid_value"
    case missingValue = "missing_value"
    case readonlyField = "readonly_field"
    case notUnique = "not_unique"
    /// Other records lead to what would be deleted.
    case restricted
    case changedSince = "changed_since"
    case notFound = "not_found"
    case unavailable
    case tooSlow = "too_slow"
  }

  package let code: Code
  package let sentence: String
  package let hint: String?
  package let reason: String?
  /// More for programs, such as when a record was last changed.
  package let details: JSONObject

  package init(
    _ code: Code, _ sentence: String, hint: String? = nil, because reason: String? = nil,
    details: JSONObject = JSONObject()
  ) {
    self.details = details
    self.code = code
    self.sentence = sentence
    self.hint = hint
    self.reason = reason
  }

  package var description: String {
    "\(code.rawValue): \(sentence)" + (hint.map { " (\($0))" } ?? "") + (reason.map { " [\($0)]" } ?? "")
  }
}
