internal import JSON

/// The values of a condition on a relation: ids, display names, and `false` for no record.
struct RelatedValues {
  private(set) var ids: [Int64] = []
  private(set) var names: [String] = []
  private(set) var includesNone = false

  /// - Parameter field: nil for `id` itself.
  init(condition: Domain.Condition, field: ModelField?, value: JSONValue) throws(RecordsError) {
    for value in value.array ?? [value] {
      switch value {
      case .integer(let id): ids.append(id)
      case .string(let name): names.append(name)
      case .null, .bool(false): includesNone = true
      default:
        let what = field.map { "leads to \($0.relation ?? "records")" } ?? "names records"
        throw condition.mismatched(value, "\(what): expected an id, a display name or false")
      }
    }
  }
}
