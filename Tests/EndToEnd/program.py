"""The program under test: its process, its files, its command line."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

BINARY = os.environ.get("GATEHOUSE", "")
PASSWORD = "correct-horse-battery-staple-9"
"""The demo users' password in every test; GATEHOUSE_DEMO_PASSWORD hands it over."""

FAKETIME = next(map(str, Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), "")

START_LIMIT = 60.0
"""Seconds that a first start may take: it makes keys, the schema and the demo company, in a debug build."""
STOP_LIMIT = 20.0
COMMAND_LIMIT = 60.0

READY = re.compile(r"^gatehouse: ready (https?://\S+)$", re.MULTILINE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Outcome:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[Any]:
        """What a list prints: one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Program:
    """One installation: a data directory, and at most one server on it."""

    def __init__(self, home: Path, keys: Path | None = None) -> None:
        self.home = home
        self.data = home / "data"
        self.keys = keys
        self.port = free_port()
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None
        self.printed: list[Path] = []
        """The files that hold all that its servers and commands ever said, for the hunt for secrets."""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def place(self) -> list[str]:
        return ["--data", str(self.data)] + (["--keys", str(self.keys)] if self.keys else [])

    def environment(self, extra: dict[str, str] | None = None) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEHOUSE_")}
        return kept | {
            "GATEHOUSE_DEMO_PASSWORD": PASSWORD,
            "GATEHOUSE_METRICS_LISTEN": "off",
        } | (extra or {})

    # The server.

    def launch(
        self,
        *arguments: str,
        demo: bool = True,
        environment: dict[str, str] | None = None,
        before: Callable[[], None] | None = None,
        later: str = "",
    ) -> subprocess.Popen[bytes]:
        """Starts `serve` and does not wait for it; `later` is by how much its clock is ahead, such as `+31m`."""
        assert self.process is None or self.process.poll() is not None, "one server at a time"
        turn = len(self.printed)
        out, err = self.home / f"{turn}.out", self.home / f"{turn}.err"
        self.printed += [out, err]
        command = [BINARY, "serve", "--listen", f"127.0.0.1:{self.port}", *self.place]
        if demo:
            command.append("--demo")
        if later:
            # The library that fakes the clock loses the arguments of the first program that it is loaded into.
            command.insert(0, "/usr/bin/env")
            environment = (environment or {}) | {"LD_PRELOAD": FAKETIME, "FAKETIME": later}
        with out.open("wb") as out_file, err.open("wb") as err_file:
            self.process = subprocess.Popen(
                [*command, *arguments],
                stdin=subprocess.DEVNULL,
                cwd=self.home,
                stdout=out_file,
                stderr=err_file,
                env=self.environment(environment),
                preexec_fn=before,
            )
        return self.process

    def start(self, *arguments: str, **options: Any) -> "Program":
        """Starts `serve` and returns when it answers."""
        process = self.launch(*arguments, **options)
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end:
            if found := READY.search(self.said()):
                self.url = found.group(1)
                return self
            if process.poll() is not None:
                raise AssertionError(f"serve ended with {process.returncode} before it was ready:\n{self.said()}")
            time.sleep(0.02)
        self.kill()
        raise AssertionError(f"serve was not ready after {START_LIMIT:.0f} s:\n{self.said()}")

    def said(self) -> str:
        """What the last server printed, on both streams."""
        return "".join(file.read_text(errors="replace") for file in self.printed[-2:] if file.exists())

    def all_said(self) -> str:
        return "".join(file.read_text(errors="replace") for file in self.printed if file.exists())

    def wait(self, limit: float = STOP_LIMIT) -> int:
        assert self.process is not None
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server still ran after {limit:.0f} s:\n{self.said()}") from None

    def stop(self) -> None:
        """SIGTERM is a polite request, and the answer to it is 0."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.wait()
        assert code == 0, f"after SIGTERM the server ended with {code}:\n{self.said()}"

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(STOP_LIMIT)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def close(self) -> None:
        """For the end of a test that may have failed anywhere."""
        if self.running:
            self.kill()

    # The command line.

    def command(
        self,
        *words: str,
        input: str | None = None,
        place: bool = True,
        environment: dict[str, str] | None = None,
        limit: float = COMMAND_LIMIT,
    ) -> Outcome:
        """Runs a command to its end, whatever it is."""
        done = subprocess.run(
            [BINARY, *words, *(self.place if place else [])],
            input=input if input is not None else "",
            capture_output=True,
            text=True,
            timeout=limit,
            env=self.environment(environment),
            cwd=self.home,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def run(self, *words: str, input: str | None = None) -> Outcome:
        """Runs a command that has to succeed; what it says on stderr is kept for the hunt for secrets."""
        outcome = self.command(*words, input=input)
        assert outcome.code == 0, f"gatehouse {' '.join(words)} ended with {outcome.code}:\n{outcome.err}"
        kept = self.home / f"command-{len(list(self.home.glob('command-*.err')))}.err"
        kept.write_text(outcome.err)
        self.printed.insert(0, kept)
        return outcome

    def key(self, user: str = "sales", name: str = "end to end", *options: str) -> tuple[str, str]:
        """A new API key: (connection id, key)."""
        made = self.run("key", "create", "--user", user, "--name", name, *options, "--json").json
        return made["connection_id"], made["key"]
