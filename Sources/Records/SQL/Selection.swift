internal import JSON
internal import Storage

/// The fields of a statement's records: what is selected, and how a row becomes a record.
struct Selection {
  /// Which fields stand for none named.
  enum Standard { case list, all }

  /// How many ids of a one2many or many2many are answered.
  static let mostRelated = 100
  static let mostFields = 200

  let model: Model
  let table: TableAlias
  /// Those that are stored in the row.
  private(set) var stored: [ModelField] = []
  /// Those that are read by a statement of their own.
  private(set) var toMany: [ModelField] = []
  private(set) var columns: SQL

  init(
    _ names: [String]?, of model: Model, as table: TableAlias, standard: Standard,
    compiler: inout DomainCompiler
  ) throws(RecordsError) {
    self.model = model
    self.table = table
    let subject = compiler.subject
    var fields: [ModelField] = []
    if let names {
      guard names.count <= Self.mostFields else {
        throw RecordsError(.invalidArgument, "At most \(Self.mostFields) fields can be asked for.")
      }
      for name in names {
        let field = try compiler.catalogue.field(name, of: model, for: subject)
        if field.type.isToMany { _ = try compiler.catalogue.related(by: field, of: model, for: subject) }
        if !fields.contains(where: { $0.name == name }) { fields.append(field) }
      }
    } else {
      let listed = Set(model.listFields)
      for field in model.fields where standard == .all || listed.contains(field.name) {
        guard compiler.catalogue.isVisible(field, to: subject) else { continue }
        if field.type.isToMany, let related = field.relation.flatMap({ compiler.catalogue[$0] }),
          !related.isReadable(by: subject)
        {
          continue
        }
        fields.append(field)
      }
    }
    columns = table.id
    for field in fields where field.name != "id" {
      guard let column = field.column else {
        toMany.append(field)
        continue
      }
      stored.append(field)
      columns.append(", \(table.column(column))")
      if field.type == .many2one {
        columns.append(", \(try Self.name(behind: field, in: table, compiler: &compiler))")
      }
    }
  }

  /// The display name of the record that a many2one leads to; NULL when it is not for the subject.
  static func name(
    behind field: ModelField, in table: TableAlias, compiler: inout DomainCompiler
  ) throws(RecordsError) -> SQL {
    guard let column = field.column else { return "NULL" }
    return try name(of: field, id: table.column(column), compiler: &compiler)
  }

  /// The display name of the record with that id; NULL when it is not for the subject.
  static func name(of field: ModelField, id: SQL, compiler: inout DomainCompiler) throws(RecordsError) -> SQL
  {
    guard let relation = field.relation, let related = compiler.catalogue[relation],
      related.isReadable(by: compiler.subject), let display = related["display_name"]?.column
    else { return "NULL" }
    let named = compiler.newAlias()
    var condition: SQL = "\(named.id) = \(id)"
    if let visible = try compiler.visibility(of: related, as: named, depth: DomainCompiler.tableCost) {
      condition.append(" AND \(visible)")
    }
    return """
      (SELECT \(named.column(display)) FROM \(related.table.sql) AS \(named.sql) \
      WHERE \(condition))
      """
  }

  /// The row as a record; the to-many fields stand as `null` until they are read.
  func record(_ row: Row) -> Record {
    var members: [(String, JSONValue)] = [("id", .integer(row.integer(0)))]
    members.reserveCapacity(stored.count + toMany.count + 1)
    var column = 1
    for field in stored {
      if field.type == .many2one {
        members.append((field.name, RecordValue.related(id: row[column], name: row[column + 1])))
        column += 2
      } else {
        members.append((field.name, RecordValue.json(row[column], of: field.type)))
        column += 1
      }
    }
    for field in toMany { members.append((field.name, [])) }
    return Record(members)
  }

  // MARK: - Order

  /// The terms of `ORDER BY`, ended by the id so that pages fit together.
  ///
  /// - Parameter isStandard: whether the model's document asks: a field that the subject may not read is left out
  ///   then, and refused otherwise.
  func order(
    _ terms: [OrderTerm], isStandard: Bool, compiler: inout DomainCompiler
  ) throws(RecordsError) -> SQL {
    var sorted: [SQL] = []
    var isUnique = false
    for term in terms where !isUnique {
      if isStandard, let field = model[term.field], !compiler.catalogue.isVisible(field, to: compiler.subject)
      {
        continue
      }
      let field = try compiler.catalogue.field(term.field, of: model, for: compiler.subject, at: "order")
      guard let column = field.column else {
        throw RecordsError(
          .invalidArgument, "order: '\(field.name)' is \(field.type.rawValue) and can't be sorted by.")
      }
      var key = table.column(column)
      if field.type == .many2one {
        let name = try Self.name(behind: field, in: table, compiler: &compiler)
        // Names that are not for the subject must not show in the order either.
        key = name
      }
      sorted.append(Self.sorted(key, by: term, isRequired: field.isRequired && field.type != .many2one))
      isUnique = field.name == "id"
    }
    if !isUnique { sorted.append(table.id) }
    return sorted.joined(separator: ", ")
  }

  /// What is empty comes last, and first when the order is turned round, as in PostgreSQL and Odoo.
  static func sorted(_ key: SQL, by term: OrderTerm, isRequired: Bool) -> SQL {
    switch (term.isDescending, isRequired) {
    case (false, true): key
    case (true, true): "\(key) DESC"
    case (false, false): "\(key) ASC NULLS LAST"
    case (true, false): "\(key) DESC NULLS FIRST"
    }
  }

  // MARK: - To many

  /// The ids behind a one2many or many2many of some records, as rows of owner and id, in the order of the ids.
  func related(
    _ field: ModelField, of owners: [SQLValue], compiler: inout DomainCompiler, limit: Int
  ) throws(RecordsError) -> SQL {
    let related = try compiler.catalogue.related(by: field, of: model, for: compiler.subject)
    let other = compiler.newAlias()
    var condition: SQL = ""
    if let visible = try compiler.visibility(of: related, as: other, depth: DomainCompiler.tableCost) {
      condition = " AND \(visible)"
    }
    let pairs: SQL
    if let inverse = field.inverse, let column = related[inverse]?.column {
      pairs = """
        SELECT \(other.column(column)) AS owner, \(other.id) AS id FROM \(related.table.sql) AS \(other.sql) \
        WHERE \(other.column(column)) IN \(list: owners)\(condition)
        """
    } else if let through = field.through {
      let link = compiler.newAlias()
      pairs = """
        SELECT \(link.column(through.left)) AS owner, \(other.id) AS id FROM \(through.table.sql) AS \(link.sql) \
        JOIN \(related.table.sql) AS \(other.sql) ON \(other.id) = \(link.column(through.right)) \
        WHERE \(link.column(through.left)) IN \(list: owners)\(condition)
        """
    } else {
      throw RecordsError(.unavailable, "'\(field.name)' can't be read.")
    }
    return """
      SELECT owner, id FROM (SELECT owner, id, row_number() OVER (PARTITION BY owner ORDER BY id) AS place \
      FROM (\(pairs)) AS pairs) AS placed WHERE place <= \(limit) ORDER BY owner, id
      """
  }
}
