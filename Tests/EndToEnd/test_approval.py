"""Calls that wait for a person, in the running program, with an official client."""

from __future__ import annotations

import time
from typing import Any, Callable

import pytest
from mcp import Client

from official import ERAS, connect
from program import Program

pytestmark = pytest.mark.anyio

POLICY = '{"version":"1","default":"allow","tools":{"list_models":{"require_approval":true}}}'
WAIT_LIMIT = 20.0


@pytest.fixture
def program(another: Callable[..., Program]) -> Program:
    return another().start()


def gated(program: Program) -> tuple[str, str]:
    connection, key = program.key("sales", "gated")
    file = program.home / "approval.json"
    file.write_text(POLICY)
    program.run("policy", "set", str(file), "--connection", connection)
    return connection, key


async def asked(session: Client) -> dict[str, Any]:
    result = await session.call_tool("list_models", {})
    assert result.structured_content is not None
    return result.structured_content | {"is_error": result.is_error}


async def settled(session: Client, request: str) -> dict[str, Any]:
    end = time.monotonic() + WAIT_LIMIT
    while time.monotonic() < end:
        result = await session.call_tool("get_approval_status", {"request_id": request})
        assert not result.is_error and result.structured_content is not None
        if result.structured_content["status"] not in ("pending", "approved", "running"):
            return result.structured_content
        time.sleep(0.05)
    raise AssertionError("nothing became of it")


@pytest.mark.parametrize("era", ERAS)
async def test_approved_it_runs_once_as_the_one_who_asked(program: Program, era: str) -> None:
    connection, key = gated(program)
    async with connect(program.url, ERAS[era], key=key) as conversation:
        session = conversation.client
        waiting = await asked(session)
        assert waiting["code"] == "pending_approval" and waiting["is_error"]
        request = waiting["request_id"]
        assert (await asked(session))["request_id"] == request
        listed = program.run("approval", "list", "--status", "pending", "--json").rows
        assert [row["request_id"] for row in listed] == [request]
        assert listed[0]["requester"] == "sales" and listed[0]["tool"] == "list_models"
        # Nobody approves what they asked for themselves.
        own = program.command("approval", "approve", request, "--as", "sales")
        assert own.code == 1 and "may not decide" in own.err
        assert program.run("approval", "approve", request, "--as", "admin", "--json").json["status"] == "approved"
        status = await settled(session, request)
        assert status["status"] == "done" and not status["outcome_is_error"] and status["outcome"]["models"]
        second = program.command("approval", "reject", request, "--as", "admin")
        assert second.code == 1 and "already" in second.err
        # The same call answers with the outcome, once; then it is another wish.
        outcome = await asked(session)
        assert not outcome["is_error"] and outcome["models"] == status["outcome"]["models"]
        assert (await asked(session))["request_id"] != request
    entries = program.run("audit", "list", "--connection", connection, "--limit", "200", "--json").rows
    runs = [entry for entry in entries if entry["method"] == "approval/run"]
    assert [entry["kind"] for entry in reversed(runs)] == ["request", "response"]
    assert all(entry["login"] == "sales" and entry["rule"] == request for entry in runs)
    assert program.run("audit", "verify").code == 0


async def test_rejected_it_says_why_and_never_runs(program: Program) -> None:
    connection, key = gated(program)
    program.run("connection", "approver", connection, "--user", "sales-manager")
    async with connect(program.url, key=key) as conversation:
        session = conversation.client
        request = (await asked(session))["request_id"]
        assert program.command("approval", "approve", request, "--as", "admin").code == 1
        program.run("approval", "reject", request, "--as", "sales-manager", "--reason", "not today", "--proposal", "{}")
        answer = await asked(session)
        assert answer["code"] == "approval_rejected" and answer["reason"] == "not today" and answer["proposal"] == {}


async def test_a_revoked_connection_takes_its_requests_along(program: Program) -> None:
    connection, key = gated(program)
    async with connect(program.url, key=key) as conversation:
        request = (await asked(conversation.client))["request_id"]
    program.run("connection", "revoke", connection)
    assert program.run("approval", "show", request, "--json").json["status"] == "expired"
    assert program.command("approval", "approve", request, "--as", "admin").code == 1


async def test_an_approval_while_the_server_is_down_runs_when_it_is_up(program: Program) -> None:
    _, key = gated(program)
    async with connect(program.url, key=key) as conversation:
        request = (await asked(conversation.client))["request_id"]
    program.kill()
    program.run("approval", "approve", request, "--as", "admin")
    program.start()
    async with connect(program.url, key=key) as conversation:
        assert (await settled(conversation.client, request))["status"] == "done"
