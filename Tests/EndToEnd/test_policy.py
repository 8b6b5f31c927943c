"""Policies, switches and limits in the running program, with an official client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable

import httpx2
import pytest
from mcp import Client, MCPError
from mcp_types import PromptReference

from official import ERAS, connect
from program import Program

pytestmark = pytest.mark.anyio

PROXY_REFRESH = """
{ "version": "1", "default": "deny",
  "tools": { "TOOL": { "limits": [
      { "counter": "proxy_refresh_rate", "window": "minute", "max": 10, "scope": "grant" } ] } } }
"""


def write(program: Program, name: str, text: str) -> str:
    file = program.home / name
    file.write_text(text)
    return str(file)


@pytest.fixture
def program(another: Callable[..., Program]) -> Program:
    return another().start()


async def verdict(session: Client, tool: str, arguments: dict | None = None) -> str:
    result = await session.call_tool(tool, arguments or {})
    content = result.structured_content or {}
    return str(content.get("rule") or content.get("code")) if result.is_error else "done"


@pytest.mark.parametrize("era", ERAS)
async def test_ten_calls_a_minute_pass_and_the_eleventh_does_not(program: Program, era: str) -> None:
    connection, key = program.key("sales", "policy", "--per-minute", "0")
    document = write(program, "policy.json", PROXY_REFRESH.replace("TOOL", "whoami"))
    assert program.run("policy", "set", document, "--connection", connection).out == f"connection:{connection}@1 is in force\n"
    async with connect(program.url, ERAS[era], key=key) as conversation:
        session = conversation.client
        assert [tool.name for tool in (await session.list_tools()).tools] == ["whoami"]
        verdicts = [await verdict(session, "whoami") for _ in range(11)]
        # A minute may have ended in between.
        assert verdicts[:10] == ["done"] * 10
        assert verdicts[10] in ("/tools/whoami/limits/proxy_refresh_rate", "done")
        assert await verdict(session, "list_models") == "(default deny)"
        # An edit holds for the next call, on the same session.
        program.run("policy", "clear", "--connection", connection)
        assert await verdict(session, "list_models") == "done"
    entries = program.run("audit", "list", "--connection", connection, "--limit", "100", "--json").rows
    refused = [entry for entry in entries if entry["kind"] == "refusal" and entry.get("rule") == "(default deny)"]
    assert refused and refused[0]["policy"] == f"connection:{connection}@1"


async def test_the_master_switch_and_a_tool_switch(program: Program) -> None:
    _, key = program.key("sales", "switch")
    async with connect(program.url, key=key) as conversation:
        session = conversation.client
        program.run("switch", "off")
        assert await verdict(session, "whoami") == "(master switch)"
        program.run("switch", "on")
        assert await verdict(session, "whoami") == "done"
        program.run("tool", "disable", "whoami")
        assert await verdict(session, "whoami") == "(tool switched off)"
        assert "whoami" not in [tool.name for tool in (await session.list_tools()).tools]
        assert program.run("tool", "list").out == "whoami\toff\n"
        program.run("tool", "enable", "whoami")
        assert await verdict(session, "whoami") == "done"


async def test_a_connection_s_own_limits_tools_and_models(program: Program) -> None:
    connection, key = program.key("sales", "limits")
    program.run("connection", "limit", connection, "--per-day", "3", "--tool", "whoami", "--tool", "search_read",
                "--model", "res.partner")  # fmt: skip
    async with connect(program.url, key=key) as conversation:
        session = conversation.client
        assert sorted(tool.name for tool in (await session.list_tools()).tools) == ["search_read", "whoami"]
        assert await verdict(session, "list_models") == "(allowed tools)"
        assert await verdict(session, "search_read", {"model": "sale.order"}) == "(allowed models)"
        for _ in range(3):
            assert await verdict(session, "search_read", {"model": "res.partner", "limit": 1}) == "done"
        assert await verdict(session, "whoami") == "/connection/limits/per_day"
    # Kept over a restart.
    program.stop()
    program.start()
    async with connect(program.url, key=key) as conversation:
        session = conversation.client
        assert await verdict(session, "whoami") == "/connection/limits/per_day"
        program.run("connection", "limit", connection, "--per-day", "0", "--all-tools")
        assert await verdict(session, "list_models") == "done"


def test_names_that_are_none_are_told(program: Program) -> None:
    connection, _ = program.key("sales", "names")
    for words, hint in [
        (("tool", "disable", "serch_read"), "search_read"),
        (("connection", "limit", connection, "--tool", "serch_read"), "search_read"),
        (("connection", "limit", connection, "--model", "res.patner"), "res.partner"),
    ]:
        refused = program.command(*words)
        assert refused.code == 1 and hint in refused.err, refused
    (shown,) = program.run("connection", "show", connection, "--json").rows
    assert not shown.get("allowed_tools") and not shown.get("allowed_models")
    document = write(program, "policy.json", '{"version":"1","default":"allow"}')
    assert "did you mean 'sales/user'" in program.run("policy", "set", document, "--group", "sales/usr").err


def test_an_invalid_policy_is_refused_with_its_line_and_changes_nothing(program: Program) -> None:
    connection, _ = program.key("sales", "invalid")
    good = write(program, "good.json", '{"version": "1", "default": "allow"}')
    program.run("policy", "set", good, "--connection", connection)
    bad = write(program, "bad.json", '{\n  "version": "1",\n  "default": "deny",\n  "tools": {"a": {"limit": []}}\n}')
    for words in (["policy", "check", bad], ["policy", "set", bad, "--connection", connection]):
        outcome = program.command(*words)
        assert outcome.code == 1 and "line 4: /tools/a/limit" in outcome.err, outcome.err
    assert program.run("policy", "check", good).out == "valid, 0 rules\n"
    assert [row["version"] for row in program.run("policy", "list", "--json").rows] == [1]
    assert json.loads(program.run("policy", "show", "--connection", connection).out) == {"version": "1", "default": "allow"}
    assert program.command("policy", "set", good, "--connection", "nobody").code == 1
    assert program.command("policy", "set", good).code == 64


def test_simulate_says_which_rule_answers_and_why(program: Program) -> None:
    file = write(
        program, "pay.json",
        '{"version":"1","default":"deny","tools":{"pay":{"require":[{"path":"args.currency","op":"eq","value":"EUR"}],'
        '"deny_if":[{"path":"args.amount","op":"gt","value":100,"on_deny":"Too much."}],'
        '"limits":[{"counter":"spend","window":"day","max":500,"increment_from":"args.amount"}]}}}',
    )  # fmt: skip

    def simulated(tool: str, arguments: dict) -> dict:
        return program.run("policy", "simulate", file, "--tool", tool, "--arguments", json.dumps(arguments), "--json").json

    assert simulated("other", {})["rule"] == "(default deny)"
    denied = simulated("pay", {"currency": "EUR", "amount": 101})
    assert denied["outcome"] == "denied" and denied["rule"] == "/tools/pay/deny_if/args.amount-gt"
    assert denied["reason"].startswith("Too much.")
    allowed = simulated("pay", {"currency": "EUR", "amount": 12.5})
    assert allowed["outcome"] == "allowed"
    assert allowed["steps"][-1] == {"rule": "/tools/pay/limits/spend", "answer": "counts 12.5 of 500 a day for each grant"}


async def test_simulate_over_the_calls_of_late(program: Program) -> None:
    _, key = program.key("sales", "late")
    async with connect(program.url, key=key) as conversation:
        session = conversation.client
        await session.call_tool("whoami", {})
        await session.call_tool("list_models", {})
    file = write(program, "late.json", '{"version":"1","default":"deny","tools":{"whoami":{}}}')
    rows = program.run("policy", "simulate", file, "--last", "100", "--json").rows
    assert {(row["tool"], row["outcome"], row["rule"]) for row in rows} == {
        ("whoami", "allowed", None), ("list_models", "denied", "(default deny)"),
    }  # fmt: skip
    assert all(row["calls"] == len(row["newest_entries"]) == 1 for row in rows)


async def test_simulate_knows_arguments_where_the_log_kept_them(another: Callable[..., Program]) -> None:
    program = another().start("--log-payloads", "on")
    _, key = program.key("sales", "kept")
    async with connect(program.url, key=key) as conversation:
        for model in ("res.partner", "sale.order", "sale.order"):
            await conversation.client.call_tool("count_records", {"model": model})
    file = write(
        program, "kept.json",
        '{"version":"1","default":"allow","tools":{"count_records":'
        '{"deny_if":[{"path":"args.model","op":"eq","value":"sale.order"}]}}}',
    )  # fmt: skip
    rows = program.run("policy", "simulate", file, "--last", "100", "--json").rows
    assert [(row["outcome"], row["rule"], row["calls"]) for row in rows] == [
        ("allowed", None, 1), ("denied", "/tools/count_records/deny_if/args.model-eq", 2),
    ]  # fmt: skip
    program.stop()


def test_the_format_is_published(program: Program) -> None:
    answer = httpx2.get(f"{program.origin}/policy.schema.json")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/schema+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["required"] == ["version", "default"]


ONE_DOOR = """
{ "version": "1", "default": "allow", "tools": {
    "search_records": { "deny_if": [ { "path": "args.model", "op": "eq", "value": "res.partner" } ] },
    "get_record": { "deny_if": [ { "path": "args.model", "op": "eq", "value": "ir.attachment" } ],
                    "require_approval": [ { "path": "args.model", "op": "eq", "value": "res.partner" } ] },
    "describe_model": { "deny_if": [ { "path": "args.model", "op": "eq", "value": "sale.order" } ] } } }
"""


async def test_what_a_policy_denies_comes_by_no_other_door(program: Program) -> None:
    connection, key = program.key("sales", "doors", "--per-minute", "0")
    async with connect(program.url, key=key) as conversation:
        client = conversation.client
        summary = PromptReference(type="ref/prompt", name="customer_summary")
        started = {"name": "customer", "value": "a"}
        assert (await client.complete(summary, started)).completion.values
        assert "Several records" in (await client.get_prompt("customer_summary", {"customer": "a"})).messages[-1].content.text
        listed = {str(resource.uri) for resource in (await client.list_resources()).resources}
        assert "gatehouse://model/sale.order" in listed

        document = write(program, "policy.json", ONE_DOOR)
        program.run("policy", "set", document, "--connection", connection)
        assert not (await client.complete(summary, started)).completion.values
        said = (await client.get_prompt("customer_summary", {"customer": "a"})).messages[-1].content.text
        assert "could not be looked up" in said and "Several records" not in said
        listed, cursor = set(), None
        for _ in range(20):
            page = await client.list_resources(cursor=cursor)
            listed |= {str(resource.uri) for resource in page.resources}
            cursor = page.next_cursor
            if cursor is None:
                break
        assert "gatehouse://model/res.partner" in listed
        assert "gatehouse://model/sale.order" not in listed
        assert not [uri for uri in listed if "/attachment/" in uri]
        with pytest.raises(MCPError, match="not found"):
            await client.read_resource("gatehouse://record/res.partner/7")
    # What waits for a person waits behind the tool alone.
    assert program.run("approval", "list", "--json").rows == []
    entries = program.run("audit", "list", "--connection", connection, "--limit", "100", "--json").rows
    doors = {(entry["method"], entry["tool"]) for entry in entries if entry["kind"] == "refusal"}
    assert doors == {
        ("completion/complete", "search_records"), ("prompts/get", "search_records"), ("resources/read", "get_record"),
    }  # fmt: skip
    assert all(entry["rule"] and entry["policy"] for entry in entries if entry["kind"] == "refusal")


async def test_an_answer_tells_what_is_left(program: Program) -> None:
    _, key = program.key("sales", "left", "--per-minute", "5")
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json, text/event-stream"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "whoami"}}
    answer = httpx2.post(program.url, json=body, headers=headers)
    assert answer.headers["ratelimit-policy"] == '"per-minute";q=5;w=60, "per-day";q=10000;w=86400'
    assert answer.headers["ratelimit"].startswith('"per-minute";r=4;t=')
