"""What was acknowledged is kept, and what can not be kept is not acknowledged."""

from __future__ import annotations

import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Callable, Iterator
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2
import pytest

from person import Page, Person
from program import Program, free_port
from wire import authorization_url, call, metadata, works

MANY = 2000
"""More requests than any of these tests needs; the bound of their loops."""


def database(program: Program) -> Path:
    """The file with the accounts in it."""
    for file in program.data.rglob("*"):
        if file.is_file() and file.open("rb").read(15) == b"SQLite format 3":
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as peek:
                if peek.execute("SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'").fetchone()[0]:
                    return file
    raise AssertionError(f"no database with a schema_version in {program.data}")


def dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as reader:
        return list(reader.iterdump())


def is_known(program: Program, client_id: str, redirect_uri: str) -> bool:
    url = authorization_url(program, client_id, redirect_uri, "v" * 43)
    return httpx2.get(url, timeout=30).status_code != 400


def test_kill_9_in_the_middle_of_writes_loses_nothing_that_was_acknowledged(another) -> None:
    program: Program = another()
    program.start()
    _, key = program.key("sales", "busy", "--per-minute", "0")
    endpoint = metadata(program)["registration_endpoint"]
    redirect_uri = f"http://127.0.0.1:{free_port()}/callback"
    clients: list[str] = []
    calls: list[int] = []
    stop = threading.Event()

    def register_clients() -> None:
        with httpx2.Client(timeout=10) as http:
            for _ in range(MANY):
                if stop.is_set():
                    return
                try:
                    answer = http.post(endpoint, json={
                        "client_name": "busy", "redirect_uris": [redirect_uri], "token_endpoint_auth_method": "none",
                    })  # fmt: skip
                except httpx2.HTTPError:
                    return
                if answer.status_code == 201:
                    clients.append(answer.json()["client_id"])

    def call_tools() -> None:
        for _ in range(MANY):
            if stop.is_set():
                return
            try:
                answer = call(program, key)
            except httpx2.HTTPError:
                return
            if answer.status_code == 200:
                calls.append(1)

    threads = [threading.Thread(target=work) for work in (register_clients, register_clients, call_tools, call_tools)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 30
    while (len(clients) < 10 or len(calls) < 50) and time.monotonic() < end:
        time.sleep(0.02)
    program.kill()
    stop.set()
    for thread in threads:
        thread.join(30)
    acknowledged, answered = list(clients), len(calls)
    assert len(acknowledged) >= 10 and answered >= 50, (len(acknowledged), answered)

    program.start()
    assert works(program, key)
    lost = [client for client in acknowledged[-50:] if not is_known(program, client, redirect_uri)]
    assert lost == []
    entries = program.run("audit", "list", "--limit", str(4 * MANY), "--json").rows
    assert sum(entry.get("tool") == "whoami" for entry in entries) >= answered, "an answer left before its audit entry was kept"
    program.run("audit", "verify")
    program.stop()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(another) -> None:
    program: Program = another()
    file = database(program)
    with closing(sqlite3.connect(file)) as edit:
        edit.execute("UPDATE schema_version SET version = version + 1000")
        edit.commit()
    before = dump(file)
    program.launch()
    assert program.wait() in (1, 78)
    said = program.said()
    assert "gatehouse: error:" in said and "hint:" in said and "newer" in said.lower()
    assert dump(file) == before
    found = program.command("doctor")
    assert found.code != 0 and "newer" in (found.out + found.err).lower()


def test_a_locked_database_is_a_clear_error_and_no_harm(another) -> None:
    program: Program = another()
    holder = sqlite3.connect(database(program), isolation_level=None)
    try:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        program.launch()
        assert program.wait(limit=40) in (1, 78)
        said = program.said()
        assert "gatehouse: error:" in said and "hint:" in said and "lock" in said.lower()
        found = program.command("doctor")
        assert found.code != 0 and "lock" in (found.out + found.err).lower()
    finally:
        holder.rollback()
        holder.close()
    program.start()
    program.stop()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_keys_that_others_can_read_are_refused(another, mode: int) -> None:
    program: Program = another()
    keys = [file for file in (program.data / "keys").rglob("*") if file.is_file()]
    assert keys
    keys[0].chmod(mode)
    program.launch()
    assert program.wait() in (1, 78)
    said = program.said()
    assert "gatehouse: error:" in said and "hint:" in said and "chmod" in said
    assert keys[0].name in said
    found = program.command("doctor")
    assert found.code != 0 and keys[0].name in found.out + found.err
    keys[0].chmod(0o600)
    assert program.command("doctor").code == 0
    program.start()
    program.stop()


def test_keys_that_are_damaged_are_refused(another) -> None:
    program: Program = another()
    for file in (program.data / "keys").rglob("*"):
        if file.is_file():
            file.write_bytes(b"no key")
    program.launch()
    assert program.wait() in (1, 78)
    assert "gatehouse: error:" in program.said()


def test_a_data_directory_that_moved_brings_its_keys_along(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    program = Program(before)
    try:
        program.start()
        _, key = program.key()
        program.stop()
        before.rename(after)
        program = Program(after)
        program.start()
        assert works(program, key)
        program.stop()
    finally:
        program.close()


def test_other_keys_than_the_datas_own_are_refused(another, tmp_path: Path) -> None:
    program: Program = another()
    program.keys = tmp_path / "fresh"
    program.launch()
    assert program.wait() in (1, 78)
    assert "gatehouse: error:" in program.said() and "hint:" in program.said()


def test_keys_stay_where_they_are_told_to(another, tmp_path: Path) -> None:
    home = tmp_path / "elsewhere"
    home.mkdir()
    program = Program(home, keys=home / "secret")
    try:
        program.start()
        _, key = program.key()
        assert works(program, key)
        program.stop()
        made = [file for file in (home / "secret").rglob("*") if file.is_file()]
        assert made and all(file.stat().st_mode & 0o077 == 0 for file in made)
        assert (home / "secret").stat().st_mode & 0o077 == 0
        assert not (program.data / "keys").exists()
    finally:
        program.close()


class Full:
    """A place for data that can be made full, and roomy again."""

    def __init__(self, home: Path, fill: Callable[[Program], None], free: Callable[[Program], None], before=None) -> None:
        self.home, self.fill, self.free, self.before = home, fill, free, before


def small_disk(home: Path) -> Iterator[Full]:
    home.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "gatehouse-test", str(home)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"this needs the right to mount a small disk: {mounted.stderr.strip()}")
    ballast = home / "ballast"

    def fill(_: Program) -> None:
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass

    try:
        yield Full(home, fill, lambda _: ballast.unlink())
    finally:
        subprocess.run(["umount", "--lazy", str(home)], check=True)


def small_files(home: Path) -> Iterator[Full]:
    home.mkdir()

    def before() -> None:
        # Without this the first write over the limit ends the process instead of failing (setrlimit(2)).
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def limit(program: Program, most: int) -> None:
        assert program.process is not None
        _, hard = resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (most, hard))

    def fill(program: Program) -> None:
        limit(program, 4096)

    yield Full(home, fill, lambda program: limit(program, resource.RLIM_INFINITY), before)


@pytest.fixture(params=[small_disk, small_files], ids=["disk", "file size limit"])
def full(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Full]:
    # The program has to be gone before its disk is: this fixture is set up before `another` makes anything there.
    yield from request.param(tmp_path / "small")


def test_a_full_disk_is_an_error_and_nothing_is_lost(full: Full, another) -> None:
    program: Program = another(full.home)
    program.start(before=full.before)
    _, key = program.key("sales", "busy", "--per-minute", "0")
    redirect_uri = f"http://127.0.0.1:{free_port()}/callback"
    endpoint = metadata(program)["registration_endpoint"]
    body = {"client_name": "x" * 100, "redirect_uris": [redirect_uri], "token_endpoint_auth_method": "none"}
    kept = [httpx2.post(endpoint, json=body).json()["client_id"] for _ in range(3)]
    assert works(program, key)

    full.fill(program)
    refused: httpx2.Response | None = None
    with httpx2.Client(timeout=30) as http:
        for _ in range(MANY):
            answer = http.post(endpoint, json=body)
            if answer.status_code == 201:
                kept.append(answer.json()["client_id"])
            elif answer.status_code != 429:
                refused = answer
                break
    if refused is not None:
        assert refused.status_code in (500, 503), refused.text
        assert refused.json()["error"] in ("server_error", "temporarily_unavailable")
    # No answer leaves without its audit entry, so a tool's result must not leave either.
    answers = []
    for _ in range(MANY):
        answers.append(call(program, key))
        if answers[-1].status_code >= 500 or "error" in answers[-1].json():
            break
    last = answers[-1]
    assert last.status_code >= 500 or "error" in last.json() or last.json()["result"].get("isError"), last.text
    assert program.running, "a full disk ended the server"

    full.free(program)
    end = time.monotonic() + 20
    while time.monotonic() < end and call(program, key).status_code != 200:
        time.sleep(0.1)
    assert works(program, key), "the disk has room again and the server still refuses"
    assert [client for client in kept if not is_known(program, client, redirect_uri)] == []
    program.stop()
    shutil.rmtree(program.data)


def test_sigterm_finishes_what_runs(another) -> None:
    program: Program = another()
    program.start()
    # Logins take long (Argon2, two at a time), so that most of these still run when the signal comes.
    with Person("sales") as person:
        page = person.open(f"{program.origin}/account")
        assert isinstance(page, Page)
        form = page.form_with("password")
        body = urlencode(form.submission({"login": person.login, "password": person.password}, None)).encode()
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in person.cookies)
    target = urlsplit(urljoin(page.url, form.action)).path
    head = (
        f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1:{program.port}\r\nCookie: {cookies}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    lines = [socket.create_connection(("127.0.0.1", program.port), timeout=30) for _ in range(16)]
    try:
        for line in lines:
            line.sendall(head + body)
        time.sleep(0.05)
        program.stop()
        answers = [line.recv(65536)[:12] for line in lines]
    finally:
        for line in lines:
            line.close()
    # Some are held back, because nobody signs in sixteen times at once; none goes without an answer.
    assert set(answers) <= {b"HTTP/1.1 303", b"HTTP/1.1 429", b"HTTP/1.1 503"}
    assert b"HTTP/1.1 303" in answers


def test_a_person_stays_logged_in_over_a_restart(another) -> None:
    program: Program = another()
    program.start()
    with Person("sales") as person:
        page = person.open(f"{program.origin}/account")
        page = person.sign_in(page)  # type: ignore[arg-type]
        program.stop()
        program.start()
        page = person.open(f"{program.origin}/account")
        assert not page.has("password") and page.has("name")  # type: ignore[union-attr]
    program.stop()


def test_two_servers_on_one_port_is_a_clear_error(another) -> None:
    first, second = another(), another()
    first.start()
    second.port = first.port
    second.launch()
    assert second.wait() in (1, 69, 78)
    assert "gatehouse: error:" in second.said() and str(first.port) in second.said() and "hint:" in second.said()
    first.stop()
