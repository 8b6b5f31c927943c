/// What someone may do with the records of a model; the raw value is Odoo's name.
package enum Right: String, Sendable, CaseIterable {
  case read, create, write, unlink
}
