"""A1, A4, A5: an official client is pointed at the URL, and a person logs in and consents."""

from __future__ import annotations

import pytest
from mcp.shared.auth import OAuthToken

from official import ERAS, Denied, Memory, browser_login, connect, inner
from person import Callback, Page, Person
from program import PASSWORD, Program

pytestmark = pytest.mark.anyio

FIRST_TOOLS = {
    "list_models", "describe_model", "search_records", "get_record", "search_read",
    "count_records", "read_group", "list_companies", "whoami",
}  # fmt: skip


@pytest.mark.parametrize("revision", ERAS)
async def test_client_registers_logs_in_and_reads_partners(gatehouse: Program, sales: Person, revision: str) -> None:
    memory = Memory()
    login = browser_login(gatehouse.url, sales, memory)
    async with connect(gatehouse.url, ERAS[revision], auth=login) as conversation:
        assert conversation.client.protocol_version == revision

        listed = await conversation.client.list_tools()
        tools = {tool.name: tool for tool in listed.tools}
        assert FIRST_TOOLS <= tools.keys()
        assert all(tool.description and tool.input_schema for tool in tools.values())
        assert tools["search_read"].annotations.read_only_hint is True

        me = await conversation.call("whoami")
        assert me["user"]["login"] == "sales"

        found = await conversation.call("search_read", model="res.partner", fields=["name"], limit=5)
        assert len(found["records"]) == 5
        assert all(record["name"] and record["id"] for record in found["records"])
        assert found["has_more"] is True

    assert isinstance(memory.tokens, OAuthToken)
    assert memory.tokens.refresh_token and memory.tokens.expires_in
    # The client found every step by itself, and the first try of each was the right one.
    assert conversation.transcript[:5] == [
        "POST /mcp 401",
        "GET /.well-known/oauth-protected-resource/mcp 200",
        "GET /.well-known/oauth-authorization-server 200",
        f"POST {conversation.exchanges[3].path} 201",
        f"POST {conversation.exchanges[4].path} authorization_code 200",
    ]


async def test_pages_name_the_client_the_person_and_what_is_asked(gatehouse: Program, sales: Person) -> None:
    login = browser_login(gatehouse.url, sales, Memory(), name="Ledger Reader")
    async with connect(gatehouse.url, auth=login):
        pass
    first, consent = sales.visited[0], sales.visited[-1]
    assert first.has("password") and consent.has("decision")
    for page in (first, consent):
        assert page.scripts == 0
        assert page.headers["content-type"].lower().startswith("text/html")
        assert page.headers["cache-control"] == "no-store"
        policy = page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy and "unsafe-inline" not in policy
    assert "form-action 'self'" not in consent.headers["content-security-policy"]
    assert "Ledger Reader" in consent.text
    assert "127.0.0.1" in consent.text
    assert "sales" in consent.text.lower()
    assert all("httponly" in cookie._rest or "HttpOnly" in cookie._rest for cookie in sales.cookies)  # type: ignore[attr-defined]


async def test_a_wrong_password_leads_nowhere(gatehouse: Program) -> None:
    with Person("sales", "wrong-" + PASSWORD) as stranger:
        login = browser_login(gatehouse.url, stranger, Memory())
        with pytest.raises(BaseException) as failure:
            async with connect(gatehouse.url, auth=login):
                pass
        assert inner(failure.value, AssertionError), failure.value
        answer = stranger.visited[-1]
        assert answer.has("password") and not answer.has("decision")
        assert PASSWORD not in answer.html
        unknown = Person("nobody-at-all", "wrong-" + PASSWORD)
        start = stranger.visited[0].url
        page = unknown.open(start)
        assert isinstance(page, Page)
        refused = unknown.sign_in(page)
        assert isinstance(refused, Page)
        assert refused.status == answer.status
        # Whether the name or the password was wrong is nobody's business.
        assert refused.text.replace("nobody-at-all", "") == answer.text.replace("sales", "")


@pytest.mark.parametrize("revision", ERAS)
async def test_deny_is_access_denied(gatehouse: Program, sales: Person, revision: str) -> None:
    memory = Memory()
    login = browser_login(gatehouse.url, sales, memory, decision="deny")
    with pytest.raises(BaseException) as failure:
        async with connect(gatehouse.url, ERAS[revision], auth=login):
            pass
    denied = inner(failure.value, Denied)
    assert isinstance(denied, Denied), failure.value
    assert denied.parameters["error"] == "access_denied"
    assert denied.parameters["state"]
    assert denied.parameters["iss"] == gatehouse.origin
    assert memory.tokens is None


async def test_second_login_in_the_same_browser_asks_for_no_password(gatehouse: Program, sales: Person) -> None:
    for _ in range(2):
        async with connect(gatehouse.url, auth=browser_login(gatehouse.url, sales, Memory())) as conversation:
            assert (await conversation.call("whoami"))["user"]["login"] == "sales"
    assert sum(page.has("password") for page in sales.visited) == 1
    assert sum(page.has("decision") for page in sales.visited) == 2


async def test_not_you_leads_to_another_login(gatehouse: Program, sales: Person) -> None:
    async def switch(url: str) -> Callback:
        page = sales.sign_in(sales.open(url))  # type: ignore[arg-type]
        form = next(form for form in page.forms if ("decision", "switch") in form.buttons())  # type: ignore[union-attr]
        again = sales.submit(page, form, {}, ("decision", "switch"))  # type: ignore[arg-type]
        sales.login = "accountant"
        consent = sales.sign_in(again)  # type: ignore[arg-type]
        callback = sales.decide(consent)  # type: ignore[arg-type]
        assert isinstance(callback, Callback)
        return callback

    async with connect(gatehouse.url, auth=browser_login(gatehouse.url, sales, Memory(), visit=switch)) as conversation:
        assert (await conversation.call("whoami"))["user"]["login"] == "accountant"


async def test_a_consent_can_not_be_posted_from_another_browser(gatehouse: Program, sales: Person) -> None:
    # The page of one person's browser is worth nothing in another's: the ticket is bound to the session.
    stopped: list[Page] = []

    async def only_look(url: str) -> Callback:
        page = sales.open(url)
        assert isinstance(page, Page)
        page = sales.sign_in(page)
        assert isinstance(page, Page)
        stopped.append(page)
        raise Denied({"error": "stopped"})

    with pytest.raises(BaseException) as failure:
        async with connect(gatehouse.url, auth=browser_login(gatehouse.url, sales, Memory(), visit=only_look)):
            pass
    assert inner(failure.value, Denied), failure.value
    consent = stopped[0]
    with Person("accountant") as other:
        answer = other.submit(consent, consent.form_with("decision"), {}, ("decision", "allow"))
    assert isinstance(answer, Page), "a stranger's browser got a code"
    assert not answer.has("decision")


async def test_each_person_sees_what_they_may(gatehouse: Program) -> None:
    counts = {}
    for login in ("admin", "portal"):
        with Person(login) as person:
            async with connect(gatehouse.url, auth=browser_login(gatehouse.url, person, Memory())) as conversation:
                result = await conversation.client.call_tool("count_records", {"model": "res.partner"})
                counts[login] = 0 if result.is_error else result.structured_content["count"]
    assert 0 <= counts["portal"] < counts["admin"]
