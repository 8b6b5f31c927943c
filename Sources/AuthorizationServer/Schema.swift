package import Storage

extension AuthorizationServer {
  /// The tables of clients, codes and refresh tokens. Whatever proves something is stored as a MAC.
  package static let migrations: [Migration] =
    TrustedIssuers.migrations + IdentityProviders.migrations + RememberedConsents.migrations + [
      Migration(
        part: "oauth", version: 1,
        [
          """
          CREATE TABLE client (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, is_dynamic BIGINT NOT NULL, uri TEXT, secret_mac BLOB,
            auth_method TEXT NOT NULL, auth_method_is_explicit BIGINT NOT NULL, redirect_uris TEXT NOT NULL,
            grant_types TEXT NOT NULL, scope TEXT, service_user_id BIGINT, created_at BIGINT NOT NULL,
            disabled_at BIGINT)
          """,
          """
          CREATE TABLE token_family (
            id TEXT PRIMARY KEY, connection_id TEXT NOT NULL REFERENCES connection (id), client_id TEXT NOT NULL,
            scope TEXT NOT NULL, resource TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
            ended_at BIGINT)
          """,
          "CREATE INDEX token_family_connection ON token_family (connection_id)",
          """
          CREATE TABLE authorization_code (
            mac BLOB PRIMARY KEY, interaction TEXT NOT NULL UNIQUE, family_id TEXT NOT NULL REFERENCES token_family (id),
            client_id TEXT NOT NULL, redirect_uri TEXT NOT NULL, challenge TEXT NOT NULL,
            expires_at BIGINT NOT NULL, spent_at BIGINT)
          """,
          """
          CREATE TABLE refresh_token (
            mac BLOB PRIMARY KEY, family_id TEXT NOT NULL REFERENCES token_family (id), issued_at BIGINT NOT NULL,
            spent_at BIGINT)
          """,
          "CREATE INDEX refresh_token_family ON refresh_token (family_id)",
        ]),
      Migration(part: "oauth", version: 2, ["CREATE INDEX client_created ON client (created_at)"]),
      Migration(
        part: "oauth", version: 3,
        [
          """
          CREATE TABLE pushed_request (
            mac BLOB PRIMARY KEY, client_id TEXT NOT NULL, parameters TEXT NOT NULL, expires_at BIGINT NOT NULL,
            opened_at BIGINT, spent_at BIGINT)
          """,
          "CREATE INDEX pushed_request_expiry ON pushed_request (expires_at)",
          """
          CREATE TABLE device_grant (
            mac BLOB PRIMARY KEY, user_code_mac BLOB NOT NULL UNIQUE, client_id TEXT NOT NULL, scope TEXT NOT NULL,
            resource TEXT NOT NULL, expires_at BIGINT NOT NULL, seconds_between_polls BIGINT NOT NULL,
            polled_at BIGINT, denied_at BIGINT, family_id TEXT REFERENCES token_family (id), spent_at BIGINT)
          """,
          "CREATE INDEX device_grant_expiry ON device_grant (expires_at)",
          "CREATE INDEX device_grant_family ON device_grant (family_id)",
          """
          CREATE TABLE initial_access_token (
            mac BLOB PRIMARY KEY, uses_left BIGINT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)
          """,
          "ALTER TABLE client ADD COLUMN registration_mac BLOB",
          "ALTER TABLE client ADD COLUMN metadata_digest BLOB",
          "ALTER TABLE client ADD COLUMN network TEXT",
          "ALTER TABLE client ADD COLUMN shared_at BIGINT",
          "CREATE INDEX client_metadata ON client (metadata_digest)",
          "CREATE INDEX authorization_code_expiry ON authorization_code (expires_at)",
          "CREATE INDEX authorization_code_family ON authorization_code (family_id)",
          "CREATE INDEX token_family_client ON token_family (client_id)",
          "CREATE INDEX token_family_created ON token_family (created_at)",
          "CREATE INDEX token_family_ended ON token_family (ended_at)",
          "CREATE INDEX token_family_expiry ON token_family (expires_at)",
          "CREATE INDEX refresh_token_spent ON refresh_token (spent_at)",
        ]),
      Migration(
        part: "oauth", version: 4,
        [
          "ALTER TABLE client ADD COLUMN keys TEXT",
          "ALTER TABLE token_family ADD COLUMN document_digest BLOB",
          "CREATE TABLE used_assertion (digest BLOB PRIMARY KEY, expires_at BIGINT NOT NULL)",
          "CREATE INDEX used_assertion_expiry ON used_assertion (expires_at)",
        ]),
      Migration(
        part: "exchange", version: 1,
        [
          "ALTER TABLE client ADD COLUMN audiences TEXT",
          "ALTER TABLE client ADD COLUMN secret_expires_at BIGINT",
        ]),
      Migration(
        part: "dpop", version: 1,
        [
          "ALTER TABLE client ADD COLUMN dpop_bound BIGINT NOT NULL DEFAULT 0",
          "ALTER TABLE authorization_code ADD COLUMN dpop_jkt TEXT",
          "ALTER TABLE token_family ADD COLUMN dpop_jkt TEXT",
          "ALTER TABLE token_family ADD COLUMN authenticated_at BIGINT",
          "ALTER TABLE token_family ADD COLUMN acr TEXT",
        ]),
    ]
}
