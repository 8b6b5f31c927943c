package import Storage

extension ModelCatalogue {
  /// The statements that make the models' tables and indexes where they are missing.
  package var tables: [SQL] {
    var statements: [SQL] = [
      // The last id of each model and the last number of each sequence.
      "CREATE TABLE IF NOT EXISTS record_sequence (name TEXT PRIMARY KEY, last BIGINT NOT NULL)"
    ]
    var pairs: Set<Identifier> = []
    for model in models {
      statements.append(model.tableDefinition)
      for field in model.fields where field.isIndexed {
        guard let column = field.column else { continue }
        let index = SQL(unsafeSQL: "\"\(model.table.text)_\(column.text)\"")
        statements.append("CREATE INDEX IF NOT EXISTS \(index) ON \(model.table.sql) (\(column.sql))")
      }
      for names in model.unique {
        let columns = names.compactMap { model[$0]?.column }
        let index = SQL(unsafeSQL: "\"\(model.table.text)_\(names.joined(separator: "_"))_unique\"")
        statements.append(
          "CREATE UNIQUE INDEX IF NOT EXISTS \(index) ON \(model.table.sql) (\(columns.map(\.sql).joined(separator: ", ")))"
        )
      }
      for field in model.fields {
        // Two fields share a table when they are the two ends of one relation.
        guard let through = field.through, pairs.insert(through.table).inserted else { continue }
        statements.append(
          """
          CREATE TABLE IF NOT EXISTS \(through.table.sql) (\(through.left.sql) BIGINT NOT NULL, \
          \(through.right.sql) BIGINT NOT NULL, PRIMARY KEY (\(through.left.sql), \(through.right.sql)))
          """)
        let index = SQL(unsafeSQL: "\"\(through.table.text)_back\"")
        statements.append(
          "CREATE INDEX IF NOT EXISTS \(index) ON \(through.table.sql) (\(through.right.sql), \(through.left.sql))"
        )
      }
    }
    return statements
  }
}

extension ModelCatalogue {
  /// Makes the tables, and the columns that documents have gained since they were made.
  package func prepare(_ transaction: Transaction) throws {
    for model in models {
      let present = Set(
        try transaction.run("SELECT name FROM pragma_table_info(\(model.table.text))").map { $0.text(0) })
      for field in model.storedFields where !present.isEmpty {
        guard let column = field.column, !present.contains(column.text) else { continue }
        _ = try transaction.run(
          "ALTER TABLE \(model.table.sql) ADD COLUMN \(column.sql) \(field.type.columnType)")
      }
    }
    for statement in tables { _ = try transaction.run(statement) }
  }
}

extension Model {
  /// The statement that tells the database how the model's values are spread.
  package var analysis: SQL { "ANALYZE \(table.sql)" }

  /// `CREATE TABLE` with a column for every stored field.
  var tableDefinition: SQL {
    var columns: [SQL] = []
    for field in storedFields {
      guard let column = field.column else { continue }
      if field.name == "id" {
        columns.append("\(column.sql) INTEGER PRIMARY KEY")
      } else {
        let constraint: SQL = field.isRequired ? " NOT NULL" : ""
        columns.append("\(column.sql) \(field.type.columnType)\(constraint)")
      }
    }
    return "CREATE TABLE IF NOT EXISTS \(table.sql) (\(columns.joined(separator: ", ")))"
  }

  /// The fields with a column of their own, `id` first; `display_name` is another's unless the document declares it.
  package var storedFields: [ModelField] {
    fields.filter { field in
      field.column != nil && (field.name != "display_name" || displayField == "display_name")
    }
  }

  /// The statement that stores one record.
  ///
  /// - Parameter values: by field, in the order of `storedFields`.
  package func insertion(_ values: [SQLValue]) -> SQL {
    var columns: [SQL] = []
    for field in storedFields { if let column = field.column { columns.append(column.sql) } }
    return "INSERT INTO \(table.sql) (\(columns.joined(separator: ", "))) VALUES \(list: values)"
  }
}

extension ModelField.Through {
  /// The statement that stores one pair.
  package func insertion(left: Int64, right: Int64) -> SQL {
    "INSERT INTO \(table.sql) (\(self.left.sql), \(self.right.sql)) VALUES (\(left), \(right))"
  }
}

extension FieldType {
  var columnType: SQL {
    switch self {
    case .integer, .many2one, .boolean: "BIGINT"
    case .float, .monetary: "DOUBLE PRECISION"
    case .char, .text, .html, .selection, .date, .datetime: "TEXT"
    case .one2many, .many2many: ""
    }
  }
}
