internal import JSON
internal import Storage

extension SQLRecords {
  /// Relations in one path.
  static let longestTraversal = 8

  package func traverse(
    _ traversal: Traversal, for subject: Subject
  ) async throws(RecordsError) -> Traversed {
    let start = try catalogue.readable(traversal.model, by: subject)
    guard !traversal.path.isEmpty, traversal.path.count <= Self.longestTraversal else {
      throw RecordsError(
        .invalidArgument,
        "path: expected 1 to \(Self.longestTraversal) relations, such as 'order_line.product_id'.")
    }
    var compiler = DomainCompiler(catalogue: catalogue, subject: subject)
    let first = compiler.newAlias()
    var joins: SQL = "\(start.table.sql) AS \(first.sql)"
    var conditions: [SQL] = ["\(first.id) IN \(list: traversal.ids.map(SQLValue.integer))"]
    if let visible = try compiler.visibility(of: start, as: first, depth: DomainCompiler.tableCost) {
      conditions.append(visible)
    }
    let starts: SQL = "SELECT \(first.id) FROM \(joins) WHERE \(conditions.joined(separator: " AND "))"

    var (model, table) = (start, first)
    for name in traversal.path {
      let field = try catalogue.field(name, of: model, for: subject, at: "path")
      guard field.type.isRelation else {
        throw RecordsError(
          .invalidArgument,
          "path: '\(name)' of \(model.name) is \(field.type.rawValue) and leads to no records.",
          hint: "End the path before it and ask for it in 'fields'.")
      }
      let next = try catalogue.related(by: field, of: model, for: subject, at: "path")
      let alias = compiler.newAlias()
      joins.append(try join(field, from: table, to: next, as: alias, compiler: &compiler))
      if let visible = try compiler.visibility(of: next, as: alias, depth: DomainCompiler.tableCost) {
        conditions.append(visible)
      }
      (model, table) = (next, alias)
    }
    let reached: SQL = "FROM \(joins) WHERE \(conditions.joined(separator: " AND "))"

    let found = Set(try await rows(starts).map { $0.integer(0) })
    let end = compiler.newAlias()
    let selection = try Selection(traversal.fields, of: model, as: end, standard: .list, compiler: &compiler)
    let order = try selection.order(model.order, isStandard: true, compiler: &compiler)
    let ids: SQL = "SELECT \(table.id) \(reached)"
    let rows = try await rows(
      """
      SELECT \(selection.columns) FROM \(model.table.sql) AS \(end.sql) WHERE \(end.id) IN (\(ids)) \
      ORDER BY \(order) LIMIT \(traversal.limit)
      """)
    let total =
      rows.count < traversal.limit
      ? rows.count
      : try await count("SELECT count(*) FROM (SELECT DISTINCT \(table.id) \(reached)) AS reached")
    var records: [Record] = []
    for row in rows { records.append(selection.record(row)) }
    try await addRelated(of: selection, to: &records, compiler: &compiler)
    return Traversed(
      model: model.name, page: Page(records, offset: 0, total: total),
      links: try await links(from: first, to: table, reached, ids: rows.map { .integer($0.integer(0)) }),
      missing: traversal.ids.filter { !found.contains($0) })
  }

  private func links(
    from first: TableAlias, to last: TableAlias, _ reached: SQL, ids: [SQLValue]
  ) async throws(RecordsError) -> [Traversed.Link] {
    guard !ids.isEmpty else { return [] }
    let rows = try await rows(
      """
      SELECT DISTINCT \(first.id), \(last.id) \(reached) AND \(last.id) IN \(list: ids) \
      ORDER BY 1, 2 LIMIT \(Traversed.mostLinks)
      """)
    return rows.map { Traversed.Link(from: $0.integer(0), to: $0.integer(1)) }
  }

  private func join(
    _ field: ModelField, from table: TableAlias, to next: Model, as alias: TableAlias,
    compiler: inout DomainCompiler
  ) throws(RecordsError) -> SQL {
    let target: SQL = " JOIN \(next.table.sql) AS \(alias.sql) ON "
    if let column = field.column { return "\(target)\(alias.id) = \(table.column(column))" }
    if let inverse = field.inverse, let column = next[inverse]?.column {
      return "\(target)\(alias.column(column)) = \(table.id)"
    }
    guard let through = field.through else {
      throw RecordsError(.unavailable, "path: '\(field.name)' can't be followed.")
    }
    let link = compiler.newAlias()
    return """
       JOIN \(through.table.sql) AS \(link.sql) ON \(link.column(through.left)) = \(table.id)\(target)\(alias.id) \
      = \(link.column(through.right))
      """
  }
}
