package import Records

/// The tools on records, in the order of the catalogue.
package enum RecordTools {
  /// - Parameter records: the backend that they read.
  package static func all(on records: any Records) -> [any Tool] {
    [
      ListModels(records: records), DescribeModel(records: records), SearchRecords(records: records),
      GetRecord(records: records), SearchRead(records: records), CountRecords(records: records),
      ReadGroup(records: records), TraverseRelationships(records: records), BuildDomain(records: records),
      ListCompanies(records: records),
    ]
  }
}
