"""The tools that write, in the running program, with an official client of both eras."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from typing import Any, Callable

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitResult

from official import ERAS, Memory, browser_login, connect
from person import Person
from program import Program
from test_durability import database

pytestmark = pytest.mark.anyio

WAIT_LIMIT = 20.0


def stepping_up(program: Program, person: Person, seen: list[str]) -> Any:
    """A browser login of a client that registers itself for reading, until the server asks for more."""

    async def visit(url: str) -> Any:
        seen.append(url)
        return person.authorize(url, "allow", ["mcp:read"] if len(seen) == 1 else ["mcp:read", "mcp:write"])

    return browser_login(program.url, person, Memory(), visit=visit)


@pytest.fixture
def program(another: Callable[..., Program]) -> Program:
    return another().start()


def key(program: Program, login: str, *more: str) -> str:
    return program.key(login, "writer", "--scope", "mcp:read", "--scope", "mcp:write", "--per-minute", "0", *more)[1]


async def refusal(session: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await session.call_tool(tool, arguments)
    assert result.is_error, f"{tool} did it: {result.structured_content}"
    return result.structured_content or {}


def dump(program: Program) -> list[tuple[Any, ...]]:
    """Every record of the company."""
    with closing(sqlite3.connect(f"file:{database(program)}?mode=ro", uri=True)) as reader:
        tables = [name for (name,) in reader.execute("SELECT name FROM sqlite_master WHERE name LIKE 'demo\\_%' ESCAPE '\\' AND type = 'table'")]
        return [(table, row) for table in sorted(tables) for row in reader.execute(f'SELECT * FROM "{table}"')]


@pytest.mark.parametrize("era", ERAS)
async def test_a_record_is_made_changed_and_deleted(program: Program, era: str) -> None:
    async with connect(program.url, ERAS[era], key=key(program, "sales-manager")) as conversation:
        tools = {tool.name: tool for tool in (await conversation.client.list_tools()).tools}
        assert tools["create_record"].annotations.destructive_hint is False
        assert tools["delete_record"].annotations.destructive_hint is True
        values = {"partner_id": 10, "order_line": [[0, 0, {"product_id": 1, "product_uom_qty": 2, "price_unit": 50}]]}
        before = dump(program)
        tried = await conversation.call("create_record", model="sale.order", values=values, dry_run=True)
        assert tried["dry_run"] is True and tried["changes"][0]["id"] is None and dump(program) == before
        made = await conversation.call("create_record", model="sale.order", values=values)
        order, line = made["changes"]
        assert order["values"]["amount_untaxed"] == {"from": None, "to": 100.0}
        assert order["cause"] == "asked" and line["model"] == "sale.order.line" and line["cause"] == "command"
        for seen, come in zip(tried["changes"], made["changes"]):
            assert seen["values"].keys() == come["values"].keys() and seen["display_name"] == come["display_name"]

        read = (await conversation.call("get_record", model="sale.order", id=order["id"]))["record"]
        changed = await conversation.call(
            "update_record", model="sale.order", id=order["id"], values={"client_order_ref": "PO-1", "user_id": 2},
            if_unchanged_since=read["write_date"],
        )  # fmt: skip
        assert set(changed["changes"][0]["values"]) == {"client_order_ref", "user_id"}
        late = await refusal(
            conversation.client, "update_record", model="sale.order", id=order["id"], values={"client_order_ref": "x"},
            if_unchanged_since=read["write_date"],
        )  # fmt: skip
        assert late["code"] == "changed_since" and late["write_date"] > read["write_date"]
        notes = await conversation.call(
            "search_read", model="mail.message", fields=["body", "author_id"],
            domain=[["model", "=", "sale.order"], ["res_id", "=", order["id"]]],
        )  # fmt: skip
        assert "Salesperson: Mira Castellanos → Sven Okafor" in notes["records"][0]["body"]
        assert notes["records"][0]["author_id"][1] == "Mira Castellanos"

        before = dump(program)
        tried = await conversation.call("delete_record", model="sale.order", id=order["id"], dry_run=True)
        assert dump(program) == before
        gone = await conversation.call("delete_record", model="sale.order", id=order["id"])
        assert gone["changes"] == tried["changes"]
        assert [change["model"] for change in gone["changes"]].count("sale.order.line") == 1
        missing = await refusal(conversation.client, "get_record", model="sale.order", id=order["id"])
        assert missing["code"] == "not_found"


@pytest.mark.parametrize("era", ERAS)
async def test_what_is_refused_by_right_by_argument_by_policy_changes_nothing(program: Program, era: str) -> None:
    connection, secret = program.key("sales", "writer", "--scope", "mcp:read", "--scope", "mcp:write", "--per-minute", "0")
    async with connect(program.url, ERAS[era], key=secret) as conversation:
        session = conversation.client
        before = dump(program)

        async def code(tool: str, **arguments: Any) -> str:
            return (await refusal(session, tool, **arguments))["code"]

        assert await code("create_record", model="account.move", values={}) == "forbidden"
        assert await code("delete_record", model="sale.order", id=1) == "forbidden"
        assert await code("update_record", model="sale.order", id=999_999, values={"note": "x"}) == "not_found"
        assert await code("update_record", model="sale.ordr", id=1, values={"note": "x"}) == "unknown_model"
        assert await code("create_record", model="crm.lead", values={"name": "x", "colour": 1}) == "unknown_field"
        assert await code("create_record", model="crm.lead", values={"phone": "1"}) == "missing_value"
        assert await code("create_record", model="crm.lead", values={"name": "a\0b"}) == "invalid_value"
        assert await code("create_record", model="crm.lead", values={"name": "x", "date_deadline": "2026-02-30"}) == "invalid_value"
        assert await code("create_record", model="crm.lead", values={"name": "x", "user_id": 3}) == "forbidden"
        assert await code("create_record", model="crm.lead", values={"name": "x"}, force=True) == "invalid_arguments"
        assert await code("batch_create", model="crm.lead", values_list=[{"name": "x"}] * 101) == "invalid_arguments"
        batch = await refusal(session, "batch_create", model="crm.lead", values_list=[{"name": "x"}, {"name": ""}])
        assert batch["code"] == "missing_value" and "values_list[1].name" in batch["message"]
        assert dump(program) == before
        file = program.home / "policy.json"
        file.write_text(
            '{"version":"1","default":"allow","tools":{"create_record":{"require":[{"conditions":'
            '[{"path":"args.model","op":"eq","value":"crm.lead"}]}]}}}'
        )
        program.run("policy", "set", str(file), "--connection", connection)
        result = await refusal(session, "create_record", model="crm.tag", values={"name": "x"})
        assert result["rule"].startswith("/tools/create_record/require")
        assert dump(program) == before


async def test_a_token_to_read_is_stepped_up_before_it_writes(program: Program) -> None:
    with Person("sales") as sales:
        seen: list[str] = []
        login = stepping_up(program, sales, seen)
        async with connect(program.url, auth=login) as conversation:
            names = {tool.name for tool in (await conversation.client.list_tools()).tools}
            assert "search_read" in names and "create_record" not in names
            made = await conversation.call("create_record", model="crm.lead", values={"name": "Stepped up"})
            assert made["changes"][0]["display_name"] == "Stepped up"
            assert len(seen) == 2 and "mcp%3Awrite" in seen[1]


@pytest.mark.parametrize("era", ERAS)
async def test_what_a_person_signed_in_for_waits_for_another_and_runs_once(program: Program, era: str) -> None:
    with Person("sales-manager") as manager:
        login = stepping_up(program, manager, [])
        async with connect(program.url, ERAS[era], auth=login) as conversation:
            session = conversation.client
            made = await conversation.call("create_record", model="crm.lead", values={"name": "Doomed"})
            lead = made["changes"][0]["id"]
            # Trying it out needs nobody.
            tried = await conversation.call("delete_record", model="crm.lead", id=lead, dry_run=True)
            assert tried["dry_run"] is True
            waiting = await refusal(session, "delete_record", model="crm.lead", id=lead)
            assert waiting["code"] == "pending_approval"
            assert waiting["summary"].startswith("Permanently delete the Lead/Opportunity “Doomed” in “Nordlicht")
            assert (await conversation.call("count_records", model="crm.lead", domain=[["id", "=", lead]]))["count"] == 1
            program.run("approval", "approve", waiting["request_id"], "--as", "admin")
            end = time.monotonic() + WAIT_LIMIT
            status = {}
            while time.monotonic() < end and status.get("status") != "done":
                time.sleep(0.5)
                status = await conversation.call("get_approval_status", request_id=waiting["request_id"])
            assert status["outcome"]["changes"][0]["action"] == "delete" and not status["outcome_is_error"]
            assert (await conversation.call("count_records", model="crm.lead", domain=[["id", "=", lead]]))["count"] == 0


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_that_can_asks_its_person_first(program: Program, era: str) -> None:
    asked: list[str] = []
    answers: list[ElicitResult] = []

    async def elicit(context: Any, params: Any) -> ElicitResult:
        asked.append(params.message)
        return answers.pop(0)

    secret = key(program, "sales-manager")
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {secret}"}, timeout=30) as http:
        async with Client(
            streamable_http_client(program.url, http_client=http), mode=ERAS[era], read_timeout_seconds=30,
            elicitation_callback=elicit,
        ) as session:  # fmt: skip
            made = (await session.call_tool("create_record", {"model": "crm.lead", "values": {"name": "Asked"}})).structured_content
            assert made is not None
            lead = made["changes"][0]["id"]
            arguments = {"model": "crm.lead", "id": lead}
            answers.append(ElicitResult(action="decline"))
            assert (await refusal(session, "delete_record", **arguments))["code"] == "declined"
            answers.append(ElicitResult(action="accept", content={"confirm": False}))
            assert (await refusal(session, "batch_delete", model="crm.lead", ids=[lead]))["code"] == "declined"
            assert not (await session.call_tool("delete_record", arguments | {"dry_run": True})).is_error
            assert len(asked) == 2
            answers.append(ElicitResult(action="accept", content={"confirm": True}))
            result = await session.call_tool("delete_record", arguments)
            assert not result.is_error, result.content
            assert len(asked) == 3 and all("Permanently delete the Lead/Opportunity “Asked”" in words for words in asked)
    async with connect(program.url, ERAS[era], key=secret) as conversation:
        # One that can't be asked does it.
        made = await conversation.call("create_record", model="crm.lead", values={"name": "Unasked"})
        await conversation.call("batch_delete", model="crm.lead", ids=[made["changes"][0]["id"]])


async def test_who_follows_a_record_hears_that_it_changed(program: Program) -> None:
    secret = key(program, "sales")
    told: list[str] = []

    async def message(received: Any) -> None:
        params = getattr(received, "params", None)
        if getattr(received, "method", "") == "notifications/resources/updated":
            told.append(str(params.uri))

    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {secret}"}, timeout=30) as http:
        async with Client(
            streamable_http_client(program.url, http_client=http), mode="legacy", read_timeout_seconds=30,
            message_handler=message,
        ) as session:  # fmt: skip
            made = (await session.call_tool("create_record", {"model": "crm.lead", "values": {"name": "F"}})).structured_content
            assert made is not None
            lead = made["changes"][0]["id"]
            uri = f"gatehouse://record/crm.lead/{lead}"
            await session.subscribe_resource(uri)
            await session.call_tool("update_record", {"model": "crm.lead", "id": lead, "values": {"phone": "1"}, "dry_run": True})
            await session.call_tool("update_record", {"model": "crm.lead", "id": lead, "values": {"phone": "2"}})
            end = time.monotonic() + WAIT_LIMIT
            while not told and time.monotonic() < end:
                await session.call_tool("whoami", {})
            assert told == [uri]


def test_kill_9_in_the_middle_of_batch_create_leaves_all_or_nothing(another: Callable[..., Program]) -> None:
    program = another().start()
    secret = key(program, "sales")
    acknowledged: list[str] = []
    size = 40

    def write(number: int) -> None:
        with httpx2.Client(timeout=10, headers={
            "Authorization": f"Bearer {secret}", "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2025-11-25",
        }) as http:  # fmt: skip
            for turn in range(1000):
                name = f"killed-{number}-{turn}"
                call = {"name": "batch_create", "arguments": {
                    "model": "crm.lead",
                    "values_list": [{"name": name, "tag_ids": [[4, 1]]}] * size}}  # fmt: skip
                try:
                    answer = http.post(program.url, json={"jsonrpc": "2.0", "id": turn, "method": "tools/call", "params": call})
                except httpx2.HTTPError:
                    return
                if answer.status_code != 200 or "result" not in answer.json():
                    return
                assert not answer.json()["result"].get("isError"), answer.text
                acknowledged.append(name)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + WAIT_LIMIT
    while len(acknowledged) < 4 and time.monotonic() < end:
        time.sleep(0.01)
    program.kill()
    for thread in threads:
        thread.join()
    assert len(acknowledged) >= 4
    program.start()
    with closing(sqlite3.connect(f"file:{database(program)}?mode=ro", uri=True)) as reader:
        counts = dict(reader.execute("SELECT name, count(*) FROM demo_crm_lead WHERE name LIKE 'killed-%' GROUP BY name"))
        tagged = reader.execute(
            "SELECT count(*) FROM demo_crm_tag_rel r JOIN demo_crm_lead l ON l.id = r.lead_id WHERE l.name LIKE 'killed-%'"
        ).fetchone()[0]
    assert set(acknowledged) <= counts.keys()
    assert set(counts.values()) == {size} and tagged == size * len(counts)
