internal import JSON
internal import Storage

extension SQLRecords {
  package func group(
    _ query: GroupQuery, for subject: Subject
  ) async throws(RecordsError) -> Page<RecordGroup> {
    let model = try catalogue.readable(query.model, by: subject)
    var compiler = DomainCompiler(catalogue: catalogue, subject: subject)
    let grouping = try Grouping(query, of: model, compiler: &compiler)
    let condition = try compiler.condition(
      query.domain.withoutArchived(of: model), on: model, as: grouping.table)
    let (columns, source) = try grouping.statement(where: condition, having: query.having)
    let order = try grouping.order(query.order)
    let rows = try await rows("SELECT \(columns) FROM \(source) ORDER BY \(order) LIMIT \(query.limit)")
    let total = rows.count < query.limit ? rows.count : try await count("SELECT count(*) FROM \(source)")
    var groups: [RecordGroup] = []
    for row in rows { groups.append(grouping.group(row)) }
    return Page(groups, offset: 0, total: total)
  }
}
