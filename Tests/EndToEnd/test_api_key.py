"""A3, A7, A8: a client that comes with a key."""

from __future__ import annotations

import re
import stat

import pytest

from conftest import loose
from official import ERAS, connect
from program import Program
from wire import call, works

pytestmark = pytest.mark.anyio

SHAPE = re.compile(r"^gk_[a-z]+_[0-9A-Za-z]+_[0-9A-Za-z]+_[0-9A-Za-z]+$")


@pytest.mark.parametrize("revision", ERAS)
async def test_a_key_reads_partners(gatehouse: Program, revision: str) -> None:
    _, key = gatehouse.key("sales", "e2e")
    assert SHAPE.match(key)
    async with connect(gatehouse.url, ERAS[revision], key=key) as conversation:
        assert conversation.client.protocol_version == revision
        found = await conversation.call("search_read", model="res.partner", fields=["name"], limit=3)
        assert len(found["records"]) == 3
        assert (await conversation.call("whoami"))["user"]["login"] == "sales"
    assert all(exchange.status in (200, 202) for exchange in conversation.exchanges if exchange.method == "POST")


async def test_a_key_is_shown_once_and_only_its_hash_is_kept(gatehouse: Program) -> None:
    connection, key = gatehouse.key("sales", "kept as a hash")
    secret = key.split("_")[3]
    assert len(secret) >= 27, "160 bits in base 62"
    listed = gatehouse.run("connection", "list", "--json").out + gatehouse.run("connection", "show", connection, "--json").out
    assert connection in listed and secret not in listed
    for file in gatehouse.data.rglob("*"):
        if file.is_file():
            assert secret.encode() not in file.read_bytes(), f"{file.name} holds the key"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"),
        lambda key: key[:-1],
        lambda key: key + "0",
        lambda key: key.swapcase(),
        lambda key: "gk_live_0000_0000_0000",
        lambda key: "x",
    ],
    ids=["another checksum", "cut", "longer", "another case", "made up", "no key at all"],
)
async def test_a_spoiled_key_is_401_and_says_so(gatehouse: Program, spoil) -> None:
    _, key = gatehouse.key()
    answer = call(gatehouse, spoil(key))
    assert answer.status_code == 401
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith("Bearer ") and 'error="invalid_token"' in challenge
    assert "resource_metadata=" in challenge
    assert key not in answer.text


async def test_a_revoked_key_fails_at_the_next_request(gatehouse: Program) -> None:
    connection, key = gatehouse.key()
    assert works(gatehouse, key)
    gatehouse.run("connection", "revoke", connection)
    assert not works(gatehouse, key)


async def test_rotation_ends_the_old_key_and_begins_a_new_one(gatehouse: Program) -> None:
    connection, old = gatehouse.key()
    assert works(gatehouse, old)
    made = gatehouse.run("connection", "rotate", connection, "--json").json
    assert not works(gatehouse, old)
    assert works(gatehouse, made["key"])


async def test_what_is_secret_is_readable_by_its_owner_alone(gatehouse: Program) -> None:
    gatehouse.key()
    kept = [file for file in gatehouse.data.rglob("*") if file.is_file()]
    assert kept
    assert [str(file) for file in kept if loose(file) and not loose(file.parent)] == [] or not loose(gatehouse.data)
    keys = [file for file in (gatehouse.data / "keys").rglob("*") if file.is_file()]
    assert keys and not [file for file in keys if stat.S_IMODE(file.stat().st_mode) & 0o077]
