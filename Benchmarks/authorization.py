"""Measures the authorization server beside Debian's Glewlwyd, and beside what this machine can do at best.

Each row is measured in turn with what it is compared with (A B A B …), so that a noisy neighbour meets both. The limits
(signatures a second, durable rows a second, requests a second of a route that checks nothing) come from the same run.
"""

from __future__ import annotations

import argparse
import base64
import ctypes
import json
import os
import platform
import re
import secrets
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, ContextManager, Iterator

import httpx2

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "Tests" / "EndToEnd"))
sys.path.insert(0, str(HERE))

from glewlwyd import CLIENT, SCOPE, Glewlwyd  # noqa: E402
from person import Person  # noqa: E402
from program import PASSWORD, Program, free_port  # noqa: E402
from wire import authorization_url, metadata  # noqa: E402

CONNECTIONS = 16
MANY = 128
"""Connections where a commit is to carry a hundred writes."""
FAMILIES = 600
"""Refresh tokens at the start: more than connections, so that one is always free."""
FORM = "Content-Type: application/x-www-form-urlencoded"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass
class Load:
    """What wrk sends."""

    name: str
    url: str
    connections: int = CONNECTIONS
    method: str = "POST"
    headers: tuple[str, ...] = ()
    body: str = ""
    kind: str = ""
    pool: Path | None = None
    refused: bool = False
    """Whether a refusal is what is measured."""
    lenient: bool = False
    """Whether refusals are left out of the count: Glewlwyd answers some writes that meet with an error."""

    during: Callable[[], ContextManager[None]] = nullcontext
    """What else goes on meanwhile."""

    process: int = 0
    """Whose processor time is counted."""

    def run(self, seconds: int) -> dict:
        before = processor(self.process)
        environment = os.environ | {
            "METHOD": self.method, "HEADERS": "\n".join(self.headers), "KIND": self.kind, "FORM": self.body,
            "SEED": str(secrets.randbelow(1 << 30)),
        }  # fmt: skip
        if self.body:
            environment["BODY"] = self.body
        if self.pool:
            environment["POOL"] = str(self.pool)
        script = HERE / ("authorization.lua" if self.kind else "request.lua")
        with self.during():
            done = subprocess.run(
                ["wrk", "-t1", f"-c{self.connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(script), self.url],
                env=environment, capture_output=True, text=True, timeout=seconds + 90,
            )  # fmt: skip
        line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
        if line is None:
            sys.exit(f"error: wrk ended with {done.returncode}: {done.stdout} {done.stderr}")
        found = json.loads(line.removeprefix("RESULT "))
        if self.lenient:
            found["requests"] -= found["refused"]
        good = found["refused"] == found["requests"] if self.refused else self.lenient or not found["refused"]
        if not good or found["broken"] or not found["requests"]:
            sys.exit(f"error: {self.name}: {found}")
        return {
            "per_second": found["requests"] / found["microseconds"] * 1e6,
            "p50_us": found["p50"],
            "p99_us": found["p99"],
            "processor_us": (processor(self.process) - before) / found["requests"],
        }


def processor(pid: int) -> float:
    """Microseconds of processor time that a process has used; tells more than its rate where others use the machine."""
    if not pid:
        return 0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1e6


@dataclass
class Row:
    """One operation, what it is compared with, and the ratio that it has to reach."""

    what: str
    ours: Callable[[], Load]
    theirs: Callable[[], Load | float]
    beside: str
    target: float
    rounds: list[tuple[dict, float]] = field(default_factory=list)

    def measure(self, seconds: int, process: int) -> None:
        load = self.ours()
        load.process = process
        ours = load.run(seconds)
        theirs = self.theirs()
        self.rounds.append((ours, theirs.run(seconds)["per_second"] if isinstance(theirs, Load) else theirs))

    @property
    def report(self) -> dict:
        return {
            "what": self.what, "beside": self.beside, "target": self.target,
            "ours": {name: statistics.median(one[name] for one, _ in self.rounds) for name in self.rounds[0][0]},
            "theirs": statistics.median(other for _, other in self.rounds),
            "ratio": statistics.median(one["per_second"] / other for one, other in self.rounds),
        }  # fmt: skip


# The limits of the machine.


def signatures(processes: int = 1) -> float:
    """ES256 signatures a second."""
    done = subprocess.run(
        ["openssl", "speed", "-seconds", "1", *(["-multi", str(processes)] if processes > 1 else []), "ecdsap256"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    line = next(line for line in done.stdout.splitlines() if "nistp256" in line)
    return float(line.split()[-2])


def group_commit(directory: Path, batch: int = 100, seconds: float = 1.0) -> float:
    """Rows a second that SQLite makes durable, `batch` a commit, with the settings and on the disk of the server."""
    file = directory / f"commit-{secrets.token_hex(4)}.db"
    store = sqlite3.connect(file, isolation_level=None)
    try:
        store.execute("PRAGMA journal_mode = WAL")
        store.execute("PRAGMA synchronous = FULL")
        store.execute(
            "CREATE TABLE token (mac BLOB PRIMARY KEY, family TEXT NOT NULL, issued BIGINT NOT NULL, spent BIGINT)"
        )
        rows = 0
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            store.execute("BEGIN IMMEDIATE")
            for _ in range(batch):
                store.execute("INSERT INTO token VALUES (?, ?, ?, NULL)", (os.urandom(32), "f", 1_795_000_000_000_000))
            store.execute("COMMIT")
            rows += batch
        return rows / (time.perf_counter() - began)
    finally:
        store.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{file}{suffix}").unlink(missing_ok=True)


def store_rate(directory: Path, seconds: int = 1) -> float:
    """Rows a second that our own store makes durable when 100 writers wait at once."""
    with tempfile.TemporaryDirectory(dir=directory) as place:
        done = subprocess.run(
            [os.environ["STORE_RATE"], place, str(seconds)], capture_output=True, text=True, timeout=60, check=True
        )
        return float(done.stdout)


def hashes(seconds: float = 1.0) -> float:
    """Argon2id hashes a second that all cores make, if each is as quick as one alone: 19 MiB, two passes."""
    library = ctypes.CDLL("libargon2.so.1")
    out, salt = ctypes.create_string_buffer(32), os.urandom(16)
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        code = library.argon2id_hash_raw(2, 19456, 1, b"correct horse", 13, salt, 16, out, 32)
        if code:
            sys.exit(f"error: argon2id_hash_raw answers {code}")
        count += 1
    return count / (time.perf_counter() - began) * (os.cpu_count() or 1)


# The two servers.


def basic(name: str, secret: str) -> str:
    return "Authorization: Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


class Gatehouse:
    """Our server with a service client, a client that introspects, a registration token and refresh tokens."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self.home = home
        self.program = Program(home)
        self.program.start()
        self.endpoints = metadata(self.program)
        made = self.program.run("client", "add", "--name", "service", "--service-user", "accountant", "--json").json
        self.client = (made["client_id"], made["client_secret"])
        _, self.key = self.program.key("sales", "benchmark", "--per-minute", "0")
        self.initial = self.program.run("client", "token", "create", "--uses", "1000000", "--json").json[
            "initial_access_token"
        ]
        self.app = ""
        self.has_people = False

    def access(self) -> str:
        answer = httpx2.post(
            self.endpoints["token_endpoint"], data={"grant_type": "client_credentials"}, auth=self.client, timeout=30
        )
        if answer.status_code != 200:
            sys.exit(f"error: gatehouse answers {answer.status_code} {answer.text}")
        return answer.json()["access_token"]

    def refresh_tokens(self, count: int) -> list[str]:
        """By the way of people: login once, then consent for each family."""
        redirect_uri = "http://127.0.0.1:9/callback"
        made = httpx2.post(self.endpoints["registration_endpoint"], timeout=30, json={
            "client_name": "benchmark", "redirect_uris": [redirect_uri], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
        })  # fmt: skip
        self.app = made.json()["client_id"]
        tokens = []
        with Person("sales") as person, httpx2.Client(timeout=30) as http:
            for _ in range(count):
                verifier = secrets.token_urlsafe(48)
                callback = person.authorize(authorization_url(self.program, self.app, redirect_uri, verifier))
                answer = http.post(self.endpoints["token_endpoint"], data={
                    "grant_type": "authorization_code", "client_id": self.app, "redirect_uri": redirect_uri,
                    "code": callback.parameters["code"], "code_verifier": verifier,
                })  # fmt: skip
                tokens.append(answer.json()["refresh_token"])
        return tokens

    def people(self) -> list[str]:
        """Names of those who can log in."""
        names = [f"person-{index}" for index in range(2 * CONNECTIONS)]
        if not self.has_people:
            for name in names:
                self.program.run("user", "add", name, "--password-stdin", input=PASSWORD)
            self.has_people = True
        return names

    def bad_keys(self, count: int) -> list[str]:
        """Keys of the right form and checksum, half of them with the identifier of a good one: a wrong secret each."""
        name = self.key.split("_")[2]
        keys = []
        for index in range(count):
            identifier = name if index % 2 else "".join(secrets.choice(ALPHABET) for _ in range(11))
            body = f"gk_live_{identifier}_{''.join(secrets.choice(ALPHABET) for _ in range(33))}"
            number, digits = zlib.crc32(body.encode()), ""
            for _ in range(6):
                number, digit = divmod(number, 62)
                digits = ALPHABET[digit] + digits
            keys.append(f"{body}_{digits}")
        return keys


def rows(ours: Gatehouse, theirs: Glewlwyd, place: Path) -> list[Row]:
    client, other = basic(*ours.client), basic(*CLIENT)
    token, their_token = ours.endpoints["token_endpoint"], f"{theirs.api}/oidc/token"

    def credentials() -> Load:
        return Load("client_credentials", token, headers=(FORM, client), body="grant_type=client_credentials")

    def pool(server: Gatehouse | Glewlwyd, count: int) -> Path:
        # Anew for each round: the last one left its tokens spent, and the successors in the memory of wrk.
        file = place / f"pool-{secrets.token_hex(4)}"
        file.write_text("\n".join(server.refresh_tokens(count)) + "\n")
        return file

    def refresh(connections: int) -> Load:
        tokens = pool(ours, FAMILIES)
        body = f"grant_type=refresh_token&client_id={ours.app}&refresh_token="
        return Load("refresh", token, connections, headers=(FORM,), body=body, kind="refresh", pool=tokens)

    def their_refresh() -> Load:
        body = "grant_type=refresh_token&refresh_token="
        return Load("their refresh", their_token, headers=(FORM, other), body=body, kind="refresh", pool=pool(theirs, 64))

    def introspection(bearer: str, during: Callable[[], ContextManager[None]] = nullcontext) -> Load:
        return Load("introspection", ours.endpoints["introspection_endpoint"], headers=(FORM, client), body=f"token={bearer}",
                    during=during)  # fmt: skip

    def their_introspection() -> Load:
        bearer = theirs.tokens(grant_type="client_credentials")["access_token"]
        return Load("their introspection", f"{theirs.api}/oidc/introspect", headers=(FORM, other), body=f"token={bearer}")

    def login() -> Load:
        # A ticket is good for half an hour, in the browser that it was made for: here the tabs of one. Each tab is another
        # person's, since several tries at one account at once are slowed down.
        file = place / "people"
        with Person() as person:
            form = person.open(f"{ours.program.origin}/account").form_with("password")
            cookies = "; ".join(f"{one.name}={one.value}" for one in person.cookies)
            bodies = [form.submission({"login": name, "password": PASSWORD}, None) for name in ours.people()]
        file.write_text("".join(f"{httpx2.QueryParams(body)}\n" for body in bodies))
        return Load("password login", f"{ours.program.origin}/login", headers=(FORM, f"Cookie: {cookies}"), kind="bodies",
                    pool=file)  # fmt: skip

    def login_page() -> Load:
        return Load("login page", f"{ours.program.origin}/account", method="GET")

    @contextmanager
    def people_at_the_door() -> Iterator[None]:
        """Sixteen who log in all the time, until the body has ended."""
        load = login()
        environment = os.environ | {"HEADERS": "\n".join(load.headers), "KIND": load.kind, "POOL": str(load.pool)}
        wrk = subprocess.Popen(
            ["wrk", "-t1", f"-c{CONNECTIONS}", "-d3600s", "--timeout", "60s", "-s", str(HERE / "authorization.lua"), load.url],
            env=environment, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(0.3)
        try:
            yield
        finally:
            wrk.terminate()
            wrk.wait(10)

    def beside_people() -> Load:
        return introspection(ours.access(), during=people_at_the_door)

    def open_route() -> Load:
        return Load("/healthz", f"{ours.program.origin}/healthz", method="GET")

    def bad_keys() -> Load:
        file = place / "bad-keys"
        if not file.exists():
            file.write_text("\n".join(ours.bad_keys(100)) + "\n")
        return Load("bad keys", ours.program.url, headers=("Content-Type: application/json",), body="{}", kind="bearer",
                    pool=file, refused=True)  # fmt: skip

    def register(connections: int) -> Load:
        headers = ("Content-Type: application/json", f"Authorization: Bearer {ours.initial}")
        return Load("registration", ours.endpoints["registration_endpoint"], connections, headers=headers, kind="register")

    def their_register() -> Load:
        return Load("their registration", f"{theirs.api}/oidc/register", headers=("Content-Type: application/json",),
                    kind="register", lenient=True)  # fmt: skip

    return [
        Row("client_credentials", credentials,
            lambda: Load("theirs", their_token, headers=(FORM, other), body=f"grant_type=client_credentials&scope={SCOPE}"),
            "Glewlwyd", 20),
        Row("client_credentials", credentials, signatures, "openssl speed ecdsap256, one core", 0.2),
        Row("refresh, 16 connections", lambda: refresh(CONNECTIONS), their_refresh, "Glewlwyd", 1),
        Row(f"refresh, {MANY} connections", lambda: refresh(MANY), lambda: store_rate(place), "the store, 100 rows a commit", 0.5),
        Row("introspection of a token", lambda: introspection(ours.access()), their_introspection, "Glewlwyd", 1),
        Row("introspection of a token", lambda: introspection(ours.access()), open_route, "/healthz", 0.9),
        Row("an unauthenticated route", open_route, open_route, "itself", 0.9),
        Row("introspection of an API key", lambda: introspection(ours.key), open_route, "/healthz", 0.9),
        # Many times what all cores together could hash: so no bad key was.
        Row("100 bad API keys in turn", bad_keys, lambda: 1000.0 / 24, "Argon2id, 24 ms each", 100),
        Row("password login", login, hashes, "Argon2id on all cores", 0.9),
        Row("introspection while people log in", beside_people, lambda: introspection(ours.access()), "without them", 0.8),
        Row("the login page", login_page, lambda: 20000.0, "20,000 a second", 1),
        Row(f"registration, {CONNECTIONS} connections", lambda: register(CONNECTIONS), their_register, "Glewlwyd", 1),
        Row(f"registration, {MANY} connections", lambda: register(MANY), lambda: 5000.0, "5,000 a second", 1),
    ]  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, prog="Benchmarks/authorization")
    options.add_argument("--seconds", type=int, default=3, help="length of one run of wrk (default 3)")
    options.add_argument("--rounds", type=int, default=3, help="runs of each side for each row (default 3)")
    options.add_argument("--only", default="", help="a regular expression: the rows to measure")
    options.add_argument("--json", type=Path, help="also write the numbers to this file")
    chosen = options.parse_args()

    # Beside the build and not in /tmp, which may be memory: a commit has to reach a disk here too.
    beside = HERE.parent / ".build"
    beside.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=beside) as directory:
        place = Path(directory)
        ours = Gatehouse(place / "gatehouse")
        try:
            theirs = Glewlwyd(place / "glewlwyd", free_port())
            try:
                measured = [row for row in rows(ours, theirs, place) if re.search(chosen.only, f"{row.what} {row.beside}")]
                for _ in range(chosen.rounds):
                    for row in measured:
                        row.measure(chosen.seconds, ours.program.process.pid)
                        print(".", end="", file=sys.stderr, flush=True)
                print(file=sys.stderr)
            finally:
                theirs.close()
        finally:
            ours.program.close()
        report = {
            "machine": {"processors": os.cpu_count(), "system": platform.platform()},
            "seconds": chosen.seconds, "rounds": chosen.rounds,
            "limits": {
                "es256_signatures": signatures(), "es256_signatures_all_cores": signatures(os.cpu_count() or 1),
                "store_100_writers": store_rate(place), "sqlite_100_rows_a_commit": group_commit(place),
                "sqlite_1_row_a_commit": group_commit(place, 1),
            },
            "rows": [row.report for row in measured],
        }  # fmt: skip
    show(report)
    if chosen.json:
        chosen.json.write_text(json.dumps(report, indent=2) + "\n")


def show(report: dict) -> None:
    print(f"\n{report['rounds']} rounds of {report['seconds']} s each, in turn; medians; wrk with one thread on the same machine.")
    print("The limits: " + ", ".join(f"{name} {value:,.0f}/s" for name, value in report["limits"].items()) + ".\n")
    print(f"| {'what':<30} | Gatehouse/s | CPU µs | p50 ms | p99 ms | {'beside':<34} |      per s |   ratio | target |")
    print(f"| {'-' * 30} | ----------: | -----: | -----: | -----: | {'-' * 34} | ---------: | ------: | -----: |")
    for row in report["rows"]:
        ours = row["ours"]
        mark = "" if row["ratio"] >= row["target"] else " missed"
        print(
            f"| {row['what']:<30} | {ours['per_second']:>11,.0f} | {ours['processor_us']:>6.0f} | {ours['p50_us'] / 1000:>6.2f} | {ours['p99_us'] / 1000:>6.2f} "
            f"| {row['beside']:<34} | {row['theirs']:>10,.0f} | {row['ratio']:>7.2f} | {row['target']:>6g}{mark} |"
        )


main()
