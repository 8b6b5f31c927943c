"""The audit log of the running program: what it keeps, what it tells, and what it proves (product row B8)."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Callable

import httpx2
import pytest

from program import BINARY, Program, free_port
from wire import call, works

KILLS = int(os.environ.get("GATEHOUSE_KILLS", "10"))
"""How often the server is killed; a hundred times for a night."""
WAIT_LIMIT = 30.0
MANY = 100_000
"""More requests than one round has time for; the bound of its loops."""
CHECK_EXPORT = Path(__file__).parents[2] / "docs" / "check_export.py"


@pytest.fixture
def program(another: Callable[..., Program]) -> Program:
    return another()


def database(program: Program) -> Path:
    return program.data / "gatehouse.db"


def tamper(program: Program, *statements: str) -> None:
    """What somebody with the file does: triggers hold nobody back who may drop them."""
    with closing(sqlite3.connect(database(program))) as file:
        names = file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'").fetchall()
        for (name,) in names:
            file.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            file.execute(statement)
        file.commit()


def refusal(program: Program, *words: str) -> str:
    outcome = program.command("audit", "verify", *words)
    assert outcome.code == 1 and not outcome.out, outcome
    return outcome.err


def entries(program: Program, *words: str) -> list[Any]:
    return program.run("audit", "list", "--limit", "1000", "--json", *words).rows


# What it keeps, and how it is found again.


def test_filters(program: Program) -> None:
    program.start()
    connection, key = program.key("sales", "filters", "--per-minute", "3")
    for tool in ("whoami", "list_models", "whoami", "whoami"):
        call(program, key, tool)
    call(program, "gk_live_nonsense")
    mine = ["--connection", connection, "--kind", "response"]
    assert [entry["tool"] for entry in entries(program, *mine)] == ["whoami", "list_models", "whoami"]
    assert [entry["tool"] for entry in entries(program, *mine, "--tool", "list_models")] == ["list_models"]
    (refused,) = entries(program, "--connection", connection, "--status", "failed")
    assert refused["code"] == "rate_limited" and refused["kind"] == "refusal"
    assert {entry["login"] for entry in entries(program, "--user", "sales", "--status", "200")} == {"sales"}
    assert entries(program, "--user", "admin", "--tool", "whoami") == []
    assert [entry["method"] for entry in entries(program, "--status", "401")] == ["authentication"]
    assert entries(program, "--from", "1h") and not entries(program, "--to", "2026-01-01")
    first, last = entries(program, *mine)[-1]["time"], entries(program, *mine)[0]["time"]
    assert len(entries(program, *mine, "--from", first, "--to", last)) == 2
    exported = program.run("audit", "export", *mine).rows
    assert [line["tool"] for line in exported] == ["whoami", "list_models", "whoami"]
    for wrong in (["--kind", "x"], ["--status", "12"], ["--from", "yesterday"], ["--user", "nobody"]):
        assert program.command("audit", "list", *wrong).code in (1, 64)
    program.stop()


def test_a_table_holds_no_formula(program: Program) -> None:
    program.start()
    _, key = program.key("sales", "table")
    for tool in ("=cmd|' /C calc'!A1", "+1", "-1", "@SUM(1)", "\t=1", 'a"b,c', "a\nb"):
        call(program, key, "list_models") if tool == "" else httpx2.post(
            program.url, headers={"Authorization": f"Bearer {key}", "Accept": "application/json, text/event-stream",
                                  "MCP-Protocol-Version": "2025-11-25"},
            json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {}}}, timeout=30,
        )  # fmt: skip
    outcome = program.run("audit", "export", "--format", "csv", "--user", "sales")
    rows = list(csv.DictReader(io.StringIO(outcome.out, newline="")))
    names = {row["tool"] for row in rows if row["kind"] in ("response", "refusal")}
    assert {"'=cmd|' /C calc'!A1", "'+1", "'-1", "'@SUM(1)", "'\t=1", 'a"b,c', "a\nb"} <= names, names
    for row in rows:
        assert not any(value.lstrip()[:1] in tuple("=+-@") and value.strip() for value in row.values()), row
    program.stop()


def test_payloads_are_kept_when_they_are_wanted_and_never_with_secrets(program: Program) -> None:
    program.start()
    connection, key = program.key("sales", "silent")
    call(program, key, "search_read", model="res.partner", fields=["name"], limit=1)
    (entry,) = entries(program, "--connection", connection, "--tool", "search_read", "--payloads")
    assert "payload" not in entry and "payload_body" not in entry
    program.stop()

    program.start("--log-payloads", "on", "--log-level", "debug")
    connection, key = program.key("sales", "kept")
    call(program, key, "search_read", model="res.partner", fields=["name"], limit=1)
    call(program, key, "whoami", password="hunter2-hunter2", note=f"the key is {key}")
    asked, found = entries(program, "--connection", connection, "--kind", "refusal", "--payloads") + entries(
        program, "--connection", connection, "--tool", "search_read", "--payloads"
    )
    assert asked["payload_body"]["arguments"] == {"password": "•••", "note": "the key is •••"}
    assert found["payload_body"]["arguments"]["model"] == "res.partner"
    assert found["payload_body"]["result"]["structured"]["records"]
    program.run("audit", "verify")
    exported = program.run("audit", "export", "--payloads").out
    assert '"payload_body"' in exported
    program.stop()
    for secret in ("hunter2-hunter2", key):
        assert secret not in exported and secret not in program.all_said()
        assert secret.encode() not in b"".join(file.read_bytes() for file in program.data.glob("gatehouse.db*"))
    tamper(program, "UPDATE audit_payload SET body = CAST(replace(CAST(body AS TEXT), 'partner', 'partnes') AS BLOB)")
    assert f"entry {found['sequence']} does not fit: its payload was changed" in refusal(program)


# What it proves.


def prepared(program: Program) -> list[dict[str, Any]]:
    """A stopped server with a log of two checkpoints and some entries behind them; the checkpoints."""
    program.start()
    _, key = program.key("sales", "proof")
    checkpoints = []
    for _ in range(2):
        assert works(program, key)
        checkpoints.append(program.run("audit", "checkpoint", "--json").json)
    assert works(program, key) and works(program, key)
    program.stop()
    return checkpoints


@pytest.mark.parametrize(
    "harm, says",
    [
        ("UPDATE audit SET login = 'mallory' WHERE sequence = {second}", "entry {second} does not fit"),
        ("UPDATE audit SET time = time + 1 WHERE sequence = {second}", "entry {second} does not fit"),
        ("DELETE FROM audit WHERE sequence = {second}", "entry {second} is missing"),
        ("DELETE FROM audit WHERE sequence >= {second}", "entry {second} does not fit: it is missing"),
        ("UPDATE audit_checkpoint SET hash = zeroblob(32) WHERE sequence = {second}", "not signed by this house"),
        ("DELETE FROM audit_checkpoint WHERE sequence = {first}", "one is missing"),
        ("DELETE FROM audit WHERE sequence <= {first}", "entry 1 is missing"),
    ],
)
def test_verify_is_1_and_names_the_first_bad_entry(program: Program, harm: str, says: str) -> None:
    first, second = (checkpoint["sequence"] for checkpoint in prepared(program))
    program.run("audit", "verify")
    tamper(program, harm.format(first=first, second=second))
    assert says.format(first=first, second=second) in refusal(program)
    assert program.command("doctor").code == 1


def test_what_is_kept_elsewhere_shows_that_the_newest_entries_were_cut(program: Program) -> None:
    first, second = prepared(program)
    kept = program.home / "kept.jsonl"
    kept.write_text(program.run("audit", "export").out)
    head = program.run("audit", "verify", "--json").json["head"]
    for words in (["--checkpoints", str(kept)], ["--head", head], ["--head", head.partition(":")[2]]):
        program.run("audit", "verify", *words)
    cut = f"WHERE sequence > {first['sequence']}"
    tamper(program, f"DELETE FROM audit {cut}", f"DELETE FROM audit_checkpoint {cut}")
    assert program.run("audit", "verify", "--json").json["ok"]
    assert f"entry {first['sequence'] + 1} does not fit: it is missing" in refusal(program, "--checkpoints", str(kept))
    assert "no entry has the hash that was noted" in refusal(program, "--head", head)
    for wrong in (["--head", "x"], ["--head", "1:00"]):
        assert program.command("audit", "verify", *wrong).code == 64
    assert program.command("audit", "verify", "--checkpoints", str(program.home / "none")).code == 1


def test_an_export_is_checked_without_the_program(program: Program) -> None:
    prepared(program)
    key, export = program.home / "key.json", program.home / "audit.jsonl"
    key.write_text(program.run("audit", "key").out)
    lines = program.run("audit", "export").out.splitlines(keepends=True)

    def checked(*lines: str) -> subprocess.CompletedProcess[str]:
        export.write_text("".join(lines))
        return subprocess.run([sys.executable, CHECK_EXPORT, key, export], capture_output=True, text=True, timeout=60)

    good = checked(*lines)
    assert good.returncode == 0 and "2 checkpoints fit" in good.stdout, good
    assert checked(*lines[:3], *lines[4:]).returncode == 1
    assert checked(*(line.replace('"whoami"', '"whoamI"') for line in lines)).returncode == 1
    assert checked(*(line.replace('"type":"checkpoint","sequence":', '"type":"checkpoint","sequence":1') for line in lines)).returncode == 1


def test_retention_drops_what_is_sealed_and_old_and_the_rest_verifies(program: Program) -> None:
    _, second = prepared(program)
    kept = program.home / "kept.jsonl"
    kept.write_text(program.run("audit", "export").out)
    program.start(later="+91d")
    end = time.monotonic() + WAIT_LIMIT
    while "audit log shortened" not in program.said():
        assert time.monotonic() < end, program.said()
        time.sleep(0.05)
    program.stop()
    found = program.run("audit", "verify", "--json", "--checkpoints", str(kept)).json
    assert found["first"] == second["sequence"] + 1 and found["checkpoints"] >= 2
    assert entries(program, "--kind", "administration")[0]["method"] == "audit.retain"
    # Nothing else may be deleted, nor changed.
    with closing(sqlite3.connect(database(program))) as file:
        for statement in ("DELETE FROM audit", "DELETE FROM audit_checkpoint", "UPDATE audit SET login = 'x'"):
            with pytest.raises(sqlite3.DatabaseError, match="append-only"):
                file.execute(statement)
    # Its export begins at the checkpoint where retention ended.
    key, export = program.home / "key.json", program.home / "audit.jsonl"
    key.write_text(program.run("audit", "key").out)
    export.write_text(program.run("audit", "export").out)
    assert '"type":"dropped"' in export.read_text().splitlines()[0]
    done = subprocess.run([sys.executable, CHECK_EXPORT, key, export], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done


# What it holds after an end that nobody was told of.


class Load:
    """Clients that call and register until the server is gone, and remember what they were answered."""

    def __init__(self, program: Program, keys: dict[str, str]) -> None:
        self.program = program
        self.keys = keys
        self.answers = dict.fromkeys(keys, 0)
        self.clients: list[str] = []

    def run_until_killed(self, moment: float) -> None:
        works = [threading.Thread(target=self.call, args=item) for item in self.keys.items()]
        works.append(threading.Thread(target=self.register))
        sealing = subprocess.Popen(
            [BINARY, "audit", "checkpoint", *self.program.place], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=self.program.environment(), cwd=self.program.home,
        )  # fmt: skip
        for work in works:
            work.start()
        time.sleep(moment)
        self.program.kill()
        sealing.send_signal(signal.SIGKILL)
        sealing.wait(WAIT_LIMIT)
        for work in works:
            work.join(WAIT_LIMIT)
            assert not work.is_alive()

    def call(self, connection: str, key: str) -> None:
        with httpx2.Client() as http:
            for _ in range(MANY):
                try:
                    answer = call(self.program, key, http=http)
                except httpx2.HTTPError:
                    return
                assert answer.status_code == 200, answer.text
                self.answers[connection] += 1

    def register(self) -> None:
        redirect = f"http://127.0.0.1:{free_port()}/callback"
        endpoint = f"{self.program.origin}/oauth/register"
        with httpx2.Client() as http:
            for _ in range(MANY):
                try:
                    answer = http.post(endpoint, timeout=10, json={
                        "client_name": f"busy {len(self.clients)}", "redirect_uris": [redirect],
                        "token_endpoint_auth_method": "none",
                    })  # fmt: skip
                except httpx2.HTTPError:
                    return
                if answer.status_code == 201:
                    self.clients.append(answer.json()["client_id"])


@pytest.mark.parametrize("payloads", ["off", "on"])
def test_kill_9_in_a_loop_leaves_an_entry_for_every_answer_and_a_log_that_verifies(program: Program, payloads: str) -> None:
    load = Load(program, dict(program.key("sales", f"busy {number}", "--per-minute", "0", "--per-day", "0") for number in range(4)))
    kept = program.home / "kept.jsonl"
    # The half of them with payloads, which are written in the same transaction.
    for _ in range((KILLS + 1) // 2):
        program.start("--log-payloads", payloads)
        load.run_until_killed(random.uniform(0.02, 0.6))
        if kept.exists():
            program.run("audit", "verify", "--checkpoints", str(kept))
        with kept.open("a") as file:
            file.write(program.run("audit", "checkpoint", "--json").out)
    program.run("audit", "verify", "--checkpoints", str(kept))
    with closing(sqlite3.connect(f"file:{database(program)}?mode=ro", uri=True)) as file:
        recorded = dict(file.execute(
            "SELECT connection_id, count(*) FROM audit WHERE kind = 'response' AND tool = 'whoami' AND status = 200 GROUP BY 1"
        ).fetchall())  # fmt: skip
        registered = {row[0] for row in file.execute("SELECT client_id FROM audit WHERE method = 'oauth/client_registered'")}
        bodies = file.execute("SELECT count(*) FROM audit_payload").fetchone()[0]
    missing = {connection: (answers, recorded.get(connection, 0)) for connection, answers in load.answers.items()
               if recorded.get(connection, 0) < answers}  # fmt: skip
    assert missing == {}, "answers without an entry: (answered, on record)"
    assert set(load.clients) <= registered
    assert sum(load.answers.values()) > 10 * KILLS // 2 and load.clients, load.answers
    assert bodies >= sum(load.answers.values()) if payloads == "on" else bodies == 0
