internal import JSON
internal import Storage

extension RecordTransaction {
  /// Computations of one write: a formula that never settles ends.
  private static let mostComputations = 20_000

  mutating func markStale(_ key: RecordKey, sums: Bool) {
    guard catalogue[key.model]?.fields.contains(where: { $0.formula != nil }) ?? false else { return }
    if stale[key] == nil { staleOrder.append(key) }
    stale[key] = (stale[key] ?? false) || sums
  }

  /// The records whose formulas sum over a record with such values.
  mutating func markParentsStale(of model: Model, _ row: [String: SQLValue]) {
    for parent in catalogue.models {
      for field in parent.fields {
        guard field.type == .one2many, field.relation == model.name, let inverse = field.inverse,
          case .integer(let id)? = row[inverse],
          parent.fields.contains(where: { $0.formula?.sums(field.name) ?? false })
        else { continue }
        markStale(RecordKey(model: parent.name, id: id), sums: true)
      }
    }
  }

  mutating func computeFormulas() throws {
    var count = 0
    var position = 0
    while position < staleOrder.count {
      let key = staleOrder[position]
      position += 1
      count += 1
      guard count <= Self.mostComputations else {
        throw RecordsError(
          .invalidArgument, "Too much depends on these records.", hint: "Write fewer at once.")
      }
      guard let sums = stale.removeValue(forKey: key), let model = catalogue[key.model] else { continue }
      try compute(model, key, sums: sums)
    }
  }

  private mutating func compute(_ model: Model, _ key: RecordKey, sums: Bool) throws {
    guard let row = try row(key.id, of: model) else { return }
    var after = row
    // A formula may need another's result, whichever stands first.
    for _ in 0..<4 {
      var isSettled = true
      for field in model.fields {
        guard let formula = field.formula, sums || !formula.sumsLines else { continue }
        let value = try formula.value { term in try self.number(term, of: model, key.id, after) }
        let rounded = field.type == .monetary ? value.inCents : value
        let result: SQLValue = field.type == .integer ? .integer(Int64(rounded.clamped)) : .real(rounded)
        if after[field.name]?.number != result.number || after[field.name] == .null {
          after[field.name] = result
          isSettled = false
        }
      }
      if isSettled { break }
    }
    let changed = model.fields.filter { $0.formula != nil && after[$0.name] != row[$0.name] }
    guard !changed.isEmpty else { return }
    try touch([key.id], of: model, .update, .formula)
    try store(changed.map { ($0, after[$0.name] ?? .null) }, in: key.id, of: model, row: row)
    markParentsStale(of: model, row)
  }

  private func number(
    _ term: Formula.Term, of model: Model, _ id: Int64, _ row: [String: SQLValue]
  ) throws -> Double {
    switch term {
    case .field(let name): return row[name]?.number ?? 0
    case .sum(let lines, let name):
      guard let field = model[lines], let related = field.relation.flatMap({ catalogue[$0] }),
        let inverse = field.inverse.flatMap({ related[$0]?.column }), let column = related[name]?.column
      else { return 0 }
      let rows = try transaction.run(
        "SELECT sum(\(column.sql)) FROM \(related.table.sql) WHERE \(inverse.sql) = \(id)")
      return rows.first?[0].number ?? 0
    }
  }
}

extension Formula {
  fileprivate func sums(_ lines: String) -> Bool {
    terms.contains { if case .sum(lines: lines, field: _) = $0 { true } else { false } }
  }
}

extension SQLValue {
  fileprivate var number: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .real(let number): number
    default: nil
    }
  }
}

extension Double {
  /// What fits in an integer field.
  fileprivate var clamped: Double {
    guard isFinite else { return 0 }
    let most = Double(ScalarValue.greatestInteger)
    return Swift.min(most, Swift.max(-most, rounded()))
  }
}
