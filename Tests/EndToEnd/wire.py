"""Requests written by hand, for what an official client would never send."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx2

from person import Callback, Person
from program import Program, free_port

MODERN = "2026-07-28"


def call(
    program: Program, bearer: str | None, tool: str = "whoami", *, http: Any = httpx2, **arguments: Any
) -> httpx2.Response:
    """One stateless `tools/call` (MCP 2026-07-28), over a connection that is kept where `http` is a client."""
    headers = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": MODERN,
        "Mcp-Method": "tools/call",
        "Mcp-Name": tool,
    }
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {
            "name": tool,
            "arguments": arguments,
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientCapabilities": {},
            },
        },
    }
    return http.post(program.url, json=message, headers=headers, timeout=30)


def works(program: Program, bearer: str) -> bool:
    """Whether a bearer opens the door; anything but a result or a challenge is a failure."""
    answer = call(program, bearer)
    assert answer.status_code in (200, 401), f"{answer.status_code} {answer.text}"
    return answer.status_code == 200 and "result" in answer.json()


def metadata(program: Program) -> dict[str, Any]:
    answer = httpx2.get(f"{program.origin}/.well-known/oauth-authorization-server", timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


@dataclass
class Tokens:
    """A client that registered itself, and what a person granted it."""

    program: Program
    client_id: str
    access: str
    refresh: str
    code: str
    verifier: str
    redirect_uri: str

    def token(self, **form: str) -> httpx2.Response:
        return httpx2.post(metadata(self.program)["token_endpoint"], data={"client_id": self.client_id, **form}, timeout=30)

    def spend(self, refresh: str) -> httpx2.Response:
        return self.token(grant_type="refresh_token", refresh_token=refresh, resource=self.program.url)

    def redeem_again(self) -> httpx2.Response:
        return self.token(
            grant_type="authorization_code", code=self.code, code_verifier=self.verifier,
            redirect_uri=self.redirect_uri, resource=self.program.url,
        )  # fmt: skip

    def revoke(self, token: str) -> httpx2.Response:
        return httpx2.post(
            metadata(self.program)["revocation_endpoint"], data={"client_id": self.client_id, "token": token}, timeout=30
        )


def register(program: Program, redirect_uri: str, name: str = "By hand") -> httpx2.Response:
    return httpx2.post(
        metadata(program)["registration_endpoint"],
        json={
            "client_name": name,
            "redirect_uris": [redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        },
        timeout=30,
    )


def authorization_url(program: Program, client_id: str, redirect_uri: str, verifier: str, **more: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    question = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": secrets.token_urlsafe(16),
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        "resource": program.url,
        "scope": "mcp:read offline_access",
    } | more
    return f"{metadata(program)['authorization_endpoint']}?{urlencode(question)}"


def log_in(program: Program, person: Person, **more: str) -> Tokens:
    """Register, authorize, redeem."""
    redirect_uri = f"http://127.0.0.1:{free_port()}/callback"
    registered = register(program, redirect_uri)
    assert registered.status_code == 201, registered.text
    client_id = registered.json()["client_id"]
    verifier = secrets.token_urlsafe(48)
    callback: Callback = person.authorize(authorization_url(program, client_id, redirect_uri, verifier, **more))
    assert "code" in callback.parameters, callback.url
    tokens = Tokens(program, client_id, "", "", callback.parameters["code"], verifier, redirect_uri)
    answer = tokens.redeem_again()
    assert answer.status_code == 200, answer.text
    tokens.access, tokens.refresh = answer.json()["access_token"], answer.json().get("refresh_token", "")
    return tokens
