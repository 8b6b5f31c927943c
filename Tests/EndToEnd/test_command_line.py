"""The command line that scripts rely on: nouns and verbs, --json, two streams, exit codes."""

from __future__ import annotations

import re

import pytest

from program import PASSWORD, Program
from wire import works

USAGE, CONFIGURATION = 64, 78


@pytest.mark.parametrize(
    "words",
    [
        ["frobnicate"],
        ["key", "frobnicate"],
        ["key", "create"],
        ["key", "create", "--user"],
        ["key", "create", "--user", "sales", "--name", "x", "--frobnicate"],
        ["key", "create", "--user", "sales", "--name", "x", "--scope", "mcp:frobnicate"],
        ["connection", "revoke"],
        ["user", "add"],
        ["client", "add"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_64_with_an_error_and_a_hint(gatehouse: Program, words: list[str]) -> None:
    outcome = gatehouse.command(*words)
    assert outcome.code == USAGE, outcome
    assert outcome.out == ""
    lines = outcome.err.splitlines()
    assert lines[0].startswith("gatehouse: error: ")
    assert any(re.match(r"(gatehouse: )?hint: ", line) for line in lines), outcome.err


@pytest.mark.parametrize("words", [[], ["help"], ["--help"]], ids=str)
def test_help_is_data(gatehouse: Program, words: list[str]) -> None:
    outcome = gatehouse.command(*words, place=False)
    assert outcome.code == 0 and outcome.err == ""
    for word in ("serve", "setup", "doctor", "user", "connection", "key", "client", "audit", "config", "version"):
        assert word in outcome.out


@pytest.mark.parametrize(
    "settings",
    [{"GATEHOUSE_LISTEN": "nowhere"}, {"GATEHOUSE_LOG_LEVEL": "shouting"}],
    ids=lambda settings: next(iter(settings)),
)
def test_wrong_configuration_is_78(another, settings: dict[str, str]) -> None:
    program: Program = another()
    words = ["serve"] if "GATEHOUSE_LISTEN" in settings else ["serve", "--listen", f"127.0.0.1:{program.port}"]
    outcome = program.command(*words, environment=settings)
    assert outcome.code == CONFIGURATION, outcome
    assert outcome.err.startswith("gatehouse: error: ") and "hint:" in outcome.err
    name = next(iter(settings))
    assert name in outcome.err or name.removeprefix("GATEHOUSE_").lower().replace("_", "-") in outcome.err


def test_a_broken_configuration_file_is_78(another) -> None:
    program: Program = another()
    (program.home / "gatehouse.json").write_text('{"listen": ')
    outcome = program.command("serve")
    assert outcome.code == CONFIGURATION, outcome
    assert "gatehouse.json" in outcome.err


def test_what_does_not_exist_is_1(gatehouse: Program) -> None:
    for words in (
        ["key", "create", "--user", "nobody", "--name", "x"],
        ["connection", "revoke", "no-such-connection"],
        ["connection", "show", "no-such-connection"],
    ):
        outcome = gatehouse.command(*words)
        assert outcome.code == 1, (words, outcome)
        assert outcome.err.startswith("gatehouse: error: ") and outcome.out == ""


def test_config_prints_every_setting_with_its_meaning(gatehouse: Program) -> None:
    text = gatehouse.run("config").out
    for name in ("listen", "issuer", "data", "keys"):
        assert re.search(rf"\b{name}\b", text), name
    rows = {row["name"]: row for row in gatehouse.run("config", "--json").rows}
    assert len(rows) >= 5
    for row in rows.values():
        assert row["meaning"] and row["unit"] and row["environment"].startswith("GATEHOUSE_") and row["source"]
    assert rows["listen"]["default"] == "127.0.0.1:8080"
    assert rows["data"]["value"] == str(gatehouse.data) and rows["data"]["source"] == "flag"


def test_config_shows_no_secret(gatehouse: Program) -> None:
    for words in (["config"], ["config", "--json"]):
        outcome = gatehouse.run(*words)
        assert PASSWORD not in outcome.out + outcome.err


def test_flags_go_before_environment_before_file(another) -> None:
    program: Program = another(empty=True)
    (program.home / "gatehouse.json").write_text('{"log-level": "error", "log-format": "json", "header-limit": 2048}')

    def values(*flags: str, **environment: str) -> dict[str, str]:
        outcome = program.command("config", *flags, "--json", environment=environment)
        assert outcome.code == 0, outcome.err
        return {row["name"]: row.get("value", "") for row in outcome.rows}

    assert values()["log-level"] == "error" and values()["header-limit"] == "2048"
    assert values(GATEHOUSE_LOG_LEVEL="debug")["log-level"] == "debug"
    assert values("--log-level", "notice", GATEHOUSE_LOG_LEVEL="debug")["log-level"] == "notice"


@pytest.mark.parametrize(
    "words",
    [["version"], ["config"], ["doctor"], ["connection", "list"], ["audit", "list"], ["user", "list"], ["client", "list"],
     ["schedule", "list"]],
    ids=" ".join,
)
def test_json_on_every_one(gatehouse: Program, words: list[str]) -> None:
    # Something of each kind, whatever other tests ran before.
    gatehouse.key("sales", "one of each")
    gatehouse.run("client", "add", "--name", "One of each", "--redirect-uri", "http://127.0.0.1/cb", "--json")
    rows = gatehouse.run(*words, "--json").rows
    assert rows and all(isinstance(row, dict) for row in rows)


def test_version_is_one_line(gatehouse: Program) -> None:
    assert re.fullmatch(r"(gatehouse )?\d+\.\d+\.\d+\S*\n", gatehouse.run("version").out)


def test_connection_list_show_and_revoke_on_a_running_server(gatehouse: Program) -> None:
    connection, key = gatehouse.key("accountant", "listed")
    assert works(gatehouse, key)
    rows = {row["connection_id"]: row for row in gatehouse.run("connection", "list", "--json").rows}
    assert rows[connection]["name"] == "listed" and rows[connection]["user"] == "accountant"
    shown = gatehouse.run("connection", "show", connection, "--json").json
    assert shown["connection_id"] == connection
    assert connection in gatehouse.run("connection", "list").out
    gatehouse.run("connection", "revoke", connection)
    assert not works(gatehouse, key)
    after = {row["connection_id"]: row for row in gatehouse.run("connection", "list", "--json").rows}
    assert after[connection]["status"] == "revoked"


def test_a_revoked_connection_that_is_reactivated_needs_a_fresh_key(gatehouse: Program) -> None:
    connection, key = gatehouse.key()
    gatehouse.run("connection", "revoke", connection)
    gatehouse.run("connection", "reactivate", connection)
    assert not works(gatehouse, key)
    fresh = gatehouse.run("connection", "rotate", connection, "--json").json["key"]
    assert works(gatehouse, fresh) and not works(gatehouse, key)


def test_user_add_takes_its_password_from_stdin(gatehouse: Program) -> None:
    made = gatehouse.command("user", "add", "dora", "--password-stdin", input="a-long-passphrase-for-dora\n")
    assert made.code == 0, made.err
    assert "a-long-passphrase-for-dora" not in made.out + made.err
    again = gatehouse.command("user", "add", "dora", "--password-stdin", input="a-long-passphrase-for-dora\n")
    assert again.code == 1
    short = gatehouse.command("user", "add", "erik", "--password-stdin", input="short\n")
    assert short.code != 0 and "gatehouse: error:" in short.err


def test_client_add_shows_a_secret_only_where_there_is_one(gatehouse: Program) -> None:
    redirect = ["--redirect-uri", "https://app.example.com/callback"]
    public = gatehouse.run("client", "add", "--name", "App", *redirect, "--public", "--json").json
    assert public["client_id"] and "client_secret" not in public
    confidential = gatehouse.run("client", "add", "--name", "App", *redirect, "--confidential", "--json").json
    assert len(confidential["client_secret"]) >= 27
    bad = gatehouse.command("client", "add", "--name", "App", "--redirect-uri", "http://app.example.com/cb", "--public")
    assert bad.code in (1, USAGE) and "gatehouse: error:" in bad.err


def test_audit_verify_and_export(gatehouse: Program) -> None:
    _, key = gatehouse.key()
    for _ in range(5):
        assert works(gatehouse, key)
    gatehouse.run("audit", "verify")
    entries = gatehouse.run("audit", "list", "--limit", "5", "--json").rows
    assert len(entries) == 5
    (mine,) = [entry for entry in entries if entry.get("tool") == "whoami"][:1]
    assert {"time", "login", "tool", "status"} <= mine.keys()
    exported = gatehouse.run("audit", "export").rows
    assert len(exported) >= 5


def test_doctor_is_content_with_a_good_installation(gatehouse: Program) -> None:
    assert gatehouse.run("doctor").code == 0


def test_setup_makes_the_first_administrator(another) -> None:
    program: Program = another(empty=True)
    made = program.command("setup", "--login", "root-of-it", "--password-stdin", input="a-long-passphrase-for-setup\n")
    assert made.code == 0, made
    program.start(demo=False)
    _, key = program.key("root-of-it")
    assert works(program, key)
    program.stop()


def test_without_demo_nobody_has_a_default_password(another) -> None:
    program: Program = another(empty=True)
    program.start(demo=False)
    assert program.run("user", "list", "--json").rows == []
    program.stop()


def test_the_demo_passwords_are_printed_at_the_first_start_only(another) -> None:
    program: Program = another(empty=True)
    program.start(environment={"GATEHOUSE_DEMO_PASSWORD": ""})
    first = program.said()
    program.stop()
    program.start(environment={"GATEHOUSE_DEMO_PASSWORD": ""})
    second = program.said()
    program.stop()
    passwords = re.findall(r"^\s*sales\s+(\S{12,})\s*$", first, re.MULTILINE)
    assert len(passwords) == 1, first
    assert passwords[0] not in second
    for printed in (first, second):
        assert f"{program.origin}/mcp" in printed
        assert "claude mcp add" in printed
