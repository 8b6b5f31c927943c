"""Open streams of the product: what an administrator does reaches them, and they end with their connection."""

from __future__ import annotations

import json
from typing import Any, Callable

import anyio
import httpx2
import pytest
from mcp import Client, ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from program import Program

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("by", ["a switch", "the connection's own tools"])
async def test_a_tool_that_is_taken_away_changes_the_list_at_once(another: Callable[..., Program], by: str) -> None:
    program = another()
    program.start()
    connection, key = program.key()
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=30) as http:
        async with Client(streamable_http_client(program.url, http_client=http), read_timeout_seconds=30) as client:
            async with client.listen(tools_list_changed=True) as subscription:
                # What there was at the start has been seen by now.
                await anyio.sleep(1.5)
                if by == "a switch":
                    program.run("tool", "disable", "whoami")
                else:
                    program.run("connection", "limit", connection, "--tool", "list_models")
                with anyio.fail_after(10):
                    assert type(await anext(aiter(subscription))).__name__ == "ToolsListChanged"
            assert "whoami" not in {tool.name for tool in (await client.list_tools()).tools}
    program.stop()


async def test_what_is_open_ends_soon_after_its_connection_was_revoked(another: Callable[..., Program]) -> None:
    program = another()
    program.start()
    connection, key = program.key()
    body: dict[str, Any] = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "subscriptions/listen",
        "params": {
            "notifications": {"toolsListChanged": True},
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            },
        },
    }
    headers = {
        "Authorization": f"Bearer {key}",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "subscriptions/listen",
    }
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        async with http.stream("POST", program.url, json=body) as response:
            lines = response.aiter_lines()
            while not (line := await anext(lines)).startswith("data: "):
                pass
            assert json.loads(line.removeprefix("data: "))["method"] == "notifications/subscriptions/acknowledged"
            program.run("connection", "revoke", connection)
            with anyio.fail_after(25):
                async for line in lines:
                    assert not line.startswith("data: ")
    program.stop()


async def test_those_who_listen_hear_that_the_server_ends(another: Callable[..., Program]) -> None:
    program = another()
    program.start()
    _, key = program.key()
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=30) as http:
        async with Client(streamable_http_client(program.url, http_client=http), read_timeout_seconds=30) as client:
            async with client.listen(tools_list_changed=True) as subscription:
                with anyio.fail_after(15):
                    async with anyio.create_task_group() as group:
                        group.start_soon(anyio.to_thread.run_sync, program.stop)
                        # A graceful end is the end of the loop; an abrupt one would be an exception.
                        assert [event async for event in subscription] == []


async def test_a_client_of_2024_11_05_is_served_where_an_operator_lets_it(another: Callable[..., Program]) -> None:
    program = another()
    program.start("--http-sse", "on")
    _, key = program.key()
    async with sse_client(f"{program.origin}/sse", headers={"Authorization": f"Bearer {key}"}) as (reading, writing):
        async with ClientSession(reading, writing) as session:
            assert (await session.initialize()).protocol_version == "2024-11-05"
            assert "whoami" in {tool.name for tool in (await session.list_tools()).tools}
            answer = await session.call_tool("count_records", {"model": "res.partner"})
            assert not answer.is_error
    refused = httpx2.get(f"{program.origin}/sse", headers={"Accept": "text/event-stream"})
    assert refused.status_code == 401
    assert f"{program.origin}/.well-known/oauth-protected-resource/sse" in refused.headers["www-authenticate"]
    metadata = httpx2.get(f"{program.origin}/.well-known/oauth-protected-resource/sse").json()
    assert metadata["resource"] == f"{program.origin}/sse"
    program.stop()
    program.start()
    assert httpx2.get(f"{program.origin}/sse").status_code == 404
    program.stop()
