"""Each kind of bad input gets the answer that its specification names, and the server goes on."""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from program import Program
from wire import MODERN, call, works

META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}


@pytest.fixture(scope="module")
def key(gatehouse: Program) -> str:
    return gatehouse.key("sales", "bad input", "--per-minute", "0")[1]


def post(gatehouse: Program, key: str, content: Any, **headers: str | None) -> httpx2.Response:
    given = {
        "authorization": f"Bearer {key}",
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    kept = {name: value for name, value in given.items() if value is not None}
    return httpx2.post(gatehouse.url, content=body, headers=kept, timeout=30)


def request(method: str, meta: bool = True, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": params | ({"_meta": META} if meta else {})}


MODERN_LIST = {"mcp_protocol_version": MODERN, "mcp_method": "tools/list"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nonsense", b'{"a":1,"a":2}', b'{"jsonrpc":"2.0"} {}', b'"\xff"', b"\xef\xbb\xbf{}", b"[" * 500 + b"]" * 500],
    ids=["empty", "cut", "no JSON", "duplicate key", "two values", "no UTF-8", "byte order mark", "too deep"],
)
@pytest.mark.parametrize("headers", [{}, MODERN_LIST], ids=["handshake", "modern"])
def test_what_is_no_json_is_a_parse_error(gatehouse: Program, key: str, body: bytes, headers: dict[str, str]) -> None:
    answer = post(gatehouse, key, body, **headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32700)
    assert works(gatehouse, key)


@pytest.mark.parametrize("revision", ["2025-06-18", "2025-11-25", MODERN])
def test_a_batch_is_refused_where_the_revision_has_none(gatehouse: Program, key: str, revision: str) -> None:
    answer = post(gatehouse, key, [request("tools/list", meta=False)], mcp_protocol_version=revision)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32600)


def test_a_batch_is_answered_where_the_revision_has_them(gatehouse: Program, key: str) -> None:
    messages = [request("ping", meta=False), {"jsonrpc": "2.0", "method": "notifications/x"}, request("nope", meta=False)]
    answer = post(gatehouse, key, messages, mcp_protocol_version="2025-03-26")
    assert answer.status_code == 200
    assert ["error" in each for each in answer.json()] == [False, True]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_another_content_type_is_415(gatehouse: Program, key: str, kind: str | None) -> None:
    assert post(gatehouse, key, request("tools/list"), content_type=kind, **MODERN_LIST).status_code == 415


@pytest.mark.parametrize(
    "headers",
    [
        {"mcp_protocol_version": MODERN},
        {"mcp_protocol_version": MODERN, "mcp_method": "tools/call"},
        {"mcp_protocol_version": MODERN, "mcp_method": "TOOLS/LIST"},
    ],
    ids=["missing", "contradictory", "another case"],
)
def test_missing_or_contradictory_headers_are_a_mismatch(gatehouse: Program, key: str, headers: dict[str, str]) -> None:
    answer = post(gatehouse, key, request("tools/list"), **headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == -32020 and answer.json()["id"] == 7


def test_a_revision_from_the_future_is_named_unsupported(gatehouse: Program, key: str) -> None:
    future = META | {"io.modelcontextprotocol/protocolVersion": "2999-01-01"}
    message = {"jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": {"_meta": future}}
    answer = post(gatehouse, key, message, mcp_protocol_version="2999-01-01", mcp_method="tools/list")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, -32022)
    assert MODERN in error["data"]["supported"] and error["data"]["requested"] == "2999-01-01"


def test_an_unknown_method_is_not_found(gatehouse: Program, key: str) -> None:
    modern = post(gatehouse, key, request("tools/frobnicate"), mcp_protocol_version=MODERN, mcp_method="tools/frobnicate")
    assert (modern.status_code, modern.json()["error"]["code"]) == (404, -32601)
    legacy = post(gatehouse, key, request("tools/frobnicate", meta=False), mcp_protocol_version="2025-11-25")
    assert (legacy.status_code, legacy.json()["error"]["code"]) == (200, -32601)


def test_an_unknown_tool_is_invalid_params(gatehouse: Program, key: str) -> None:
    answer = call(gatehouse, key, "frobnicate")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32602)


@pytest.mark.parametrize(
    ("tool", "arguments", "names"),
    [
        ("whoami", {"frobnicate": 1}, "frobnicate"),
        ("search_read", {"model": "res.partner", "limit": "ten"}, "limit"),
        ("search_read", {"model": "res.partner", "limit": -1}, "limit"),
        ("search_read", {"model": ["res.partner"]}, "model"),
        ("search_read", {}, "model"),
        ("search_read", {"model": "res.partner", "domain": [["name", "frobnicate", 1]]}, "frobnicate"),
        ("search_read", {"model": "res.partner", "fields": ["frobnicate"]}, "frobnicate"),
        ("search_read", {"model": "frob.nicate"}, "frob.nicate"),
        ("search_read", {"model": "res.partner", "order": "name; drop table res_partner"}, "order"),
    ],
)
def test_wrong_arguments_are_a_result_that_a_model_can_act_on(
    gatehouse: Program, key: str, tool: str, arguments: dict[str, Any], names: str
) -> None:
    answer = call(gatehouse, key, tool, **arguments)
    assert answer.status_code == 200
    result = answer.json()["result"]
    assert result["isError"] is True
    assert names in result["content"][0]["text"]
    assert result["structuredContent"]["code"]


def test_arguments_that_are_no_object_are_refused(gatehouse: Program, key: str) -> None:
    message = request("tools/call", name="whoami", arguments=[1])
    answer = post(gatehouse, key, message, mcp_protocol_version=MODERN, mcp_method="tools/call", mcp_name="whoami")
    assert "error" in answer.json() or answer.json()["result"]["isError"] is True


def test_a_body_over_the_limit_is_413(gatehouse: Program, key: str) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"' + b"x" * (32 << 20) + b'"}'
    try:
        status = post(gatehouse, key, body, **MODERN_LIST).status_code
    except httpx2.HTTPError:
        # The answer may come and the connection close before the whole body is sent.
        status = 413
    assert status == 413
    assert works(gatehouse, key)


def raw(gatehouse: Program, *parts: bytes, wait: float = 10) -> bytes:
    """Sends bytes as they are and returns all that comes back until the server closes, or `wait` seconds."""
    with socket.create_connection(("127.0.0.1", gatehouse.port), timeout=wait) as line:
        for part in parts:
            line.sendall(part)
        received = b""
        end = time.monotonic() + wait
        try:
            while time.monotonic() < end and (some := line.recv(65536)):
                received += some
        except (TimeoutError, ConnectionResetError):
            pass
        return received


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"nonsense\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    ],
    ids=[
        "no host", "two hosts", "two lengths", "length and chunked", "folded line", "space before the colon",
        "two spaces", "bare line feeds", "nonsense", "long target", "many fields",
    ],
)  # fmt: skip
def test_what_two_parsers_could_read_in_two_ways_is_refused(gatehouse: Program, head: bytes) -> None:
    answer = raw(gatehouse, head)
    status = answer.split(b" ", 2)[1] if answer.startswith(b"HTTP/1.1 ") else b"closed"
    assert status in (b"400", b"413", b"414", b"431", b"closed"), answer[:200]
    assert answer.count(b"HTTP/1.1 ") <= 1


def test_slow_headers_end(another) -> None:
    program: Program = another()
    program.start(environment={"GATEHOUSE_HEADER_TIME": "1"})
    began = time.monotonic()
    answer = raw(program, b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ", wait=30)
    assert time.monotonic() - began < 20, "a client that sends half a header holds its connection"
    assert answer == b"" or b" 408 " in answer
    program.stop()


def test_clients_that_leave_in_the_middle_do_no_harm(gatehouse: Program, key: str) -> None:
    message = json.dumps(request("tools/call", name="search_read", arguments={"model": "res.partner"})).encode()
    head = (
        f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{gatehouse.port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
        f"MCP-Protocol-Version: {MODERN}\r\nMcp-Method: tools/call\r\nMcp-Name: search_read\r\n"
        f"Content-Length: {len(message)}\r\n\r\n"
    ).encode()

    def leave(after: int) -> None:
        with socket.create_connection(("127.0.0.1", gatehouse.port), timeout=10) as line:
            line.sendall((head + message)[:after])

    whole = len(head) + len(message)
    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(leave, [10, len(head) - 2, len(head), len(head) + 5, whole - 1, whole] * 20))
    assert works(gatehouse, key)
    assert httpx2.get(f"{gatehouse.origin}/healthz").status_code == 200
