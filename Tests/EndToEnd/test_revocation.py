"""RFC 7009, and A8: what is revoked is dead at the next request."""

from __future__ import annotations

import pytest

from person import Person
from program import Program
from wire import log_in, works


def test_revoking_the_refresh_token_ends_the_grant(gatehouse: Program, sales: Person) -> None:
    tokens = log_in(gatehouse, sales)
    assert works(gatehouse, tokens.access)
    answer = tokens.revoke(tokens.refresh)
    assert answer.status_code == 200
    assert not works(gatehouse, tokens.access)
    refused = tokens.spend(tokens.refresh)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_revoking_the_access_token_ends_it_at_once(gatehouse: Program, sales: Person) -> None:
    tokens = log_in(gatehouse, sales)
    assert works(gatehouse, tokens.access)
    assert tokens.revoke(tokens.access).status_code == 200
    assert not works(gatehouse, tokens.access)


@pytest.mark.parametrize("token", ["made-up", "gk_live_a_b_c", "eyJhbGciOiJub25lIn0.e30."])
def test_an_unknown_token_is_answered_200(gatehouse: Program, sales: Person, token: str) -> None:
    tokens = log_in(gatehouse, sales)
    assert tokens.revoke(token).status_code == 200
    assert works(gatehouse, tokens.access)


def test_another_client_can_not_revoke_it(gatehouse: Program, sales: Person) -> None:
    mine, theirs = log_in(gatehouse, sales), log_in(gatehouse, sales)
    assert theirs.revoke(mine.refresh).status_code in (200, 400)
    assert works(gatehouse, mine.access)


def test_revoking_the_connection_ends_tokens(gatehouse: Program, sales: Person) -> None:
    before = {row["connection_id"] for row in gatehouse.run("connection", "list", "--json").rows}
    tokens = log_in(gatehouse, sales)
    after = {row["connection_id"] for row in gatehouse.run("connection", "list", "--json").rows}
    (made,) = after - before
    gatehouse.run("connection", "revoke", made)
    assert not works(gatehouse, tokens.access)
    assert tokens.spend(tokens.refresh).status_code == 400
