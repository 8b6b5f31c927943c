"""How much an idle `subscriptions/listen` stream costs, and how long a change takes to reach all of them."""

from __future__ import annotations

import argparse
import json
import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def request(method: str, params: dict[str, object], port: int, name: str = "") -> bytes:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": META}}).encode()
    named = f"Mcp-Name: {name}\r\n" if name else ""
    return (
        f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n"
        f"Mcp-Method: {method}\r\n{named}Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def resident(pid: int) -> int:
    """Bytes of the process that are in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no VmRSS")


class Streams:
    """Connections that listen, and one that changes what they listen to."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.poll = select.epoll()
        self.open: dict[int, socket.socket] = {}
        self.heard: dict[int, int] = {}
        self.tail: dict[int, bytes] = {}

    def add(self) -> None:
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.sendall(
            request("subscriptions/listen", {"notifications": {"toolsListChanged": True}}, self.port)
        )
        connection.setblocking(False)
        self.open[connection.fileno()] = connection
        self.heard[connection.fileno()] = 0
        self.poll.register(connection.fileno(), select.EPOLLIN)

    def wait(self, word: bytes, times: int, limit: float) -> float:
        """Seconds until every stream has had the word that many times since the last wait."""
        began = time.perf_counter()
        missing = {number: times for number in self.open}
        while missing:
            for number, _ in self.poll.poll(0.1):
                data = self.tail.pop(number, b"") + self.open[number].recv(65536)
                if not data:
                    raise RuntimeError("a stream was closed")
                if found := data.count(word):
                    left = missing.get(number, 0) - found
                    if left > 0:
                        missing[number] = left
                    else:
                        missing.pop(number, None)
                cut = data.rfind(word)
                rest = data[cut + len(word):] if cut >= 0 else data
                self.tail[number] = rest[-len(word):]
            if time.perf_counter() - began > limit:
                raise RuntimeError(f"{len(missing)} streams did not hear of it in {limit} s")
        self.tail.clear()
        return time.perf_counter() - began

    def change(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(
                request("tools/call", {"name": "test_trigger_tool_change"}, self.port, "test_trigger_tool_change")
            )
            connection.recv(65536)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--streams", type=int, default=10_000)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [os.environ["CONFORMANCE_SERVER"], "--open", "--listen", f"127.0.0.1:{port}", "--connections", str(chosen.streams + 100)],
        stdout=subprocess.PIPE,
    )
    try:
        assert server.stdout is not None and b"ready" in server.stdout.readline()
        streams = Streams(port)
        streams.change()
        time.sleep(0.5)
        before = resident(server.pid)
        began = time.perf_counter()
        for count in range(chosen.streams):
            streams.add()
            if count % 500 == 499:
                streams.poll.poll(0)
        streams.wait(b"subscriptions/acknowledged", 1, 60)
        opened = time.perf_counter() - began
        time.sleep(1)
        after = resident(server.pid)
        print(f"{chosen.streams} streams opened in {opened:.2f} s ({chosen.streams / opened:,.0f}/s, each on record)")
        print(f"resident: {before / 2**20:.1f} MiB before, {after / 2**20:.1f} MiB with them: {(after - before) / chosen.streams / 1024:.1f} KiB each")
        for _ in range(chosen.rounds):
            began = time.perf_counter()
            streams.change()
            streams.wait(b"tools/list_changed", 2, 30)
            print(f"two changes reached all of them in {(time.perf_counter() - began) * 1000:.0f} ms")
        print(f"resident after that: {resident(server.pid) / 2**20:.1f} MiB")
    finally:
        server.terminate()
        server.wait(20)


if __name__ == "__main__":
    sys.exit(main())
