"""Clients that sign, people whom a company's provider vouches for, and services that act for others."""

from __future__ import annotations

import json
import time
from pathlib import Path
from uuid import uuid4

import jwt
import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwskate import Jwk
from mcp.client.auth import OAuthTokenError
from mcp.client.auth.extensions.client_credentials import PrivateKeyJWTOAuthProvider, SignedJWTParameters
from mcp.client.auth.extensions.identity_assertion import IdentityAssertionOAuthProvider
from requests_oauth2client import OAuth2Client

from official import ERAS, Memory, browser_login, connect, inner
from person import Person
from program import Program, free_port
from wire import metadata

pytestmark = pytest.mark.anyio

KEYS = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


def key_pair(kind: str, place: Path) -> tuple[str, Path]:
    """A private key as PEM, and the file of its public half as a JWK Set."""
    pem = KEYS[kind]().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = dict(Jwk.from_pem(pem).public_jwk())
    file = place / f"{uuid4()}.json"
    file.write_text(json.dumps({"keys": [public | {"use": "sig", "alg": kind}]}))
    return pem.decode(), file


# Clients that prove themselves by a key (RFC 7523 §2.2).


@pytest.mark.parametrize("kind", KEYS)
async def test_the_sdk_signs_for_its_service_user(gatehouse: Program, tmp_path: Path, kind: str) -> None:
    pem, jwks = key_pair(kind, tmp_path)
    made = gatehouse.run(
        "client", "add", "--name", f"Signer {kind}", "--service-user", "accountant", "--jwks", str(jwks), "--json"
    ).json
    assert "client_secret" not in made
    parameters = SignedJWTParameters(
        issuer=made["client_id"], subject=made["client_id"], signing_key=pem, signing_algorithm=kind, lifetime_seconds=120
    )
    auth = PrivateKeyJWTOAuthProvider(
        server_url=gatehouse.url,
        storage=Memory(),
        client_id=made["client_id"],
        assertion_provider=parameters.create_assertion_provider(),
        scope="mcp:read",
        issuer=gatehouse.origin,
    )
    async with connect(gatehouse.url, auth=auth) as conversation:
        assert (await conversation.call("whoami"))["user"]["login"] == "accountant"


def test_authlib_with_a_key(gatehouse: Program, tmp_path: Path) -> None:
    pem, jwks = key_pair("RS256", tmp_path)
    made = gatehouse.run(
        "client", "add", "--name", "Authlib", "--service-user", "accountant", "--jwks", str(jwks), "--json"
    ).json
    told = metadata(gatehouse)
    # An hour, which is what it says by itself, is too far ahead (FAPI 2.0; case G7).
    proof = PrivateKeyJWT(told["issuer"], claims={"exp": int(time.time()) + 120})
    session = OAuth2Session(made["client_id"], pem, token_endpoint_auth_method=proof, scope="mcp:read")
    token = session.fetch_token(told["token_endpoint"], grant_type="client_credentials")
    assert token["token_type"] == "Bearer" and "refresh_token" not in token


def test_authlib_through_the_browser(gatehouse: Program, sales: Person) -> None:
    redirect_uri = f"http://127.0.0.1:{free_port()}/callback"
    made = gatehouse.run(
        "client", "add", "--name", "Authlib", "--redirect-uri", redirect_uri, "--confidential", "--json"
    ).json
    told = metadata(gatehouse)
    session = OAuth2Session(
        made["client_id"],
        made["client_secret"],
        redirect_uri=redirect_uri,
        scope="mcp:read offline_access",
        code_challenge_method="S256",
    )
    verifier = uuid4().hex * 2
    link, _ = session.create_authorization_url(told["authorization_endpoint"], code_verifier=verifier)
    came = sales.authorize(link)
    token = session.fetch_token(told["token_endpoint"], authorization_response=came.url, code_verifier=verifier)
    renewed = session.refresh_token(told["token_endpoint"], token["refresh_token"])
    assert renewed["refresh_token"] != token["refresh_token"]
    asked = session.introspect_token(told["introspection_endpoint"], token=renewed["access_token"])
    assert asked.json()["active"] and asked.json()["username"] == "sales"
    session.revoke_token(told["revocation_endpoint"], token=renewed["refresh_token"])
    again = session.introspect_token(told["introspection_endpoint"], token=renewed["access_token"])
    assert again.json() == {"active": False}


# People whom the company's identity provider vouches for (ID-JAG).


@pytest.mark.parametrize("revision", ERAS)
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_the_sdk_brings_whom_the_provider_vouches_for(
    gatehouse: Program, tmp_path: Path, revision: str, method: str
) -> None:
    provider = f"https://{uuid4().hex}.example"
    pem, jwks = key_pair("ES256", tmp_path)
    gatehouse.run("issuer", "add", provider, "--jwks", str(jwks), "--user-claim", "sub")
    made = gatehouse.run(
        "client", "add", "--name", "Assistant", "--confidential", "--identity-assertions", "--json"
    ).json

    async def vouch(audience: str, resource: str) -> str:
        now = int(time.time())
        claims = {
            "iss": provider, "sub": "sales", "aud": audience, "resource": resource, "client_id": made["client_id"],
            "jti": uuid4().hex, "iat": now, "exp": now + 300, "scope": "mcp:read",
        }  # fmt: skip
        return jwt.encode(claims, pem, algorithm="ES256", headers={"typ": "oauth-id-jag+jwt"})

    def auth(memory: Memory) -> IdentityAssertionOAuthProvider:
        return IdentityAssertionOAuthProvider(
            server_url=gatehouse.url,
            storage=memory,
            client_id=made["client_id"],
            client_secret=made["client_secret"],
            issuer=gatehouse.origin,
            assertion_provider=vouch,
            scope="mcp:read",
            token_endpoint_auth_method=method,
        )

    memory = Memory()
    async with connect(gatehouse.url, ERAS[revision], auth=auth(memory)) as conversation:
        assert (await conversation.call("whoami"))["user"]["login"] == "sales"
    assert memory.tokens is not None and memory.tokens.refresh_token is None
    listed = [row["issuer"] for row in gatehouse.run("issuer", "list", "--json").rows]
    assert provider in listed
    gatehouse.run("issuer", "remove", provider)
    with pytest.raises(BaseException) as failure:
        async with connect(gatehouse.url, ERAS[revision], auth=auth(Memory())):
            pass
    error = inner(failure.value, OAuthTokenError)
    assert error is not None and "invalid_grant" in str(error)


# Services that act for the person who called them (RFC 8693).


async def test_a_service_acts_for_a_person_and_the_log_says_so(gatehouse: Program, sales: Person) -> None:
    made = gatehouse.run(
        "client", "add", "--name", "Service", "--confidential", "--exchange",
        "--audience", "https://erp.example/mcp", "--json",
    ).json  # fmt: skip
    memory = Memory()
    async with connect(gatehouse.url, auth=browser_login(gatehouse.url, sales, memory, name=uuid4().hex)) as conversation:
        await conversation.call("whoami")
        assert memory.tokens is not None
        service = OAuth2Client.from_discovery_document(
            metadata(gatehouse), issuer=gatehouse.origin, auth=(made["client_id"], made["client_secret"]), testing=True
        )
        token = service.token_exchange(subject_token=memory.tokens.access_token, subject_token_type="access_token")
        assert token.issued_token_type == "urn:ietf:params:oauth:token-type:access_token"
        said = jwt.decode(token.access_token, options={"verify_signature": False})
        assert said["act"] == {"sub": made["client_id"]}
        async with connect(gatehouse.url, key=token.access_token) as behalf:
            assert (await behalf.call("whoami"))["user"]["login"] == "sales"
    entries = gatehouse.run("audit", "list", "--limit", "40", "--json").rows
    assert any(entry.get("actor") == made["client_id"] and entry.get("tool") == "whoami" for entry in entries)
    elsewhere = service.token_exchange(
        subject_token=memory.tokens.access_token, subject_token_type="access_token", audience="https://erp.example/mcp"
    )
    with pytest.raises(BaseException):
        async with connect(gatehouse.url, key=elsewhere.access_token):
            pass
