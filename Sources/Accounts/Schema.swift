package import Storage

/// The tables of people, their connections, keys and browser sessions.
///
/// Moments are microseconds UTC, lists are JSON arrays, whatever proves something is stored as a MAC.
package enum Schema {
  package static let migrations = accounts + people + federation

  private static let accounts: [Migration] = [
    Migration(
      part: "accounts", version: 1,
      [
        "CREATE TABLE company (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        """
        CREATE TABLE account (
          id BIGINT PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, email TEXT, password TEXT,
          groups TEXT NOT NULL, company_id BIGINT REFERENCES company (id), company_ids TEXT NOT NULL,
          is_administrator BIGINT NOT NULL, disabled_at BIGINT, created_at BIGINT NOT NULL)
        """,
        """
        CREATE TABLE connection (
          id TEXT PRIMARY KEY, account_id BIGINT NOT NULL REFERENCES account (id), client_id TEXT,
          kind TEXT NOT NULL, name TEXT NOT NULL, scope TEXT NOT NULL, version BIGINT NOT NULL,
          allowed_tools TEXT, allowed_models TEXT, per_minute BIGINT NOT NULL,
          created_at BIGINT NOT NULL, last_used_at BIGINT, revoked_at BIGINT)
        """,
        "CREATE INDEX connection_account ON connection (account_id)",
        "CREATE INDEX connection_client ON connection (client_id)",
        """
        CREATE TABLE api_key (
          id TEXT PRIMARY KEY, connection_id TEXT NOT NULL REFERENCES connection (id), mac BLOB NOT NULL,
          argon2 TEXT NOT NULL, last4 TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT,
          ended_at BIGINT)
        """,
        "CREATE INDEX api_key_connection ON api_key (connection_id)",
        """
        CREATE TABLE browser_session (
          mac BLOB PRIMARY KEY, account_id BIGINT NOT NULL REFERENCES account (id), created_at BIGINT NOT NULL,
          last_seen_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, address TEXT NOT NULL, agent TEXT NOT NULL)
        """,
        "CREATE INDEX browser_session_account ON browser_session (account_id)",
        "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
      ]),
    Migration(
      part: "accounts", version: 2,
      [
        "ALTER TABLE connection ADD COLUMN allowed_addresses TEXT",
        "ALTER TABLE connection ADD COLUMN blocked_addresses TEXT",
      ]),
  ]
}
