"""What the program does by itself: when it is due, once, and on demand."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import pytest

from person import Person
from program import BINARY, FAKETIME, Program

JOBS = {
    "audit-cleanup": 86400,
    "session-cleanup": 86400,
    "grant-cleanup": 3600,
    "limit-cleanup": 86400,
    "approval-expiry": 1800,
}
WAIT_LIMIT = 30.0


def jobs(program: Program) -> dict[str, dict[str, Any]]:
    return {row["job"]: row for row in program.run("schedule", "list", "--json").rows}


def all_done(program: Program) -> dict[str, dict[str, Any]]:
    end = time.monotonic() + WAIT_LIMIT
    while time.monotonic() < end:
        listed = jobs(program)
        if all(listed[name]["state"] == "done" for name in JOBS):
            return listed
        time.sleep(0.1)
    raise AssertionError(f"not every job ran: {listed}")


def test_every_job_runs_at_the_start_and_shows_its_last_run(another: Callable[..., Program]) -> None:
    program = another().start()
    listed = all_done(program)
    for name, interval in JOBS.items():
        job = listed[name]
        assert job["interval_seconds"] == interval and job["meaning"]
        assert job["last_started_at"] and job["last_duration_ms"] >= 0
        assert job["next_at"] > job["last_started_at"] and job["failures"] == 0 and job["error"] is None
    assert listed["session-cleanup"]["result"].keys() == {"sessions"}
    text = program.run("schedule", "list").out
    assert all(name in text for name in JOBS)
    # It has run: a restart does not run it again before its time.
    program.stop()
    program.start()
    time.sleep(1)
    again = jobs(program)
    assert [again[name]["last_started_at"] for name in JOBS] == [listed[name]["last_started_at"] for name in JOBS]
    program.stop()


@pytest.mark.skipif(not FAKETIME, reason="libfaketime is not installed")
def test_what_was_missed_is_caught_up_and_does_its_work(another: Callable[..., Program]) -> None:
    program = another().start()
    before = all_done(program)
    with Person("sales") as person:
        person.sign_in(person.open(f"{program.origin}/account"))
    program.stop()
    program.start(later="+10d")
    end = time.monotonic() + WAIT_LIMIT
    while (now := jobs(program))["session-cleanup"]["last_started_at"] == before["session-cleanup"]["last_started_at"]:
        assert time.monotonic() < end, "the job was not caught up"
        time.sleep(0.1)
    assert now["session-cleanup"]["result"] == {"sessions": 1}
    program.stop()


def test_by_hand_a_job_runs_at_once_and_an_unknown_one_is_refused(another: Callable[..., Program]) -> None:
    program = another()
    assert {job["state"] for name, job in jobs(program).items() if name in JOBS} <= {"never", "done"}
    ran = program.run("schedule", "run", "approval-expiry", "--json").json
    assert ran["state"] == "done" and ran["result"] == {"requests": 0}
    first = ran["last_started_at"]
    assert program.run("schedule", "run", "approval-expiry", "--json").json["last_started_at"] > first
    unknown = program.command("schedule", "run", "aproval-expiry")
    assert unknown.code == 1 and "there is no job" in unknown.err and "schedule list" in unknown.err
    assert program.command("schedule", "run").code == 64


def test_of_many_at_once_each_runs_alone(another: Callable[..., Program]) -> None:
    """By hand from several processes: none runs while another does, and the row tells what happened."""
    program = another()
    command = [BINARY, "schedule", "run", "grant-cleanup", "--json", *program.place]
    with ThreadPoolExecutor(6) as pool:
        done = list(
            pool.map(
                lambda _: subprocess.run(command, capture_output=True, text=True, env=program.environment()), range(6)
            )
        )
    assert any(run.returncode == 0 for run in done)
    assert all(run.returncode == 0 or "another process runs it" in run.stderr for run in done), [r.stderr for r in done]
    assert jobs(program)["grant-cleanup"]["state"] == "done"


def test_a_process_that_was_killed_holds_a_job_for_two_minutes_at_most(another: Callable[..., Program]) -> None:
    program = another()
    program.run("schedule", "run", "grant-cleanup")
    now = int(time.time() * 1_000_000)
    with sqlite3.connect(program.data / "gatehouse.db") as database:
        # As a process leaves it that is killed while it works.
        database.execute(
            "UPDATE schedule SET owner = 1, leased_until = ?, running_since = ? WHERE name = 'grant-cleanup'",
            (now + 100_000_000, now - 20_000_000),
        )
    held = program.command("schedule", "run", "grant-cleanup")
    assert held.code == 1 and "another process runs it" in held.err
    assert jobs(program)["grant-cleanup"]["state"] == "running"
    with sqlite3.connect(program.data / "gatehouse.db") as database:
        database.execute("UPDATE schedule SET leased_until = ?", (now,))
    assert jobs(program)["grant-cleanup"]["state"] == "interrupted"
    assert program.run("schedule", "run", "grant-cleanup", "--json").json["state"] == "done"


def test_a_job_that_fails_says_why(another: Callable[..., Program]) -> None:
    program = another()
    program.run("schedule", "run", "limit-cleanup")
    with sqlite3.connect(program.data / "gatehouse.db") as database:
        database.execute("CREATE TRIGGER broken BEFORE DELETE ON counter BEGIN SELECT RAISE(ABORT, 'stuck'); END")
        database.execute("INSERT INTO counter (key, starts, ends, used) VALUES ('k', 0, 1, 1)")
    failed = program.command("schedule", "run", "limit-cleanup")
    assert failed.code == 1 and "stuck" in failed.err
    job = jobs(program)["limit-cleanup"]
    assert job["state"] == "failed" and "stuck" in job["error"] and job["failures"] == 1
    # What the last good run came to stays.
    assert job["result"] == {"counts": 0}
