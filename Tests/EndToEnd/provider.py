"""Debian's Glewlwyd as a company's identity provider: OpenID Connect over TLS, with a person of its own."""

from __future__ import annotations

import ssl
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from program import free_port

SCHEMA = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
START_LIMIT = 30.0

CONFIGURATION = """
port = {port}
bind_address = "127.0.0.1"
external_url = "https://127.0.0.1:{port}"
login_url = "login.html"
api_prefix = "api"
static_files_path = "/usr/share/glewlwyd/webapp/"
static_files_mime_types = ( {{ extension = ".html" type = "text/html" compress = 0 }},
  {{ extension = ".css" type = "text/css" compress = 0 }},
  {{ extension = ".js" type = "application/javascript" compress = 0 }},
  {{ extension = ".json" type = "application/json" compress = 0 }} )
log_mode = "file"
log_level = "WARNING"
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
use_secure_connection = true
secure_connection_key_file = "{home}/key.pem"
secure_connection_pem_file = "{home}/certificate.pem"
hash_algorithm = "SHA512"
database = {{ type = "sqlite3" path = "{home}/glewlwyd.db" }};
"""


class Glewlwyd:
    CLIENT = ("gatehouse", "a-secret-of-the-provider-and-of-Gatehouse")
    PERSON = ("ann", "ann's password")
    MAIL = "ann@acme.example"

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self.port = free_port()
        self.origin = f"https://127.0.0.1:{self.port}"
        self.issuer = f"{self.origin}/api/oidc"
        self.certificate = home / "certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", home / "key.pem", "-out",
             self.certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        subprocess.run(["sqlite3", str(home / "glewlwyd.db")], input=SCHEMA.read_bytes(), check=True)
        (home / "glewlwyd.conf").write_text(CONFIGURATION.format(port=self.port, home=home))
        with (home / "out").open("wb") as out:
            self.process = subprocess.Popen(
                ["glewlwyd", f"--config-file={home}/glewlwyd.conf"], stdout=out, stderr=subprocess.STDOUT
            )
        self.trust = ssl.create_default_context(cafile=str(self.certificate))

    @contextmanager
    def _session(self, name: str, password: str) -> Iterator[httpx2.Client]:
        """A browser's session there; a person types the same into its login page."""
        with httpx2.Client(base_url=self.origin, verify=self.trust, timeout=30) as http:
            end = time.monotonic() + START_LIMIT
            while True:
                try:
                    answer = http.post("/api/auth/", json={"username": name, "password": password})
                    break
                except httpx2.TransportError:
                    assert time.monotonic() < end and self.process.poll() is None, "glewlwyd does not answer"
                    time.sleep(0.05)
            assert answer.status_code == 200, answer.text
            http.headers["cookie"] = answer.headers["set-cookie"].split(";")[0]
            yield http

    def configure(self, redirect_uri: str) -> None:
        key = rsa.generate_private_key(65537, 2048)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        ).decode()
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()
        with self._session("admin", "password") as http:

            def make(path: str, body: dict) -> None:
                answer = http.post(f"/api{path}", json=body)
                assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"

            make("/mod/plugin/", {"module": "oidc", "name": "oidc", "display_name": "oidc", "parameters": {
                "iss": self.issuer, "jwt-type": "rsa", "jwt-key-size": "256", "key": private, "cert": public,
                "access-token-duration": 600, "refresh-token-duration": 3600, "code-duration": 60,
                "refresh-token-rolling": True, "allow-non-oidc": False, "auth-type-code-enabled": True,
                "auth-type-token-enabled": False, "auth-type-id-token-enabled": False, "auth-type-none-enabled": False,
                "auth-type-password-enabled": False, "auth-type-client-enabled": False,
                "auth-type-device-enabled": False, "auth-type-refresh-enabled": False, "scope": [],
                "additional-parameters": [], "claims": [], "email-claim": "mandatory", "name-claim": "mandatory",
                "pkce-allowed": True, "pkce-required": True, "pkce-method-plain-allowed": False, "jwks-show": True,
                "subject-type": "public", "request-parameter-allow": False,
            }})  # fmt: skip
            make("/client/?source=database", {
                "client_id": self.CLIENT[0], "name": "Gatehouse", "confidential": True, "enabled": True,
                "password": self.CLIENT[1], "scope": ["openid"], "authorization_type": ["code"],
                "redirect_uri": [redirect_uri], "token_endpoint_auth_method": ["client_secret_basic"],
            })  # fmt: skip
            make("/user/", {"username": self.PERSON[0], "name": "Ann Acme", "email": self.MAIL, "enabled": True,
                            "password": self.PERSON[1], "scope": ["g_profile", "openid"]})  # fmt: skip
        with self._session(*self.PERSON) as http:
            answer = http.put(f"/api/auth/grant/{self.CLIENT[0]}", json={"scope": "openid"})
            assert answer.status_code == 200, answer.text

    def visit(self, url: str) -> str:
        """Signs its person in and opens the authorization request.

        Returns where the browser is sent back to.
        """
        with self._session(*self.PERSON) as http:
            page = http.get(url)
            assert page.status_code == 302, f"{page.status_code} {page.text[:300]}"
            # Its page names who is signed in; "Continue" there comes back with this parameter.
            login = parse_qs(urlsplit(page.headers["location"]).query)
            answer = http.get(login["callback_url"][0] + "&g_continue")
            assert answer.status_code == 302, f"{answer.status_code} {answer.text[:300]}"
            back = answer.headers["location"]
            assert "code" in parse_qs(urlsplit(back).query), back
            return back

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
