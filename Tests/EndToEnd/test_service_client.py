"""A custom OAuth client that is bound to one service user: RFC 6749 §4.4 by the SDK's own provider."""

from __future__ import annotations

import pytest
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider

from official import ERAS, Memory, connect, inner
from program import Program

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def service(gatehouse: Program) -> tuple[str, str]:
    made = gatehouse.run("client", "add", "--name", "Nightly report", "--service-user", "accountant", "--json").json
    return made["client_id"], made["client_secret"]


def provider(gatehouse: Program, service: tuple[str, str], memory: Memory, method: str, secret: str | None = None):
    return ClientCredentialsOAuthProvider(
        server_url=gatehouse.url,
        storage=memory,
        client_id=service[0],
        client_secret=secret or service[1],
        token_endpoint_auth_method=method,
        scope="mcp:read",
        issuer=gatehouse.origin,
    )


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
@pytest.mark.parametrize("revision", ERAS)
async def test_it_acts_as_its_service_user(gatehouse: Program, service, revision: str, method: str) -> None:
    memory = Memory()
    async with connect(gatehouse.url, ERAS[revision], auth=provider(gatehouse, service, memory, method)) as conversation:
        me = await conversation.call("whoami")
        assert me["user"]["login"] == "accountant"
        found = await conversation.call("search_read", model="res.partner", fields=["name"], limit=2)
        assert len(found["records"]) == 2
    assert memory.tokens is not None
    assert memory.tokens.refresh_token is None, "RFC 6749 §4.4.3: no refresh token"


async def test_a_wrong_secret_is_invalid_client(gatehouse: Program, service) -> None:
    wrong = provider(gatehouse, service, Memory(), "client_secret_basic", secret="wrong")
    with pytest.raises(BaseException) as failure:
        async with connect(gatehouse.url, auth=wrong):
            pass
    from mcp.client.auth import OAuthTokenError

    error = inner(failure.value, OAuthTokenError)
    assert error is not None and "401" in str(error) and "invalid_client" in str(error)


async def test_it_has_no_way_through_the_browser(gatehouse: Program, service) -> None:
    import httpx2

    from wire import authorization_url

    url = authorization_url(gatehouse, service[0], "http://127.0.0.1:1/callback", "v" * 43)
    answer = httpx2.get(url, follow_redirects=False)
    assert answer.status_code == 400
    assert "location" not in answer.headers
