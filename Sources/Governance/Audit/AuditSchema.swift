package import Storage

extension AuditLog {
  package static let migrations = [
    Migration(
      part: "audit", version: 1,
      [
        """
        CREATE TABLE audit (
          sequence BIGINT PRIMARY KEY,
          time BIGINT NOT NULL,
          kind TEXT NOT NULL,
          method TEXT NOT NULL,
          tool TEXT,
          model TEXT,
          user_id BIGINT,
          login TEXT,
          connection_id TEXT,
          client_id TEXT,
          address TEXT NOT NULL,
          status BIGINT,
          duration BIGINT,
          code TEXT,
          rule TEXT,
          hash BLOB NOT NULL
        )
        """,
        """
        CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
        """,
        """
        CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
        """,
      ]),
    Migration(part: "audit", version: 2, ["ALTER TABLE audit ADD COLUMN actor TEXT"]),
    Migration(part: "audit", version: 3, ["ALTER TABLE audit ADD COLUMN policy TEXT"]),
    Migration(part: "audit", version: 4, rebuilt + indexes + beside + triggers),
  ]

  /// The entries again, with the number as SQLite's own number of the row: an append then touches one tree less, and a
  /// check reads from front to back.
  private static let rebuilt: [SQL] = [
    "DROP TRIGGER audit_is_not_changed",
    "DROP TRIGGER audit_is_not_deleted",
    "ALTER TABLE audit RENAME TO audit_before",
    """
    CREATE TABLE audit (
      sequence INTEGER PRIMARY KEY,
      time BIGINT NOT NULL,
      kind TEXT NOT NULL,
      method TEXT NOT NULL,
      tool TEXT,
      model TEXT,
      user_id BIGINT,
      login TEXT,
      connection_id TEXT,
      client_id TEXT,
      address TEXT NOT NULL,
      status BIGINT,
      duration BIGINT,
      code TEXT,
      rule TEXT,
      actor TEXT,
      policy TEXT,
      payload BLOB,
      hash BLOB NOT NULL
    )
    """,
    """
    INSERT INTO audit (sequence, time, kind, method, tool, model, user_id, login, connection_id, client_id, address,
      status, duration, code, rule, actor, policy, hash)
    SELECT sequence, time, kind, method, tool, model, user_id, login, connection_id, client_id, address,
      status, duration, code, rule, actor, policy, hash
    FROM audit_before ORDER BY sequence
    """,
    "DROP TABLE audit_before",
  ]

  /// One for each filter, zone by zone: a new entry then goes where the last few went, however long the log is. One index
  /// over the whole of it would have a page to write for each person and each connection. The common kind and status have
  /// none: what nearly every entry has is found at once.
  private static let indexes: [SQL] =
    [
      ("audit_by_user", "user_id", "user_id IS NOT NULL"),
      ("audit_by_connection", "connection_id", "connection_id IS NOT NULL"),
      ("audit_by_tool", "tool", "tool IS NOT NULL"),
      ("audit_by_kind", "kind", "kind <> 'response'"),
      ("audit_by_status", "status", "status <> 200"),
      ("audit_failed", "code IS NOT NULL", "code IS NOT NULL"),
    ].map { name, column, condition in
      """
      CREATE INDEX \(unsafeSQL: name) ON audit (\(AuditZone.column), (\(unsafeSQL: column)))
      WHERE \(unsafeSQL: condition)
      """
    } + [
      // Between which times the entries of a full zone are.
      "CREATE TABLE audit_zone (zone INTEGER PRIMARY KEY, first BIGINT NOT NULL, last BIGINT NOT NULL)",
      """
      INSERT INTO audit_zone (zone, first, last)
      SELECT \(AuditZone.column), min(time), max(time) FROM audit
      GROUP BY 1 HAVING max(sequence) % \(unsafeSQL: String(AuditZone.size)) = \(unsafeSQL: String(AuditZone.size - 1))
      """,
    ]

  private static let beside: [SQL] = [
    // What is known of the chain at one moment, signed: it seals all entries up to its own.
    """
    CREATE TABLE audit_checkpoint (
      sequence INTEGER PRIMARY KEY,
      time BIGINT NOT NULL,
      hash BLOB NOT NULL,
      key TEXT NOT NULL,
      previous BLOB,
      signature BLOB NOT NULL
    )
    """,
    // What a request carried and what came of it; the entry of that number has its digest.
    "CREATE TABLE audit_payload (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    // What is no longer here, up to which checkpoint, signed as well.
    """
    CREATE TABLE audit_dropped (
      part TEXT NOT NULL CHECK (part IN ('entries', 'payloads')),
      sequence BIGINT NOT NULL,
      time BIGINT NOT NULL,
      older_than BIGINT NOT NULL,
      key TEXT NOT NULL,
      signature BLOB NOT NULL,
      PRIMARY KEY (part, sequence)
    )
    """,
  ]

  /// What holds against mistakes, and against statements that got in somewhere. Who may change the schema is held back
  /// by the chain and its checkpoints instead.
  ///
  /// Inserts are guarded too, since `INSERT OR REPLACE` deletes without asking a trigger for deletions.
  private static let triggers: [SQL] =
    ["audit", "audit_checkpoint", "audit_payload", "audit_dropped"].map { table in
      """
      CREATE TRIGGER \(unsafeSQL: table)_is_not_changed BEFORE UPDATE ON \(unsafeSQL: table)
      BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
      """
    }
    + ["audit_checkpoint", "audit_dropped"].map { table in
      """
      CREATE TRIGGER \(unsafeSQL: table)_is_not_deleted BEFORE DELETE ON \(unsafeSQL: table)
      BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
      """
    }
    + ["audit", "audit_checkpoint", "audit_payload"].map { table in
      """
      CREATE TRIGGER \(unsafeSQL: table)_grows_at_its_end BEFORE INSERT ON \(unsafeSQL: table)
      WHEN NEW.sequence <= (SELECT max(sequence) FROM \(unsafeSQL: table))
      BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
      """
    }
    + [
      // A segment that is older than a day by the log's own time, and sealed: all else is no retention.
      """
      CREATE TRIGGER audit_dropped_is_sealed_and_old BEFORE INSERT ON audit_dropped
      WHEN NEW.sequence <= (SELECT max(sequence) FROM audit_dropped WHERE part = NEW.part)
        OR NOT EXISTS (
          SELECT 1 FROM audit_checkpoint WHERE sequence = NEW.sequence AND time < NEW.older_than)
        OR coalesce(NEW.older_than > (SELECT time FROM audit ORDER BY sequence DESC LIMIT 1) - 86400000000, 1)
      BEGIN SELECT RAISE(ABORT, 'only sealed segments that are old enough are dropped'); END
      """,
      """
      CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
      WHEN NOT EXISTS (
        SELECT 1 FROM audit_dropped
        WHERE part = 'entries' AND sequence >= OLD.sequence AND older_than > OLD.time)
      BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
      """,
      """
      CREATE TRIGGER audit_payload_is_not_deleted BEFORE DELETE ON audit_payload
      WHEN NOT EXISTS (
        SELECT 1 FROM audit_dropped WHERE part = 'payloads' AND sequence >= OLD.sequence)
      BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
      """,
    ]
}
