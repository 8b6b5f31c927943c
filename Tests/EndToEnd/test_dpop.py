"""Tokens that are bound to a key (RFC 9449), and fresh sign-ins (RFC 9470), by a library made for them."""

from __future__ import annotations

import json
import time
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from jwskate import Jwt
from requests_oauth2client import (
    BearerToken,
    DPoPKey,
    DPoPToken,
    EndpointError,
    InvalidGrant,
    OAuth2Client,
    PublicApp,
)

from person import Page, Person
from program import Program, free_port
from wire import MODERN, metadata


def client(program: Program, *words: str, bound: bool = True) -> OAuth2Client:
    redirect_uri = f"http://127.0.0.1:{free_port()}/callback"
    made = program.run("client", "add", "--name", "Prover", "--redirect-uri", redirect_uri, *words, "--json").json
    secret = made.get("client_secret")
    return OAuth2Client.from_discovery_document(
        metadata(program),
        issuer=program.origin,
        auth=(made["client_id"], secret) if secret else PublicApp(made["client_id"]),
        redirect_uri=redirect_uri,
        dpop_bound_access_tokens=bound,
        testing=True,
    )


def tokens(program: Program, person: Person, prover: OAuth2Client, pushed: bool = False, **more: Any) -> BearerToken:
    """From the link to the tokens; the code is bound to the key by dpop_jkt."""
    asked = prover.authorization_request(scope="mcp:read offline_access", resource=program.url, **more)
    link = prover.pushed_authorization_request(asked) if pushed else asked
    return prover.authorization_code(asked.validate_callback(person.authorize(str(link)).url))


def whoami(program: Program, auth: Any, headers: dict[str, str] | None = None) -> requests.Response:
    return requests.post(
        program.url,
        auth=auth,
        headers={
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": MODERN,
            "Mcp-Method": "tools/call",
            "Mcp-Name": "whoami",
        }
        | (headers or {}),
        json={
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {
                "name": "whoami",
                "arguments": {},
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": MODERN,
                    "io.modelcontextprotocol/clientCapabilities": {},
                },
            },
        },
        timeout=30,
    )


@pytest.fixture(scope="module", params=["offered", "required"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    program = Program(tmp_path_factory.mktemp(f"nonce-{request.param}"))
    program.start(environment={"GATEHOUSE_DPOP_NONCE": request.param})
    try:
        yield program
        program.stop()
    finally:
        program.close()


@pytest.fixture(scope="module")
def sam(house: Program) -> Person:
    return Person()


@pytest.mark.parametrize("pushed", [False, True], ids=["link", "pushed"])
def test_the_whole_way_with_a_key(house: Program, sam: Person, pushed: bool) -> None:
    prover = client(house, "--public")
    token = tokens(house, sam, prover, pushed)
    assert isinstance(token, DPoPToken) and token.token_type == "DPoP"
    assert Jwt(token.access_token).claims["cnf"] == {"jkt": token.dpop_key.dpop_jkt}
    for _ in range(3):
        answer = whoami(house, token)
        assert answer.status_code == 200 and "result" in answer.json(), answer.text
        assert answer.headers["DPoP-Nonce"]
    renewed = prover.refresh_token(token)
    assert isinstance(renewed, DPoPToken)
    assert whoami(house, renewed).status_code == 200


def test_j11_a_bound_token_is_no_bearer_token(house: Program, sam: Person) -> None:
    token = tokens(house, sam, client(house, "--public"))
    answer = whoami(house, None, {"Authorization": f"Bearer {token.access_token}"})
    assert answer.status_code == 401 and answer.json()["error"] == "invalid_token"
    assert 'DPoP algs="ES256 RS256 EdDSA"' in answer.headers["WWW-Authenticate"]


def test_f13_a_bound_refresh_token_is_for_its_key(house: Program, sam: Person) -> None:
    prover = client(house, "--public")
    token = tokens(house, sam, prover)
    with pytest.raises(InvalidGrant):
        prover.token_request(
            {"grant_type": "refresh_token", "refresh_token": token.refresh_token}, dpop_key=DPoPKey.generate()
        )
    with pytest.raises(EndpointError) as caught:
        prover.token_request({"grant_type": "refresh_token", "refresh_token": token.refresh_token}, dpop=False)
    assert caught.value.error == "invalid_dpop_proof"
    assert prover.refresh_token(token).access_token


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
def test_a_service_proves_itself_with_other_keys(house: Program, algorithm: str) -> None:
    made = house.run("client", "add", "--name", "Service", "--service-user", "accountant", "--json").json
    service = OAuth2Client(
        metadata(house)["token_endpoint"], auth=(made["client_id"], made["client_secret"]), testing=True
    )
    token = service.client_credentials(scope="mcp:read", dpop_key=DPoPKey.generate(alg=algorithm), dpop=True)
    assert whoami(house, token).status_code == 200


def test_a_proof_is_good_once(house: Program, sam: Person) -> None:
    token = tokens(house, sam, client(house, "--public"))
    first = whoami(house, token)
    assert first.status_code == 200
    again = whoami(house, None, {name: first.request.headers[name] for name in ("Authorization", "DPoP")})
    assert again.status_code == 401 and again.json()["error"] == "invalid_dpop_proof"
    assert again.headers["WWW-Authenticate"].startswith("DPoP ")


def test_a_proof_from_before_a_start_is_not_believed(another) -> None:
    program: Program = another()
    program.start()
    made = program.run("client", "add", "--name", "Service", "--service-user", "accountant", "--json").json
    service = OAuth2Client(
        metadata(program)["token_endpoint"], auth=(made["client_id"], made["client_secret"]), testing=True
    )
    key = DPoPKey.generate()
    token = service.client_credentials(scope="mcp:read", dpop_key=key, dpop=True)
    used = whoami(program, token)
    assert used.status_code == 200
    # Whatever clock made it, a second has to lie between the proof and the start.
    while int(time.time()) <= int(Jwt(used.request.headers["DPoP"]).claims["iat"]):
        time.sleep(0.05)
    program.stop()
    program.start()
    replayed = whoami(program, None, {name: used.request.headers[name] for name in ("Authorization", "DPoP")})
    assert replayed.status_code == 401 and replayed.json()["error"] == "use_dpop_nonce"
    assert whoami(program, token).status_code == 200
    program.stop()


def test_more_than_one_dpop_field_is_refused(house: Program) -> None:
    made = house.run("client", "add", "--name", "Service", "--service-user", "accountant", "--json").json
    place = urlsplit(metadata(house)["token_endpoint"])
    key = DPoPKey.generate()
    connection = HTTPConnection(place.netloc, timeout=30)
    body = urlencode({"grant_type": "client_credentials"} | made)
    connection.putrequest("POST", place.path)
    connection.putheader("Content-Type", "application/x-www-form-urlencoded")
    connection.putheader("Content-Length", str(len(body)))
    for _ in range(2):
        connection.putheader("DPoP", str(key.proof(htm="POST", htu=place.geturl())))
    connection.endheaders(body.encode())
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["error"]) == (400, "invalid_dpop_proof")


def test_a_client_that_registers_for_keys_alone(house: Program, sam: Person) -> None:
    redirect_uri = f"http://127.0.0.1:{free_port()}/callback"
    registered = requests.post(
        metadata(house)["registration_endpoint"],
        json={
            "redirect_uris": [redirect_uri],
            "token_endpoint_auth_method": "none",
            "dpop_bound_access_tokens": True,
        },
        timeout=30,
    ).json()
    assert registered["dpop_bound_access_tokens"] is True
    prover = OAuth2Client.from_discovery_document(
        metadata(house), auth=PublicApp(registered["client_id"]), redirect_uri=redirect_uri, testing=True
    )
    with pytest.raises(EndpointError) as caught:
        tokens(house, sam, prover, dpop=False)
    assert caught.value.error == "invalid_dpop_proof"
    assert isinstance(tokens(house, sam, prover, dpop=True), DPoPToken)


# RFC 9470


def test_max_age_asks_the_person_again(gatehouse: Program) -> None:
    person = Person()
    asker = client(gatehouse, "--public", bound=False)
    first = Jwt(tokens(gatehouse, person, asker).access_token).claims
    assert first["acr"] == "urn:gatehouse:acr:password" and abs(first["auth_time"] - time.time()) < 60
    # The person is signed in, so the next one leads to consent at once, …
    page = person.open(str(asker.authorization_request(scope="mcp:read", resource=gatehouse.url)))
    assert isinstance(page, Page) and page.has("decision")
    # … unless that was too long ago.
    asked = asker.authorization_request(scope="mcp:read", resource=gatehouse.url, max_age=0)
    page = person.open(str(asked))
    assert isinstance(page, Page) and page.has("password")
    page = person.sign_in(page)
    assert isinstance(page, Page) and page.has("decision")
    token = asker.authorization_code(asked.validate_callback(person.decide(page).url))
    assert Jwt(token.access_token).claims["auth_time"] >= first["auth_time"]
