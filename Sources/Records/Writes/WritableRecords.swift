package import JSON
package import World

/// Records that can be written, under the rights of a subject.
///
///     values ─► ValuesReader ─► RecordTransaction ─► Written
///               fields, types    rules before, rows, cascades, formulas, rules after, chatter, the diff
///
/// Each method is one transaction, all or nothing. A dry run goes the same way in a transaction that is never
/// committed, so that what it answers is what the write would have done.
package protocol WritableRecords: Records {
  /// Makes records.
  ///
  /// - Throws: `unknownModel`, `forbidden`, `unknownField`, `readonlyField`, `invalidValue`, `missingValue`,
  ///   `notUnique`, `notFound` for a related record.
  func create(
    _ inputs: [RecordInput], in model: String, isDryRun: Bool, for subject: Subject
  ) async throws(RecordsError) -> Written

  /// Changes records.
  ///
  /// - Parameter unchangedSince: a record that was changed later is left alone, and so are all.
  /// - Throws: what `create` throws, and `notFound`, `changedSince`.
  func update(
    _ updates: [RecordUpdate], of model: String, unchangedSince: Instant?, isDryRun: Bool,
    for subject: Subject
  ) async throws(RecordsError) -> Written

  /// Deletes records with what belongs to them.
  ///
  /// - Throws: `unknownModel`, `forbidden`, `notFound`, `changedSince`; `restricted` when others lead to them.
  func delete(
    _ ids: [Int64], of model: String, unchangedSince: Instant?, isDryRun: Bool, for subject: Subject
  ) async throws(RecordsError) -> Written
}

/// The values of one record, as they came.
package struct RecordInput: Sendable {
  package let values: JSONObject
  /// Where they stand in the arguments: `values_list[2]`. Errors name it.
  package let place: String

  package init(_ values: JSONObject, at place: String = "values") {
    self.values = values
    self.place = place
  }
}

/// What one record is changed to.
package struct RecordUpdate: Sendable {
  package let id: Int64
  package let input: RecordInput

  package init(_ id: Int64, _ values: JSONObject, at place: String = "values") {
    self.id = id
    self.input = RecordInput(values, at: place)
  }
}

/// A record among all of them.
package struct RecordKey: Sendable, Hashable {
  package let model: String
  package let id: Int64

  package init(model: String, id: Int64) {
    self.model = model
    self.id = id
  }
}

/// What a write did, or what a dry run would do.
package struct Written: Sendable {
  /// The records that were asked for, then those that were written with them.
  package let changes: [RecordChange]
  /// Whether more was written than the subject may see.
  package let includesHidden: Bool
  package let isDryRun: Bool
}

/// What became of one record.
package struct RecordChange: Sendable, Equatable {
  package enum Action: String, Sendable, CaseIterable {
    case create, update, delete
  }

  /// Why it was written.
  package enum Cause: String, Sendable, CaseIterable {
    /// The call names it.
    case asked
    /// A command on a one2many or many2many.
    case command
    /// It belonged to what was deleted, or led to it.
    case deletion
    /// A formula sums over what was written.
    case formula
  }

  package struct Value: Sendable, Equatable {
    package let field: String
    package let label: String
    package let before: JSONValue
    package let after: JSONValue
  }

  package let model: String
  /// Nil for a record that a dry run would make: it has none yet.
  package let id: Int64?
  /// Its display name afterwards; of a deleted one, before.
  package let name: String?
  package let action: Action
  package let cause: Cause
  /// As `Records` answers them, those that differ; without those that say who wrote and when.
  package let values: [Value]
  /// When it was last changed: `YYYY-MM-DD HH:MM:SS`; nil of a deleted one and in a dry run.
  package let writeDate: String?
}
