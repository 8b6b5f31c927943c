/// A walk from some records along a path of relations.
package struct Traversal: Sendable {
  package let model: String
  package let ids: [Int64]
  /// Names of relations: `["order_line", "product_id"]`.
  package let path: [String]
  /// Of the records at the end; nil stands for their model's list of fields.
  package let fields: [String]?
  package let limit: Int

  package init(_ model: String, ids: [Int64], path: [String], fields: [String]? = nil, limit: Int = 80) {
    self.model = model
    self.ids = ids
    self.path = path
    self.fields = fields
    self.limit = limit
  }
}

/// Where a walk led.
package struct Traversed: Sendable {
  /// One start and one end that the path connects.
  package struct Link: Sendable, Hashable {
    package let from: Int64
    package let to: Int64
  }

  /// The model of the records at the end.
  package let model: String
  package let page: Page<Record>
  /// Which start leads to which record of the page, up to `mostLinks`.
  package let links: [Link]
  /// The starts that are not there, or not for the subject.
  package let missing: [Int64]

  package static let mostLinks = 2000
}
