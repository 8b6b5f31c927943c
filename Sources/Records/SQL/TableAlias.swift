internal import Storage

/// A table as one statement names it: `t3`.
struct TableAlias {
  let sql: SQL

  init(_ number: Int) { sql = SQL(unsafeSQL: "t\(number)") }

  /// `t3."partner_id"`.
  func column(_ column: Identifier) -> SQL { "\(sql).\(column.sql)" }

  /// `t3."id"`.
  var id: SQL { "\(sql).\"id\"" }
}
