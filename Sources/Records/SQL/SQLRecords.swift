internal import JSON
package import Storage
package import World

/// Records in the tables of our own database, by the models' documents.
package struct SQLRecords: Records {
  let store: Store
  package let catalogue: ModelCatalogue

  /// Tells of what was written.
  package let changes = RecordChanges()

  let now: @Sendable () -> Instant
  let report: @Sendable (RecordsError) -> Void

  /// - Parameters:
  ///   - now: the present moment, for what is written.
  ///   - report: is told of statements that failed, with the reason that callers don't see; for the log.
  package init(
    store: Store, catalogue: ModelCatalogue, now: @escaping @Sendable () -> Instant = Instant.systemNow,
    report: @escaping @Sendable (RecordsError) -> Void = { _ in }
  ) {
    self.store = store
    self.catalogue = catalogue
    self.now = now
    self.report = report
  }

  package func models(for subject: Subject) async throws(RecordsError) -> [Model] {
    var models: [Model] = []
    for model in catalogue.models where model.isReadable(by: subject) {
      models.append(catalogue.seen(model, by: subject))
    }
    return models
  }

  package func model(_ name: String, for subject: Subject) async throws(RecordsError) -> Model {
    catalogue.seen(try catalogue.readable(name, by: subject), by: subject)
  }

  package func search(_ query: Query, for subject: Subject) async throws(RecordsError) -> Page<Record> {
    try await searchRead(query, fields: ["display_name"], for: subject)
  }

  package func searchRead(
    _ query: Query, fields: [String]?, for subject: Subject
  ) async throws(RecordsError) -> Page<Record> {
    let model = try catalogue.readable(query.model, by: subject)
    var compiler = DomainCompiler(catalogue: catalogue, subject: subject)
    let table = compiler.newAlias()
    let condition = try compiler.condition(query.domain.withoutArchived(of: model), on: model, as: table)
    let selection = try Selection(fields, of: model, as: table, standard: .list, compiler: &compiler)
    let order = try selection.order(
      query.order ?? model.order, isStandard: query.order == nil, compiler: &compiler)
    let source: SQL = "FROM \(model.table.sql) AS \(table.sql) WHERE \(condition)"
    let rows = try await rows(
      "SELECT \(selection.columns) \(source) ORDER BY \(order) LIMIT \(query.limit) OFFSET \(query.offset)")
    // A page that isn't full is the last one, and tells how many there are by itself.
    let isLast = rows.count < query.limit && (query.offset == 0 || !rows.isEmpty)
    let total = isLast ? query.offset + rows.count : try await count("SELECT count(*) \(source)")
    var records: [Record] = []
    for row in rows { records.append(selection.record(row)) }
    try await addRelated(of: selection, to: &records, compiler: &compiler)
    return Page(records, offset: query.offset, total: total)
  }

  package func read(
    _ ids: [Int64], of model: String, fields: [String]?, for subject: Subject
  ) async throws(RecordsError) -> [Record] {
    let model = try catalogue.readable(model, by: subject)
    var compiler = DomainCompiler(catalogue: catalogue, subject: subject)
    let table = compiler.newAlias()
    let condition = try compiler.condition(.everything, on: model, as: table)
    let selection = try Selection(fields, of: model, as: table, standard: .all, compiler: &compiler)
    let rows = try await rows(
      """
      SELECT \(selection.columns) FROM \(model.table.sql) AS \(table.sql) \
      WHERE \(table.id) IN \(list: ids.map(SQLValue.integer)) AND \(condition)
      """)
    var byID: [Int64: Record] = [:]
    for row in rows { byID[row.integer(0)] = selection.record(row) }
    var records: [Record] = []
    for id in ids { if let record = byID.removeValue(forKey: id) { records.append(record) } }
    try await addRelated(of: selection, to: &records, compiler: &compiler)
    return records
  }

  package func count(
    _ domain: Domain, of model: String, for subject: Subject
  ) async throws(RecordsError) -> Int {
    let model = try catalogue.readable(model, by: subject)
    var compiler = DomainCompiler(catalogue: catalogue, subject: subject)
    let table = compiler.newAlias()
    let condition = try compiler.condition(domain.withoutArchived(of: model), on: model, as: table)
    return try await count("SELECT count(*) FROM \(model.table.sql) AS \(table.sql) WHERE \(condition)")
  }

  // MARK: - Statements

  func rows(_ sql: SQL) async throws(RecordsError) -> [Row] {
    do throws(StorageError) {
      return try await store.rows(sql)
    } catch {
      let failure =
        error.kind == .tooSlow
        ? RecordsError(
          .tooSlow, "The question takes longer to answer than one may.",
          hint:
            "Narrow the domain, with \"=\" or \"in\" on ids rather than patterns and long paths, or ask in steps.",
          because: "\(error)")
        : RecordsError(
          .unavailable, "The records can't be read at the moment.", hint: "Try again in a few seconds.",
          because: "\(error)")
      report(failure)
      throw failure
    }
  }

  func count(_ sql: SQL) async throws(RecordsError) -> Int {
    Int(try await rows(sql).first?.integer(0) ?? 0)
  }

  /// Fills in the ids behind the one2many and many2many fields, a statement for each field.
  func addRelated(
    of selection: Selection, to records: inout [Record], compiler: inout DomainCompiler
  ) async throws(RecordsError) {
    guard !records.isEmpty else { return }
    var positions: [Int64: Int] = [:]
    for (position, record) in records.enumerated() {
      if let id = record["id"]?.integer { positions[id] = position }
    }
    let owners = positions.keys.sorted().map(SQLValue.integer)
    for field in selection.toMany {
      let rows = try await rows(
        try selection.related(field, of: owners, compiler: &compiler, limit: Selection.mostRelated + 1))
      var ids: [Int64: [JSONValue]] = [:]
      for row in rows { ids[row.integer(0), default: []].append(.integer(row.integer(1))) }
      for (owner, position) in positions {
        let all = ids[owner] ?? []
        records[position][field.name] = .array(Array(all.prefix(Selection.mostRelated)))
        if all.count > Selection.mostRelated {
          records[position]["__cut"] = .array(
            (records[position]["__cut"]?.array ?? []) + [.string(field.name)])
        }
      }
    }
  }
}

extension Domain {
  /// Without the archived records, unless the domain itself names `active`.
  func withoutArchived(of model: Model) -> Domain {
    guard model["active"]?.type == .boolean, !names("active") else { return self }
    return and(.condition(.init(["active"], .equal, .value(true))))
  }
}
