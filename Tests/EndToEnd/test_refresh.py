"""OAuth 2.1 §4.3: refresh tokens rotate, and one that comes back from the dead ends its family."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from official import ERAS, Memory, browser_login, connect
from person import Person
from program import Program
from wire import log_in, works

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("revision", ERAS)
async def test_the_client_refreshes_by_itself_when_its_token_expires(
    gatehouse: Program, sales: Person, revision: str
) -> None:
    memory = Memory()
    login = browser_login(gatehouse.url, sales, memory)
    async with connect(gatehouse.url, ERAS[revision], auth=login) as conversation:
        await conversation.call("whoami")
        first = memory.tokens
        seen = len(conversation.exchanges)
        login.context.token_expiry_time = time.time() - 1
        await conversation.call("whoami")
        second = memory.tokens
        steps = [step for step in conversation.transcript[seen:] if step.startswith("POST")]
    assert first is not None and second is not None
    assert "refresh_token 200" in steps[0] and steps[1] == "POST /mcp 200"
    assert second.access_token != first.access_token
    assert second.refresh_token and second.refresh_token != first.refresh_token
    assert sum(page.has("decision") for page in sales.visited) == 1, "nobody had to consent again"


async def test_reuse_of_a_spent_refresh_token_ends_the_family(gatehouse: Program, sales: Person) -> None:
    tokens = log_in(gatehouse, sales)
    second = tokens.spend(tokens.refresh)
    assert second.status_code == 200, second.text
    third = tokens.spend(second.json()["refresh_token"])
    assert third.status_code == 200, third.text
    assert works(gatehouse, third.json()["access_token"])

    # Two generations back: no client that lost an answer would send this one.
    reused = tokens.spend(tokens.refresh)
    assert (reused.status_code, reused.json()["error"]) == (400, "invalid_grant")

    after = tokens.spend(third.json()["refresh_token"])
    assert (after.status_code, after.json()["error"]) == (400, "invalid_grant")
    assert not works(gatehouse, third.json()["access_token"])


async def test_parallel_refreshes_of_one_token_log_nobody_out(gatehouse: Program, sales: Person) -> None:
    tokens = log_in(gatehouse, sales)
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(tokens.spend, [tokens.refresh] * 8))
    assert all(answer.status_code == 200 for answer in answers), [answer.text for answer in answers]
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1, "one token, one successor"
    assert works(gatehouse, answers[-1].json()["access_token"])


async def test_another_client_can_not_spend_it(gatehouse: Program, sales: Person) -> None:
    mine, theirs = log_in(gatehouse, sales), log_in(gatehouse, sales)
    stolen = theirs.spend(mine.refresh)
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")


async def test_a_refresh_never_widens(gatehouse: Program, sales: Person) -> None:
    tokens = log_in(gatehouse, sales)
    wider = tokens.token(grant_type="refresh_token", refresh_token=tokens.refresh, scope="mcp:read mcp:write")
    assert (wider.status_code, wider.json()["error"]) == (400, "invalid_scope")


async def test_a_code_works_once_and_its_reuse_kills_its_tokens(gatehouse: Program, sales: Person) -> None:
    tokens = log_in(gatehouse, sales)
    assert works(gatehouse, tokens.access)
    again = tokens.redeem_again()
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert not works(gatehouse, tokens.access)
    assert tokens.spend(tokens.refresh).status_code == 400
