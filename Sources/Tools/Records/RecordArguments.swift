internal import JSON
internal import Records

/// The arguments that the record tools share; their shapes are checked already, their meaning isn't.
struct RecordArguments {
  let all: JSONObject

  init(_ arguments: JSONObject) { all = arguments }

  func text(_ name: String) -> String? { all[name]?.string }

  func texts(_ name: String) -> [String]? { all[name]?.array?.compactMap(\.string) }

  func integer(_ name: String, else standard: Int) -> Int { all[name]?.integer.map { Int($0) } ?? standard }

  var model: String { text("model") ?? "" }

  var limit: Int { integer("limit", else: 80) }

  var offset: Int { integer("offset", else: 0) }

  /// The domain of that name; everything when there is none.
  func domain(_ name: String = "domain") throws(RecordsError) -> Domain {
    guard let json = all[name] else { return .everything }
    return try Domain(json)
  }

  func order() throws(RecordsError) -> [OrderTerm]? {
    guard let text = text("order") else { return nil }
    guard let terms = OrderTerm.list(text) else {
      throw RecordsError(
        .invalidArgument, "order: '\(text.prefix(64))' is no order.",
        hint: "Names parted by commas, each with asc or desc: 'date_order desc, id'.")
    }
    return terms
  }

  func query() throws(RecordsError) -> Query {
    Query(model, where: try domain(), order: try order(), limit: limit, offset: offset)
  }
}
