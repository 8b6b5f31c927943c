/// Which records of a model, how many of them, in what order.
package struct Query: Sendable {
  package let model: String
  package let domain: Domain
  /// Nil stands for the model's own order.
  package let order: [OrderTerm]?
  package let limit: Int
  package let offset: Int

  package init(
    _ model: String, where domain: Domain = .everything, order: [OrderTerm]? = nil, limit: Int = 80,
    offset: Int = 0
  ) {
    self.model = model
    self.domain = domain
    self.order = order
    self.limit = limit
    self.offset = offset
  }
}
