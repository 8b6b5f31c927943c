"""Signing keys are replaced while the server runs, and whatever is killed on the way leaves keys that work."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import jwt
import pytest

from program import BINARY, Program
from wire import call, metadata

LIMIT = 20.0
"""Seconds until a change that the server notices by itself (every 10 s) has to show."""


def names(program: Program) -> list[str]:
    answer = httpx2.get(metadata(program)["jwks_uri"], timeout=30)
    assert answer.status_code == 200 and "max-age" in answer.headers["cache-control"]
    keys = answer.json()["keys"]
    assert all(not set(key) & {"d", "p", "q", "dp", "dq", "qi", "k"} for key in keys)
    return [key["kid"] for key in keys]


def until(program: Program, name: str) -> None:
    end = time.monotonic() + LIMIT
    while name not in names(program):
        assert time.monotonic() < end, f"{name} is not published after {LIMIT:.0f} s"
        time.sleep(0.05)


def service_client(program: Program) -> tuple[str, str]:
    made = program.run("client", "add", "--name", "bot", "--service-user", "accountant", "--json").json
    return made["client_id"], made["client_secret"]


def token(program: Program, client: tuple[str, str]) -> str:
    answer = httpx2.post(
        metadata(program)["token_endpoint"], auth=client, data={"grant_type": "client_credentials"}, timeout=30
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_tokens_of_every_algorithm_verify_by_the_published_key_alone(another, algorithm: str) -> None:
    program: Program = another(empty=True)
    program.start("--signing-algorithm", algorithm)
    access = token(program, service_client(program))
    keys = jwt.PyJWKClient(metadata(program)["jwks_uri"])
    claims = jwt.decode(
        access, keys.get_signing_key_from_jwt(access), algorithms=[algorithm], audience=program.url,
        options={"require": ["exp", "iat", "sub"]},
    )  # fmt: skip
    assert claims["iss"] == program.origin
    assert call(program, access).status_code == 200
    program.stop()


def test_a_running_server_takes_a_new_key_over(another) -> None:
    program: Program = another()
    program.start()
    client = service_client(program)
    before = token(program, client)
    first = names(program)

    waiting = program.run("key-rotation", "now", "--json").json
    assert waiting["state"] == "next"
    # By itself, within its ten seconds.
    until(program, waiting["kid"])
    assert names(program)[0] == first[0], "the next key is published, and does not sign yet"
    assert call(program, before).status_code == 200

    stolen = program.run("key-rotation", "now", "--compromised", "--json").json
    assert program.process is not None
    program.process.send_signal(signal.SIGHUP)
    until(program, stolen["kid"])
    assert names(program) == [stolen["kid"]]
    assert call(program, before).status_code == 401, "what a stolen key signed is worth nothing"
    after = token(program, client)
    assert jwt.get_unverified_header(after)["kid"] == stolen["kid"]
    assert call(program, after).status_code == 200
    program.stop()


def test_of_many_rotations_at_once_one_wins(another) -> None:
    program: Program = another()
    program.start()
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: program.command("key-rotation", "now", "--json"), range(6)))
    assert all(one.code == 0 for one in made), [one.err for one in made]
    assert len({one.json["kid"] for one in made}) == 1
    assert sum("nothing was made" not in one.err for one in made) == 1
    assert len(program.run("key-rotation", "list", "--json").rows) == 2
    program.stop()


def test_kill_9_at_any_instant_of_a_rotation_leaves_keys_that_work(another) -> None:
    program: Program = another()
    program.start()
    client = service_client(program)
    chance = random.Random(9)
    for _ in range(60):
        rotation = subprocess.Popen(
            [BINARY, "key-rotation", "now", "--compromised", *program.place], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=program.environment(),
        )  # fmt: skip
        time.sleep(chance.uniform(0, 0.12))
        rotation.kill()
        rotation.wait(20)
    rows = program.run("key-rotation", "list", "--json").rows
    assert [row["state"] for row in rows] == ["signing"]
    assert program.process is not None
    program.process.send_signal(signal.SIGHUP)
    until(program, rows[0]["kid"])
    assert call(program, token(program, client)).status_code == 200
    program.run("doctor")
    program.stop()
    program.start()
    assert names(program) == [rows[0]["kid"]]
    program.stop()


@pytest.mark.parametrize("file", ["signing.pem", "root.key"])
def test_lost_keys_are_refused_and_not_made_anew(another, file: str) -> None:
    program: Program = another()
    (program.data / "keys" / file).unlink()
    program.launch()
    assert program.wait() == 78
    said = program.said()
    assert "gatehouse: error:" in said and "hint:" in said and "keys" in said
    assert not (program.data / "keys" / file).exists()
