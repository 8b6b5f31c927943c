"""Pushed requests, devices, introspection and managed registrations, by an OAuth client library made for them."""

from __future__ import annotations

import httpx2
import pytest
import requests
from requests_oauth2client import (
    AccessDenied,
    AuthorizationPending,
    BearerToken,
    DeviceAuthorizationResponse,
    InvalidGrant,
    OAuth2Client,
    PublicApp,
    RequestUriParameterAuthorizationRequest,
    SlowDown,
    UnauthorizedClient,
)

from person import Page, Person
from program import Program, free_port
from wire import log_in, metadata, register, works


def client(program: Program, client_id: str, secret: str | None = None, **more) -> OAuth2Client:
    """The library's client, as it makes itself from the metadata."""
    known = metadata(program)
    return OAuth2Client.from_discovery_document(
        known,
        issuer=program.origin,
        # The one endpoint that the library does not take from the document.
        device_authorization_endpoint=known["device_authorization_endpoint"],
        auth=(client_id, secret) if secret else PublicApp(client_id),
        testing=True,
        **more,
    )


def add(program: Program, *words: str) -> tuple[str, str]:
    made = program.run("client", "add", *words, "--json").json
    return made["client_id"], made.get("client_secret", "")


# RFC 9126


def test_a_pushed_request_leads_to_tokens_once(gatehouse: Program, sales: Person) -> None:
    redirect_uri = f"http://127.0.0.1:{free_port()}/callback"
    client_id, secret = add(gatehouse, "--name", "Pusher", "--redirect-uri", redirect_uri)
    pusher = client(gatehouse, client_id, secret, redirect_uri=redirect_uri)
    request = pusher.authorization_request(scope="mcp:read", resource=gatehouse.url)
    pushed = pusher.pushed_authorization_request(request)
    assert isinstance(pushed, RequestUriParameterAuthorizationRequest)
    assert pushed.request_uri.startswith("urn:ietf:params:oauth:request_uri:")
    assert "mcp" not in str(pushed), "nothing of the request goes through the browser"

    callback = sales.authorize(str(pushed))
    answer = request.validate_callback(callback.url)
    token = pusher.authorization_code(answer)
    assert isinstance(token, BearerToken) and works(gatehouse, token.access_token)

    again = sales.open(str(pushed))
    assert isinstance(again, Page) and again.status == 400


# RFC 8628


@pytest.fixture(scope="module")
def device(gatehouse: Program) -> OAuth2Client:
    client_id, _ = add(gatehouse, "--name", "Television", "--device", "--public")
    return client(gatehouse, client_id)


def waiting(device: OAuth2Client) -> DeviceAuthorizationResponse:
    begun = device.authorize_device(scope="mcp:read offline_access")
    assert isinstance(begun, DeviceAuthorizationResponse)
    return begun


def consent(person: Person, begun: DeviceAuthorizationResponse, complete: bool) -> Page:
    """From the address on the device's screen to the question whether it may."""
    page = person.open(begun.verification_uri_complete if complete else begun.verification_uri)
    assert isinstance(page, Page) and page.has("password"), "guesses have an author"
    page = person.sign_in(page)
    assert isinstance(page, Page) and page.has("user_code")
    typed = {} if complete else {"user_code": begun.user_code.lower().replace("-", " ")}
    page = person.submit(page, page.form_with("user_code"), typed)
    assert isinstance(page, Page) and page.has("decision"), page
    assert begun.user_code in page.text and "Television" in page.text
    return page


@pytest.mark.parametrize("complete", [False, True], ids=["typed", "by link"])
def test_a_device_gets_tokens_when_its_person_allows_it(
    gatehouse: Program, sales: Person, device: OAuth2Client, complete: bool
) -> None:
    begun = waiting(device)
    with pytest.raises(AuthorizationPending):
        device.device_code(begun)
    with pytest.raises(SlowDown):
        device.device_code(begun)
    done = sales.decide(consent(sales, begun, complete))
    assert isinstance(done, Page) and done.status == 200 and "connected" in done.text
    token = device.device_code(begun)
    assert works(gatehouse, token.access_token)
    renewed = device.refresh_token(token)
    assert works(gatehouse, renewed.access_token) and renewed.refresh_token != token.refresh_token
    with pytest.raises(InvalidGrant):
        device.device_code(begun)


def test_a_device_hears_when_its_person_says_no(sales: Person, device: OAuth2Client) -> None:
    begun = waiting(device)
    done = sales.decide(consent(sales, begun, complete=False), "deny")
    assert isinstance(done, Page) and done.status == 200
    with pytest.raises(AccessDenied):
        device.device_code(begun)


def test_a_client_that_is_no_device_gets_no_codes(gatehouse: Program) -> None:
    client_id, _ = add(gatehouse, "--name", "Browser", "--redirect-uri", "https://c.example/cb", "--public")
    with pytest.raises(UnauthorizedClient):
        client(gatehouse, client_id).authorize_device()


# RFC 7662, RFC 9701


def test_introspection_tells_what_a_token_is_worth(gatehouse: Program, sales: Person) -> None:
    tokens = log_in(gatehouse, sales)
    client_id, secret = add(
        gatehouse, "--name", "Resource server", "--confidential", "--redirect-uri", "https://rs.example/cb"
    )
    asker = client(gatehouse, client_id, secret)
    told = asker.introspect_token(tokens.access)
    assert told["active"] is True and told["username"] == "sales" and told["aud"] == gatehouse.url
    assert asker.introspect_token(tokens.refresh)["client_id"] == tokens.client_id
    assert tokens.revoke(tokens.refresh).status_code == 200
    assert asker.introspect_token(tokens.access) == {"active": False}

    signed = requests.post(
        metadata(gatehouse)["introspection_endpoint"],
        data={"token": "unknown"},
        auth=(client_id, secret),
        headers={"Accept": "application/token-introspection+jwt"},
        timeout=30,
    )
    assert signed.headers["content-type"] == "application/token-introspection+jwt"
    from joserfc import jwt
    from joserfc.jwk import KeySet

    keys = KeySet.import_key_set(requests.get(metadata(gatehouse)["jwks_uri"], timeout=30).json())
    opened = jwt.decode(signed.text, keys, algorithms=["ES256"])
    assert opened.header["typ"] == "token-introspection+jwt"
    assert opened.claims["aud"] == client_id and opened.claims["token_introspection"] == {"active": False}


# RFC 7592, RFC 7591 §3


def test_a_client_ends_its_registration_and_its_grants(gatehouse: Program, sales: Person) -> None:
    redirect_uri = f"http://127.0.0.1:{free_port()}/callback"
    registered = register(gatehouse, redirect_uri, name="Short lived").json()
    place = registered["registration_client_uri"]
    bearer = {"Authorization": f"Bearer {registered['registration_access_token']}"}
    assert httpx2.get(place).status_code == 401
    read = httpx2.get(place, headers=bearer)
    assert read.status_code == 200 and read.json()["client_name"] == "Short lived"
    changed = httpx2.put(
        place,
        headers=bearer,
        json={
            "client_id": registered["client_id"],
            "client_name": "Renamed",
            "redirect_uris": [redirect_uri],
            "token_endpoint_auth_method": "none",
        },
    )
    assert changed.status_code == 200 and changed.json()["client_name"] == "Renamed"
    assert httpx2.delete(place, headers=bearer).status_code == 204
    after = httpx2.post(
        metadata(gatehouse)["token_endpoint"],
        data={"grant_type": "refresh_token", "refresh_token": "gr_x", "client_id": registered["client_id"]},
    )
    assert (after.status_code, after.json()["error"]) == (401, "invalid_client")


def test_registration_by_invitation(another) -> None:
    program: Program = another()
    program.start(environment={"GATEHOUSE_REGISTRATION": "token"})
    made = program.run("client", "token", "create", "--uses", "1", "--expires", "2", "--json").json
    body = {"redirect_uris": ["https://c.example/cb"], "token_endpoint_auth_method": "none"}
    place = metadata(program)["registration_endpoint"]
    assert httpx2.post(place, json=body).status_code == 401
    bearer = {"Authorization": f"Bearer {made['initial_access_token']}"}
    assert httpx2.post(place, json=body, headers=bearer).status_code == 201
    assert httpx2.post(place, json=body, headers=bearer).status_code == 401
    wrong = program.command("client", "token", "create", "--uses", "none")
    assert wrong.code == 64 and "--uses" in wrong.err
    program.stop()
