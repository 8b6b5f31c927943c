package import Governance
package import Records
package import World

/// Work that takes long, and that only tasks do.
///
/// An operation is a tool by another door: its definition has the operation's own parameters, and the name of the tool
/// whose switches, policies and limits hold for it.
package struct Operation: Sendable {
  package let name: String
  /// For a model: what it does and what `params` it takes.
  package let summary: String
  package let tool: any ConversingTool

  package init(_ name: String, _ summary: String, _ tool: any ConversingTool) {
    self.name = name
    self.summary = summary
    self.tool = tool
  }
}

/// The operations that there are: the allow list of `submit_async_task`.
package struct OperationCatalogue: Sendable {
  package let operations: [Operation]

  package init(_ operations: [Operation]) { self.operations = operations }

  package subscript(_ name: String) -> Operation? { operations.first { $0.name == name } }

  /// Those on records.
  package static func all(on records: any Records, _ governor: Governor, world: World) -> OperationCatalogue {
    OperationCatalogue([
      Operation(
        "export_records",
        "{model, domain, fields, order, limit}: the records as CSV, up to 50,000 rows or 1 MiB. Rules of search_read.",
        ExportRecords(records: records)),
      Operation(
        "aggregate_records",
        "{model, domain, group_by, aggregates, having, order, limit}: read_group with up to 10,000 groups.",
        AggregateRecords(records: records)),
      Operation(
        "search_all_models",
        "{query, limit}: records of every model that you may read whose name holds the text. Rules of search_records.",
        SearchAllModels(records: records, governor: governor)),
      Operation(
        "data_quality_report",
        "{model, domain}: for each field how many records have no value, and names that several records share. Rules of read_group.",
        DataQualityReport(records: records)),
      Operation(
        "receivable_payable_aging",
        "{}: what customers owe and what is owed to vendors, by how long it is overdue, currency and partner. Rules of read_group.",
        ReceivablePayableAging(records: records, world: world)),
    ])
  }
}
