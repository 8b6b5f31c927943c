internal import Storage

extension Schema {
  /// The tables of how people prove who they are. They stand behind those of the accounts, which they add to.
  static let people: [Migration] = [
    Migration(
      part: "limits", version: 1, ["ALTER TABLE connection ADD COLUMN per_day BIGINT NOT NULL DEFAULT 10000"]),
    Migration(
      part: "limits", version: 2,
      ["ALTER TABLE connection ADD COLUMN approver_id BIGINT REFERENCES account (id)"]),
    Migration(
      part: "people", version: 1,
      [
        "ALTER TABLE browser_session ADD COLUMN authenticated_at BIGINT",
        "ALTER TABLE browser_session ADD COLUMN factors TEXT NOT NULL DEFAULT 'pwd'",
        // The last time that a password or a factor changed: what was proved before it opens no session.
        "ALTER TABLE account ADD COLUMN credentials_changed_at BIGINT",
        """
        CREATE TABLE totp (
          account_id BIGINT PRIMARY KEY REFERENCES account (id), secret BLOB NOT NULL, added_at BIGINT NOT NULL,
          last_step BIGINT NOT NULL)
        """,
        """
        CREATE TABLE recovery_code (
          mac BLOB PRIMARY KEY, account_id BIGINT NOT NULL REFERENCES account (id), made_at BIGINT NOT NULL,
          used_at BIGINT)
        """,
        "CREATE INDEX recovery_code_account ON recovery_code (account_id)",
        """
        CREATE TABLE passkey (
          id BLOB PRIMARY KEY, account_id BIGINT NOT NULL REFERENCES account (id), public_key BLOB NOT NULL,
          sign_count BIGINT NOT NULL, name TEXT NOT NULL, added_at BIGINT NOT NULL, last_used_at BIGINT)
        """,
        "CREATE INDEX passkey_account ON passkey (account_id)",
        "CREATE TABLE spent_challenge (digest BLOB PRIMARY KEY, expires_at BIGINT NOT NULL)",
        "CREATE INDEX spent_challenge_expiry ON spent_challenge (expires_at)",
        "CREATE TABLE factor_requirement (group_name TEXT PRIMARY KEY)",
        """
        CREATE TABLE one_time_link (
          mac BLOB PRIMARY KEY, purpose TEXT NOT NULL, account_id BIGINT REFERENCES account (id), email TEXT,
          is_administrator BIGINT NOT NULL, groups TEXT NOT NULL, companies TEXT NOT NULL,
          made_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)
        """,
        "CREATE INDEX one_time_link_expiry ON one_time_link (expires_at)",
        "CREATE INDEX account_email ON account (email)",
        """
        CREATE TABLE outbox (
          id TEXT PRIMARY KEY, message BLOB NOT NULL, made_at BIGINT NOT NULL, next_try_at BIGINT NOT NULL,
          tries BIGINT NOT NULL)
        """,
        "CREATE INDEX outbox_next ON outbox (next_try_at)",
      ]),
  ]
}
