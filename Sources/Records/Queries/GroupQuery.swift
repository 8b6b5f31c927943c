package import JSON

/// Which groups of a model's records, with which aggregates.
package struct GroupQuery: Sendable {
  package let model: String
  package let domain: Domain
  package let keys: [GroupKey]
  package let aggregates: [Aggregate]
  /// A domain over the aggregates: `[["amount_total:sum", ">", 1000]]`.
  package let having: Domain
  /// Terms name keys or aggregates; nil orders by the keys.
  package let order: [OrderTerm]?
  package let limit: Int

  package init(
    _ model: String, where domain: Domain = .everything, by keys: [GroupKey], aggregates: [Aggregate] = [],
    having: Domain = .everything, order: [OrderTerm]? = nil, limit: Int = 80
  ) {
    self.model = model
    self.domain = domain
    self.keys = keys
    self.aggregates = aggregates
    self.having = having
    self.order = order
    self.limit = limit
  }
}

/// What records are grouped by: a field, or a date or datetime in steps of a granularity (`date_order:month`).
package struct GroupKey: Sendable, Equatable, CustomStringConvertible {
  /// The steps of time, in UTC; weeks begin on Monday (ISO 8601).
  package enum Granularity: String, Sendable, CaseIterable {
    case day, week, month, quarter, year
  }

  package let field: String
  package let granularity: Granularity?

  /// - Returns: nil when the part after the colon is no granularity.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let field = parts.first, !field.isEmpty else { return nil }
    self.field = String(field)
    guard parts.count == 2 else {
      granularity = nil
      return
    }
    guard let granularity = Granularity(rawValue: String(parts[1])) else { return nil }
    self.granularity = granularity
  }

  package var description: String { granularity.map { "\(field):\($0.rawValue)" } ?? field }
}

/// What is computed over a group: `amount_total:sum`.
package struct Aggregate: Sendable, Equatable, CustomStringConvertible {
  package enum Function: String, Sendable, CaseIterable {
    case sum, avg, min, max, count
    case countDistinct = "count_distinct"
  }

  package let field: String
  package let function: Function

  /// - Returns: nil when it is not `field:function`.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, let function = Function(rawValue: String(parts[1])) else {
      return nil
    }
    self.field = String(parts[0])
    self.function = function
  }

  package var description: String { "\(field):\(function.rawValue)" }
}

/// One group: its keys and aggregates by the names under which they were asked for, and `__count`.
package struct RecordGroup: Sendable, Equatable {
  package let values: JSONObject
  /// The domain that the group's records hold for, besides the query's own.
  package let domain: JSONValue
}
