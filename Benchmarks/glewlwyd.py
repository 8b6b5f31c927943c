"""Debian's Glewlwyd, an authorization server in C, on SQLite: what Gatehouse is measured beside."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import httpx2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

SCHEMA = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
CLIENT = ("benchmark", "benchmark-secret")
PERSON = ("person", "person-password")
SCOPE = "read"

CONFIGURATION = """
port = {port}
bind_address = "127.0.0.1"
external_url = "http://127.0.0.1:{port}"
login_url = "login.html"
api_prefix = "api"
static_files_path = "/usr/share/glewlwyd/webapp/"
log_mode = "file"
log_level = "ERROR"
log_file = "{home}/glewlwyd.log"
cookie_domain = "127.0.0.1"
cookie_secure = 0
session_expiration = 2419200
session_key = "GLEWLWYD2_SESSION_ID"
admin_scope = "g_admin"
profile_scope = "g_profile"
user_module_path = "/usr/lib/glewlwyd/user"
user_middleware_module_path = "/usr/lib/glewlwyd/user_middleware"
client_module_path = "/usr/lib/glewlwyd/client"
user_auth_scheme_module_path = "/usr/lib/glewlwyd/scheme"
plugin_module_path = "/usr/lib/glewlwyd/plugin"
hash_algorithm = "SHA512"
database = {{ type = "sqlite3" path = "{home}/glewlwyd.db" }};
"""


class Glewlwyd:
    """One installation with its OpenID Connect plugin: ES256, tokens of 10 minutes, refresh tokens for one use."""

    def __init__(self, home: Path, port: int) -> None:
        home.mkdir()
        self.origin = f"http://127.0.0.1:{port}"
        self.api = f"{self.origin}/api"
        subprocess.run(["sqlite3", str(home / "glewlwyd.db")], input=SCHEMA.read_bytes(), check=True)
        (home / "glewlwyd.conf").write_text(CONFIGURATION.format(port=port, home=home))
        with (home / "out").open("wb") as out:
            self.process = subprocess.Popen(
                ["glewlwyd", f"--config-file={home}/glewlwyd.conf"], stdout=out, stderr=subprocess.STDOUT
            )
        try:
            self.configure()
        except BaseException:
            self.close()
            raise

    def configure(self) -> None:
        with httpx2.Client(base_url=self.api, timeout=30) as http:
            end = time.monotonic() + 20
            while True:
                try:
                    answer = http.post("/auth/", json={"username": "admin", "password": "password"})
                    break
                except httpx2.TransportError:
                    if time.monotonic() > end or self.process.poll() is not None:
                        sys.exit("error: glewlwyd does not answer")
                    time.sleep(0.05)
            http.headers["cookie"] = answer.headers["set-cookie"].split(";")[0]

            def make(path: str, body: dict) -> None:
                answer = http.post(path, json=body)
                if answer.status_code != 200:
                    sys.exit(f"error: glewlwyd answers {answer.status_code} to {path}: {answer.text}")

            key = ec.generate_private_key(ec.SECP256R1())
            private = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
            )
            public = key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            make("/scope/", {"name": SCOPE, "display_name": SCOPE, "description": SCOPE, "password_required": True,
                             "password_max_age": 0, "scheme": {}})  # fmt: skip
            make("/mod/plugin/", {"module": "oidc", "name": "oidc", "display_name": "oidc", "parameters": {
                "iss": f"{self.api}/oidc", "jwt-type": "ecdsa", "jwt-key-size": "256",
                "key": private.decode(), "cert": public.decode(),
                "access-token-duration": 600, "refresh-token-duration": 2592000, "code-duration": 60,
                "refresh-token-rolling": True, "refresh-token-one-use": "always", "allow-non-oidc": True,
                "auth-type-code-enabled": True, "auth-type-token-enabled": False, "auth-type-id-token-enabled": False,
                "auth-type-none-enabled": False, "auth-type-password-enabled": True, "auth-type-client-enabled": True,
                "auth-type-device-enabled": False, "auth-type-refresh-enabled": True,
                "scope": [{"name": SCOPE, "refresh-token-rolling": True}], "additional-parameters": [], "claims": [],
                "jwks-show": True, "request-parameter-allow": False, "subject-type": "public",
                "introspection-revocation-allowed": True, "introspection-revocation-auth-scope": [],
                "introspection-revocation-allow-target-client": True, "register-client-allowed": True,
                "register-client-auth-scope": [], "register-client-credentials-scope": [SCOPE],
                "register-client-management-allowed": True, "session-management-allowed": False,
            }})  # fmt: skip
            make("/client/?source=database", {
                "client_id": CLIENT[0], "name": CLIENT[0], "confidential": True, "enabled": True,
                "password": CLIENT[1], "client_secret": CLIENT[1], "scope": [SCOPE],
                "authorization_type": ["client_credentials", "password", "refresh_token", "code"],
                "redirect_uri": ["http://127.0.0.1/callback"],
                "token_endpoint_auth_method": ["client_secret_basic", "client_secret_post"],
            })  # fmt: skip
            make("/user/", {"username": PERSON[0], "name": PERSON[0], "enabled": True, "password": PERSON[1],
                            "scope": ["g_profile", "openid", SCOPE]})  # fmt: skip

    def tokens(self, **form: str) -> dict:
        answer = httpx2.post(f"{self.api}/oidc/token", data=form | {"scope": SCOPE}, auth=CLIENT, timeout=30)
        if answer.status_code != 200:
            sys.exit(f"error: glewlwyd answers {answer.status_code} {answer.text}")
        return answer.json()

    def refresh_tokens(self, count: int) -> list[str]:
        # The password grant, which OAuth 2.1 left out, is the way to one without a browser.
        return [
            self.tokens(grant_type="password", username=PERSON[0], password=PERSON[1])["refresh_token"]
            for _ in range(count)
        ]

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
