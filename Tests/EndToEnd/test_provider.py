"""Signing in at a company's identity provider that nobody here wrote: Debian's Glewlwyd, over TLS."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from person import Callback, Page, Person
from program import PASSWORD, Program
from provider import Glewlwyd

REDIRECT = "http://127.0.0.1:9/callback"


@pytest.fixture
def company(another: Callable[..., Program], tmp_path: Path) -> Iterator[tuple[Program, Glewlwyd]]:
    program = another()
    provider = Glewlwyd(tmp_path / "provider")
    try:
        words = ["provider", "add", "acme", "--issuer-url", provider.issuer, "--client-id", provider.CLIENT[0],
                 "--client-secret-stdin", "--label", "Acme", "--scope", "openid", "--create", "--link",
                 "--domain", "acme.example", "--trust-mail", "--company", "My Company", "--group", "sales/user",
                 "--issuer", program.origin]  # fmt: skip
        made = program.run(*words, "--json", input=provider.CLIENT[1]).json
        assert made["redirect_uri"] == f"{program.origin}/login/provider/acme/callback"
        provider.configure(made["redirect_uri"])
        program.start(
            "--outbound-allowed", "127.0.0.1/32", "--outbound-authorities", str(provider.certificate),
            "--local-login", "administrators",
        )  # fmt: skip
        yield program, provider
    finally:
        provider.close()


def link(program: Program, **more: str) -> str:
    client = program.run("client", "add", "--name", "App", "--redirect-uri", REDIRECT, "--public", "--json").json
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    query = {"response_type": "code", "client_id": client["client_id"], "redirect_uri": REDIRECT, "scope": "mcp:read",
             "code_challenge": challenge, "code_challenge_method": "S256", "state": "s", **more}  # fmt: skip
    return f"{program.origin}/oauth/authorize?" + "&".join(f"{name}={value}" for name, value in query.items())


def sign_in(person: Person, provider: Glewlwyd, page: Page | Callback) -> Page | Callback:
    assert isinstance(page, Page)
    button = next(form for form in page.forms if form.action.endswith("/login/provider/acme"))
    away = person.submit(page, button, {})
    assert isinstance(away, Callback) and away.url.startswith(provider.origin), away.url
    return person.open(provider.visit(away.url))


def test_a_person_of_the_company_comes_in_by_its_provider(company: tuple[Program, Glewlwyd]) -> None:
    program, provider = company
    with Person() as person:
        page = person.open(link(program))
        assert isinstance(page, Page) and "Continue with Acme" in page.text
        consent = sign_in(person, provider, page)
        assert isinstance(consent, Page) and consent.has("decision"), program.all_said()[-1500:]
        assert "Ann Acme" in consent.text and "My Company" in consent.text
        done = person.decide(consent)
        assert isinstance(done, Callback) and done.parameters["code"]
    users = [row for row in program.run("user", "list", "--json").rows if row["login"] == provider.MAIL]
    assert users and users[0]["groups"] == ["sales/user"] and not users[0]["is_administrator"]
    # Another browser, the same person: nothing is made anew, and her account page knows her.
    with Person() as person:
        page = sign_in(person, provider, person.open(f"{program.origin}/account"))
        assert isinstance(page, Page) and page.status == 200 and "App" in page.text
    assert len(program.run("user", "list", "--json").rows) == 6
    said = program.all_said()
    assert provider.CLIENT[1] not in said and "code=" not in said


def test_a_callback_that_came_before_or_from_elsewhere_opens_nothing(company: tuple[Program, Glewlwyd]) -> None:
    program, provider = company
    with Person() as person, Person() as victim:
        page = person.open(link(program))
        assert isinstance(page, Page)
        away = person.submit(page, page.forms[0], {})
        assert isinstance(away, Callback)
        state = parse_qs(urlsplit(away.url).query)["state"][0]
        assert len(state) < 2000
        back = provider.visit(away.url)
        victim.open(link(program))
        refused = victim.open(back)
        assert isinstance(refused, Page) and refused.status == 403
        assert isinstance(person.open(back), Page)
        again = person.open(back)
        assert isinstance(again, Page) and again.status == 409


def test_with_local_login_for_administrators_others_have_no_password(company: tuple[Program, Glewlwyd]) -> None:
    program, _ = company
    with Person("sales", PASSWORD) as sales, Person("admin", PASSWORD) as admin:
        refused = sales.sign_in(sales.open(f"{program.origin}/account"))
        assert isinstance(refused, Page) and refused.status == 401 and "do not match" in refused.text
        let_in = admin.sign_in(admin.open(f"{program.origin}/account"))
        assert isinstance(let_in, Page) and let_in.status == 200


def test_a_provider_that_is_down_is_said_to_be(company: tuple[Program, Glewlwyd]) -> None:
    program, provider = company
    provider.close()
    with Person() as person:
        page = person.open(f"{program.origin}/account")
        assert isinstance(page, Page)
        answer = person.submit(page, page.forms[0], {})
        assert isinstance(answer, Page) and answer.status == 503 and "Acme can't be reached" in answer.text
