package import Records

/// The tools that write records, in the order of the catalogue.
package enum WriteTools {
  /// - Parameters:
  ///   - records: the backend that they write.
  ///   - confirms: whether the client's person is asked before a tool of high risk does what it was called for.
  package static func all(on records: any WritableRecords, confirms: Bool = true) -> [any Tool] {
    [
      CreateRecord(records: records), UpdateRecord(records: records),
      DeleteRecord(records: records, confirms: confirms), BatchCreate(records: records),
      BatchUpdate(records: records, confirms: confirms), BatchDelete(records: records, confirms: confirms),
    ]
  }
}
