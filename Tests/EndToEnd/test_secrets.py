"""No secret is ever in a log, however much is logged."""

from __future__ import annotations

import pytest

from official import Memory, browser_login, connect
from person import Person
from program import PASSWORD, Program
from wire import call, log_in, works

pytestmark = pytest.mark.anyio

NOISY = {"GATEHOUSE_LOG_LEVEL": "debug", "GATEHOUSE_LOG_FORMAT": "json"}


async def test_no_secret_reaches_a_log(another) -> None:
    program: Program = another()
    program.start(environment=NOISY)
    secrets: dict[str, str] = {"the password": PASSWORD, "a wrong password": "wrong-" + PASSWORD}

    # Every way in, and every way that fails.
    with Person("sales") as person, Person("sales", "wrong-" + PASSWORD) as stranger:
        memory = Memory()
        login = browser_login(program.url, person, memory)
        async with connect(program.url, auth=login) as conversation:
            await conversation.call("whoami")
            login.context.token_expiry_time = 1.0
            await conversation.call("whoami")
        tokens = log_in(program, person)
        assert tokens.redeem_again().status_code == 400
        assert not works(program, tokens.access)
        again = log_in(program, person)
        assert again.revoke(again.refresh).status_code == 200
        seen = stranger.open(person.visited[0].url)
        stranger.sign_in(seen)  # type: ignore[arg-type]

        for number, value in enumerate(memory.secrets + conversation.verifiers + person.codes):
            secrets[f"token, verifier or code {number}"] = value
        for each in (tokens, again):
            secrets |= {"access token": each.access, "refresh token": each.refresh, "code": each.code}
            secrets |= {"verifier": each.verifier}
        for browser in (person, stranger):
            secrets |= {f"cookie {cookie.name} of {id(browser)}": cookie.value or "" for cookie in browser.cookies}
            for page in browser.visited:
                for form in page.forms:
                    secrets |= {f"ticket {value[:4]}": value for value in form.values("ticket")}

    connection, key = program.key()
    assert works(program, key)
    rotated = program.run("connection", "rotate", connection, "--json").json["key"]
    assert call(program, key).status_code == 401
    assert call(program, rotated[:-1] + "_").status_code == 401
    secrets |= {"key": key, "rotated key": rotated, "the key's secret": key.split("_")[3]}
    service = program.run("client", "add", "--name", "Job", "--service-user", "accountant", "--json").json
    secrets["client secret"] = service["client_secret"]
    added = program.command("user", "add", "carol", "--password-stdin", input="carols-long-passphrase-77\n")
    assert added.code == 0, added.err
    secrets["a new user's password"] = "carols-long-passphrase-77"
    program.stop()

    said = program.all_said()
    assert said.count("\n") > 20, "at debug there is a line for each request, so there is something to search"
    assert "/mcp" in said
    searched = {name: value for name, value in secrets.items() if len(value) >= 8}
    assert len(searched) >= 20
    assert [name for name, value in searched.items() if value in said] == []


async def test_a_given_demo_password_is_not_printed(another) -> None:
    program: Program = another(empty=True)
    program.start()
    program.stop()
    assert PASSWORD not in program.all_said()
