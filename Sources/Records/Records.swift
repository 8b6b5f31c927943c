package import JSON

/// Where records live: what every record tool needs, whoever keeps the records.
///
///     Domain ─┐
///     Subject ┼─► Records ─► Page of records, that the subject may see
///     Query  ─┘
///
/// Each method takes the `Subject` under whose rights it runs. A record that the subject may not see is as if it
/// were not there: in searches, counts, groups, paths and the names of related records. A model or a field that the
/// subject may not read is refused by name, never answered with nothing.
package protocol Records: Sendable {
  /// The models that the subject may read, by name.
  func models(for subject: Subject) async throws(RecordsError) -> [Model]

  /// One model with the fields that the subject may read.
  ///
  /// - Throws: `unknownModel`, `forbidden`.
  func model(_ name: String, for subject: Subject) async throws(RecordsError) -> Model

  /// The records that the query asks for, with their display names only.
  func search(_ query: Query, for subject: Subject) async throws(RecordsError) -> Page<Record>

  /// The records that the query asks for.
  ///
  /// - Parameter fields: names; nil stands for the model's list of fields, an empty array for the id alone.
  func searchRead(
    _ query: Query, fields: [String]?, for subject: Subject
  ) async throws(RecordsError) -> Page<Record>

  /// Records by their ids, in that order, archived ones too; those that the subject can't see are left out.
  ///
  /// - Parameter fields: names; nil stands for every field that the subject may read.
  func read(
    _ ids: [Int64], of model: String, fields: [String]?, for subject: Subject
  )
    async throws(RecordsError) -> [Record]

  /// How many records the domain holds for.
  func count(_ domain: Domain, of model: String, for subject: Subject) async throws(RecordsError) -> Int

  /// Groups and their aggregates.
  func group(_ query: GroupQuery, for subject: Subject) async throws(RecordsError) -> Page<RecordGroup>

  /// The records at the end of a path of relations.
  func traverse(_ traversal: Traversal, for subject: Subject) async throws(RecordsError) -> Traversed
}

/// A record as it is answered: `id`, `display_name` where asked for, and its fields, as JSON.
///
/// A many2one is `[id, display name]`, or `[id, null]` when its name is not for the subject; an x2many is an array
/// of ids; what is empty is `null`; a date is `YYYY-MM-DD`, a datetime `YYYY-MM-DD HH:MM:SS` in UTC.
package typealias Record = JSONObject
