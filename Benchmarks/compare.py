"""Measures Gatehouse and a FastMCP echo in turn (A B A B …), so that a noisy neighbour meets both."""

from __future__ import annotations

import argparse
import json
import os
import platform
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import httpx2
import jwt

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "Tests" / "EndToEnd"))

from program import BINARY, Program, free_port  # noqa: E402

MODERN = "2026-07-28"
CONNECTIONS = (1, 16, 64)
STARTS = 5
IDLE = 3.0
"""Seconds of rest before the memory of an idle server is read."""


@dataclass(frozen=True)
class Target:
    name: str
    url: str
    method: str = "GET"
    headers: tuple[str, ...] = ()
    body: str = ""

    def environment(self) -> dict[str, str]:
        return os.environ | {"METHOD": self.method, "HEADERS": "\n".join(self.headers)} | (
            {"BODY": self.body} if self.body else {}
        )

    def check(self) -> None:
        """A benchmark of refusals would be fast and worthless."""
        headers = dict(line.split(": ", 1) for line in self.headers)
        answer = httpx2.request(self.method, self.url, headers=headers, content=self.body or None, timeout=30)
        good = answer.status_code == 200
        if good and self.body:
            result = answer.json().get("result")
            good = result is not None and not result.get("isError")
        if not good:
            sys.exit(f"error: {self.name} answers {answer.status_code} {answer.text[:400]}")


def message(name: str, url: str, bearer: str, method: str, tool: str = "", arguments: dict | None = None) -> Target:
    """A stateless request of MCP 2026-07-28."""
    parameters: dict = {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    }
    headers = [
        "Content-Type: application/json",
        "Accept: application/json, text/event-stream",
        f"Authorization: Bearer {bearer}",
        f"MCP-Protocol-Version: {MODERN}",
        f"Mcp-Method: {method}",
    ]
    if tool:
        parameters |= {"name": tool, "arguments": arguments or {}}
        headers.append(f"Mcp-Name: {tool}")
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
    return Target(name, url, "POST", tuple(headers), body)


def load(target: Target, connections: int, seconds: int) -> dict:
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(HERE / "request.lua"), target.url],
        env=target.environment(), capture_output=True, text=True, timeout=seconds + 60,
    )  # fmt: skip
    line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
    if line is None:
        sys.exit(f"error: wrk ended with {done.returncode}: {done.stdout} {done.stderr}")
    found = json.loads(line.removeprefix("RESULT "))
    if found["refused"] or found["broken"]:
        sys.exit(f"error: {target.name} with {connections} connections: {found}")
    return {
        "per_second": found["requests"] / found["microseconds"] * 1e6, "p50_us": found["p50"], "p99_us": found["p99"]
    }


def resident(pid: int) -> float:
    """MiB of memory that the process holds (VmRSS)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) / 1024


class Echo:
    """The FastMCP server's process."""

    def __init__(self) -> None:
        self.key = secrets.token_urlsafe(48)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        now = int(time.time())
        claims = {"iss": "http://benchmark", "aud": "echo", "sub": "bench", "client_id": "bench", "iat": now, "exp": now + 86400}
        self.token = jwt.encode(claims, self.key, algorithm="HS256")
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "echo.py"), str(self.port)], env=os.environ | {"ECHO_KEY": self.key}
        )
        while time.monotonic() - began < 60:
            if self.process.poll() is not None:
                sys.exit(f"error: the FastMCP server ended with {self.process.returncode}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                time.sleep(0.005)
        self.ready = time.monotonic() - began

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


def ready_in(program: Program) -> float:
    """Seconds from exec to the line that says so, read from a pipe so that no polling adds to it."""
    command = [BINARY, "serve", "--listen", f"127.0.0.1:{program.port}", *program.place, "--demo"]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=program.environment())
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(b"gatehouse: ready "):
                return time.perf_counter() - began
        sys.exit("error: gatehouse ended before it was ready")
    finally:
        process.terminate()
        process.communicate(timeout=20)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, prog="Benchmarks/run")
    options.add_argument("--seconds", type=int, default=3, help="length of one run of wrk (default 3)")
    options.add_argument("--rounds", type=int, default=3, help="runs of each side for each row (default 3)")
    options.add_argument("--connections", type=int, nargs="+", default=list(CONNECTIONS))
    options.add_argument("--json", type=Path, help="also write the numbers to this file")
    chosen = options.parse_args()

    # Beside the build and not in /tmp, which may be memory: a commit has to reach a disk here too.
    place = HERE.parent / ".build"
    place.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=place) as directory:
        program = Program(Path(directory))
        program.start()
        # 0 per minute is no limit: a governed key of the demo would be refused after its 60th call.
        _, key = program.key("sales", "benchmark", "--per-minute", "0")
        program.stop()
        starts = [ready_in(program) for _ in range(STARTS)]
        program.start()
        echo = Echo()
        try:
            report = measure(program, key, echo, chosen)
            report["ready_ms"] = {"gatehouse": statistics.median(starts) * 1000, "fastmcp": echo.ready * 1000}
        finally:
            echo.close()
            program.close()
    show(report)
    if chosen.json:
        chosen.json.write_text(json.dumps(report, indent=2) + "\n")


def measure(program: Program, key: str, echo: Echo, chosen: argparse.Namespace) -> dict:
    assert program.process is not None
    baseline = message("FastMCP echo", echo.url, echo.token, "tools/call", "echo", {"text": "hello"})
    search = {"model": "res.partner", "fields": ["name", "email"], "limit": 10}
    targets = [
        Target("/healthz", f"{program.origin}/healthz"),
        message("tools/list", program.url, key, "tools/list"),
        message("tools/call whoami", program.url, key, "tools/call", "whoami"),
        message("tools/call search_read of 10", program.url, key, "tools/call", "search_read", search),
    ]
    for target in (*targets, baseline):
        target.check()
    # Idle is before the load: a server just started, one request served.
    time.sleep(IDLE)
    idle = {"gatehouse": resident(program.process.pid), "fastmcp": resident(echo.process.pid)}
    rows = []
    for target in targets:
        for connections in chosen.connections:
            ours, theirs = [], []
            for _ in range(chosen.rounds):
                ours.append(load(target, connections, chosen.seconds))
                theirs.append(load(baseline, connections, chosen.seconds))
            rows.append({
                "what": target.name,
                "connections": connections,
                "gatehouse": middle(ours),
                "fastmcp_echo": middle(theirs),
                "ratio": statistics.median(a["per_second"] / b["per_second"] for a, b in zip(ours, theirs, strict=True)),
            })  # fmt: skip
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return {
        "machine": {"processors": os.cpu_count(), "system": platform.platform()},
        "versions": {"fastmcp": version("fastmcp"), "mcp": version("mcp"), "python": platform.python_version()},
        "seconds": chosen.seconds,
        "rounds": chosen.rounds,
        "rows": rows,
        "idle_mib": idle,
        "loaded_mib": {"gatehouse": resident(program.process.pid), "fastmcp": resident(echo.process.pid)},
    }


def middle(runs: list[dict]) -> dict:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def show(report: dict) -> None:
    print(f"\n{report['rounds']} rounds of {report['seconds']} s each, in turn; medians; wrk with one thread on the same machine.")
    print("The key has no limit per minute (--per-minute 0); every call is checked, and its audit entry committed.\n")
    print(f"| {'what':<28} | conns | Gatehouse/s | p50 ms | p99 ms | FastMCP echo/s | p50 ms | ratio |")
    print(f"| {'-' * 28} | ----: | ----------: | -----: | -----: | -------------: | -----: | ----: |")
    for row in report["rows"]:
        a, b = row["gatehouse"], row["fastmcp_echo"]
        print(
            f"| {row['what']:<28} | {row['connections']:>5} | {a['per_second']:>11,.0f} | {a['p50_us'] / 1000:>6.2f} "
            f"| {a['p99_us'] / 1000:>6.2f} | {b['per_second']:>14,.0f} | {b['p50_us'] / 1000:>6.2f} | {row['ratio']:>5.1f} |"
        )
    for what, unit, name in (("idle memory", "MiB", "idle_mib"), ("memory after the load", "MiB", "loaded_mib"), ("start to ready", "ms", "ready_ms")):
        print(f"\n{what}: Gatehouse {report[name]['gatehouse']:.0f} {unit}, FastMCP {report[name]['fastmcp']:.0f} {unit}", end="")
    print()


main()
