package import Storage

extension AuthorizationServer {
  /// The tables of clients, codes and refresh tokens. Whatever proves something is stored as a MAC.
  package static let migrations: [Migration] = [
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
  ]
}
