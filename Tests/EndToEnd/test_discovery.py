"""What clients probe before they know anything: challenges, metadata at every variant, aliases, health."""

from __future__ import annotations

import re

import httpx2
import pytest

from program import Program, free_port
from wire import metadata, works


def get(program: Program, path: str, method: str = "GET", **headers: str) -> httpx2.Response:
    return httpx2.request(method, program.origin + path, headers=headers, timeout=30)


@pytest.mark.parametrize("path", ["/mcp", "/odoo/mcp"])
@pytest.mark.parametrize("method", ["POST", "GET", "HEAD", "DELETE"])
def test_without_a_token_every_way_in_is_401_and_leads_on(gatehouse: Program, path: str, method: str) -> None:
    answer = get(gatehouse, path, method)
    assert answer.status_code == 401
    challenge = answer.headers["www-authenticate"]
    # RFC 6750 §3.1: without credentials there SHOULD be no error code.
    assert challenge.startswith("Bearer ") and "error=" not in challenge
    found = re.search(r'resource_metadata="([^"]+)"', challenge)
    assert found and 'scope="mcp:read"' in challenge
    document = httpx2.get(found.group(1)).json()
    assert document["resource"] == gatehouse.origin + path
    assert document["authorization_servers"] == [gatehouse.origin]
    assert "offline_access" not in document["scopes_supported"]


def test_a_token_in_the_query_is_no_token(gatehouse: Program) -> None:
    _, key = gatehouse.key()
    assert get(gatehouse, f"/mcp?access_token={key}", "POST").status_code == 401


@pytest.mark.parametrize(
    "path", ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"]
)
def test_resource_metadata_stands_at_every_variant(gatehouse: Program, path: str) -> None:
    answer = get(gatehouse, path)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("application/json")
    assert answer.json()["resource"] == gatehouse.url


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/openid-configuration/mcp",
        "/mcp/.well-known/openid-configuration",
    ],
)
def test_server_metadata_stands_at_every_variant(gatehouse: Program, path: str) -> None:
    answer = get(gatehouse, path)
    assert answer.status_code == 200
    document = answer.json()
    assert document["issuer"] == gatehouse.origin
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["authorization_response_iss_parameter_supported"] is True
    assert {"none", "client_secret_basic", "client_secret_post"} <= set(document["token_endpoint_auth_methods_supported"])
    assert {"authorization_code", "refresh_token", "client_credentials"} <= set(document["grant_types_supported"])
    assert document["response_types_supported"] == ["code"]
    for name in ("authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint", "jwks_uri"):
        assert document[name].startswith(gatehouse.origin + "/")


def test_the_key_set_holds_public_keys_alone(gatehouse: Program) -> None:
    keys = httpx2.get(metadata(gatehouse)["jwks_uri"]).json()["keys"]
    assert keys
    for key in keys:
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
        assert key["kid"] and "d" not in key


@pytest.mark.parametrize(("path", "method"), [("/authorize", "GET"), ("/token", "POST"), ("/register", "POST")])
def test_the_endpoints_that_clients_guess_are_there(gatehouse: Program, path: str, method: str) -> None:
    assert get(gatehouse, path, method).status_code in (400, 401, 415)


@pytest.mark.parametrize(
    "path", ["/nothing", "/.well-known/nothing", "/.well-known/oauth-protected-resource/nothing", "/sse", "/mcp/nothing"]
)
def test_what_is_not_there_is_404_in_json(gatehouse: Program, path: str) -> None:
    # Clients take any 200 with any body for metadata, and a page for a login.
    answer = get(gatehouse, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["error"]


def test_head_is_get_without_a_body(gatehouse: Program) -> None:
    path = "/.well-known/oauth-authorization-server"
    whole, head = get(gatehouse, path), get(gatehouse, path, "HEAD")
    assert head.status_code == 200 and head.content == b""
    assert head.headers["content-length"] == str(len(whole.content))


@pytest.mark.parametrize("path", ["/mcp", "/token", "/register", "/.well-known/oauth-protected-resource/mcp"])
def test_browser_hosted_clients_may_ask_first(gatehouse: Program, path: str) -> None:
    answer = get(
        gatehouse, path, "OPTIONS", Origin="https://playground.example.com",
        **{
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,mcp-protocol-version,mcp-method,mcp-name",
        },
    )  # fmt: skip
    assert answer.status_code in (200, 204)
    assert answer.headers["access-control-allow-origin"] in ("*", "https://playground.example.com")
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert "mcp-protocol-version" in allowed and "authorization" in allowed
    assert "access-control-allow-credentials" not in answer.headers


def test_the_pages_are_for_nobody_elses_scripts(gatehouse: Program) -> None:
    answer = get(gatehouse, "/account", Origin="https://evil.example.com")
    assert "access-control-allow-origin" not in answer.headers


def test_health_says_nothing_but_that(gatehouse: Program) -> None:
    for path in ("/healthz", "/readyz"):
        answer = get(gatehouse, path)
        assert answer.status_code == 200
        assert "www-authenticate" not in answer.headers


def test_metrics_have_a_door_of_their_own(another) -> None:
    program: Program = another()
    port = free_port()
    program.start(environment={"GATEHOUSE_METRICS_LISTEN": f"127.0.0.1:{port}"})
    connection, key = program.key()
    assert works(program, key)
    answer = httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "gatehouse_" in answer.text and connection not in answer.text
    assert httpx2.get(f"http://127.0.0.1:{port}/mcp", timeout=30).status_code == 404
    program.stop()


def test_metrics_are_not_on_the_public_listener(gatehouse: Program) -> None:
    assert get(gatehouse, "/metrics").status_code == 404
