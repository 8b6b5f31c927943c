"""What can't be told is refused: a database that is held, names that only look right, documents that mean harm."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import Callable

import httpx2
import pytest

from program import Program
from wire import MODERN, call

NOT_A_TOOL = ["who\u0430mi", "whoami\u200b", "\ufeffwhoami", "WHOAMI", "whoami ", "ｗｈｏａｍｉ", "whoami\u202e", "whoami\x00"]


@pytest.fixture
def program(another: Callable[..., Program]) -> Program:
    return another().start()


def done(answer: httpx2.Response) -> bool:
    return answer.status_code == 200 and answer.json().get("result", {}).get("isError") is not True and "result" in answer.json()


def test_while_the_database_is_held_nothing_is_done_and_afterwards_it_is(program: Program) -> None:
    _, key = program.key("sales", "held", "--scope", "mcp:write")
    assert done(call(program, key))
    before = program.run("audit", "list", "--limit", "1000", "--json").rows
    holder = sqlite3.connect(program.data / "gatehouse.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        # Longer than the program waits for a lock.
        answer = call(program, key, "create_record", model="res.partner", values={"name": "Held"})
        assert not done(answer), answer.text
        assert answer.status_code in (200, 500, 503), answer.text
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    end = time.monotonic() + 20
    while not done(call(program, key)):
        assert time.monotonic() < end
        time.sleep(0.1)
    found = call(program, key, "search_read", model="res.partner", domain=[["name", "=", "Held"]])
    assert found.json()["result"]["structuredContent"]["records"] == []
    assert program.run("audit", "verify").code == 0
    assert len(program.run("audit", "list", "--limit", "1000", "--json").rows) > len(before)


@pytest.mark.parametrize("name", NOT_A_TOOL)
def test_what_looks_like_a_tool_s_name_is_no_tool(gatehouse: Program, name: str) -> None:
    _, key = gatehouse.key("sales", "look-alike")
    message = {
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": name, "arguments": {}, "_meta": {
            "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}},
    }  # fmt: skip
    # The header says the true name: what counts is the body, and both have to be the same.
    for header in ("whoami", None):
        headers = {
            "Authorization": f"Bearer {key}", "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call",
        } | ({"Mcp-Name": header} if header else {})  # fmt: skip
        answer = httpx2.post(gatehouse.url, json=message, headers=headers, timeout=30)
        assert not done(answer), answer.text
        assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    "arguments",
    [
        '{"model":"res.partner","model":"sale.order"}',
        '{"model":"res.partner","limit":1,"limit":1000}',
        '{"model":"res.partner","domain":[["id","=",1]],"doma\\u0069n":[]}',
    ],
)
def test_a_name_that_comes_twice_is_refused_before_any_rule(gatehouse: Program, arguments: str) -> None:
    _, key = gatehouse.key("sales", "twice")
    body = (
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search_read","arguments":' + arguments
        + ',"_meta":{"io.modelcontextprotocol/protocolVersion":"' + MODERN
        + '","io.modelcontextprotocol/clientCapabilities":{}}}}'
    )  # fmt: skip
    headers = {
        "Authorization": f"Bearer {key}", "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call",
        "Mcp-Name": "search_read",
    }  # fmt: skip
    answer = httpx2.post(gatehouse.url, content=body, headers=headers, timeout=30)
    assert answer.status_code == 400 and answer.json()["error"]["code"] == -32700, answer.text


def test_ten_thousand_rules_and_patterns_that_explode_hold_nothing_up(program: Program) -> None:
    connection, key = program.key("sales", "hostile", "--per-minute", "0")
    rule = {"path": "args.order", "op": "regex", "value": "^(a+)+$"}
    policy = {
        "version": "1",
        "default": "allow",
        "tools": {f"t{index}": {"deny_if": [rule] * 100} for index in range(99)} | {"search_read": {"deny_if": [rule] * 100}},
    }
    file = program.home / "hostile.json"
    file.write_text(json.dumps(policy))
    program.run("policy", "set", str(file), "--connection", connection)
    began = time.monotonic()
    answer = call(program, key, "search_read", model="res.partner", order="a" * 40 + "b")
    # What takes too long to be told counts against the call.
    assert not done(answer) and time.monotonic() - began < 5, answer.text
    assert done(call(program, key, "whoami"))
    deep = program.home / "deep.json"
    deep.write_text('{"version":"1","default":"deny","tools":{"t":{"require":[{"path":"args.a","op":"in","value":' + "[" * 200 + "]" * 200 + "}]}}}")
    refused = program.command("policy", "set", str(deep), "--connection", connection)
    assert refused.code == 1
