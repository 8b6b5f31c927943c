internal import Governance
internal import JSON

// What the record tools take and give in the same words everywhere.

extension Parameter {
  static let model = Parameter.required(
    "model", .string(length: 1...64),
    "Technical name of the model, such as sale.order; list_models knows them.")

  static let domain = Parameter.optional(
    "domain", .domain,
    """
    Which records: an Odoo domain, a list of [field, operator, value] that must all hold, or with "&", "|", "!" in \
    prefix notation. Operators: = != > >= < <= in, not in, like, ilike, not like, not ilike, =like, =ilike, child_of, \
    parent_of, any. Paths such as partner_id.country_id.code reach through relations. Dates are 'YYYY-MM-DD', \
    datetimes 'YYYY-MM-DD HH:MM:SS' in UTC; false means empty. \
    Example: ["|", ["state", "=", "draft"], ["partner_id.name", "ilike", "acme"], ["amount_total", ">", 100]]. \
    Left out, every record is meant.
    """)

  static let fields = Parameter.optional(
    "fields", .names,
    "Names of the fields to answer; name only what you need. Left out, the model's usual ones are answered.")

  static let order = Parameter.optional(
    "order", .string(length: 1...512), "Such as 'date_order desc, id'. Left out, the model's own order.")

  static func limit(_ what: String) -> Parameter {
    .optional("limit", .integer(1...500), "How many \(what) at most; 500 is the most.", default: 80)
  }

  static let offset = Parameter.optional(
    "offset", .integer(0...1_000_000_000), "How many records to skip: next_offset of the page before.",
    default: 0)

  // Results.

  static let modelResult = Parameter.required("model", .text, "The model that was asked")

  static let total = Parameter.required(
    "total", .integer(), "How many there are in all, on this page and beyond")

  static let hasMore = Parameter.required("has_more", .boolean, "Whether there are more than these")

  static let nextOffset = Parameter.optional(
    "next_offset", .integer(), "The offset of the next page; absent on the last one")

  static let records = Parameter.required(
    "records", .array(of: .object),
    """
    One object a record, always with id. A many2one is [id, display_name], or [id, null] when you may not see what it \
    leads to; one2many and many2many are lists of ids (the first 100: __cut names the fields that have more); empty \
    values are null; amounts are in the record's currency_id
    """)
}
