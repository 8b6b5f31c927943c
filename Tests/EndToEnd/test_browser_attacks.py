"""What a person does twice, late or in two windows, and what another site tries with their browser. In Chromium."""

from __future__ import annotations

import json
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import WebDriverWait

from program import Program
from test_chromium import LIMIT, Listener, browser, chromium, decide, listener, sign_in  # noqa: F401
from test_factors import Tab, named  # noqa: F401
from tour import authorization, register

SCHEME = "com.example.assistant:/callback"


@pytest.fixture
def tab(chromium: webdriver.Chrome, named: Program) -> Tab:  # noqa: F811
    return Tab(chromium, f"http://localhost:{named.port}")


def asked(program: Program, redirect_uri: str, **more: str) -> str:
    """The path of the link of an assistant that registered itself."""
    return authorization(program, register(program, "Assistant", redirect_uri), redirect_uri, **more)


def answer(listener: Listener) -> dict[str, str]:  # noqa: F811
    return listener.callback().parameters


def ticket(driver: webdriver.Chrome) -> str:
    value = driver.find_element(By.NAME, "ticket").get_attribute("value")
    assert value
    return value


def cookie(driver: webdriver.Chrome, name: str = "gatehouse-session") -> str:
    found = driver.get_cookie(name)
    assert found, f"no cookie {name}: {driver.get_cookies()}"
    return found["value"]


@contextmanager
def site(html: str, host: str = "127.0.0.1") -> Iterator[str]:
    """Somebody else's web site: to a browser another address than `localhost` is another site."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{host}:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


# What comes back to the client.


def left_for(driver: webdriver.Chrome, scheme: str) -> str:
    """The address that the browser was sent away to, though no program here takes it."""

    def seen(driver: webdriver.Chrome) -> str | None:
        for entry in driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            headers = message["params"].get("headers", {})
            if message["method"] == "Network.responseReceivedExtraInfo":
                location = {name.lower(): value for name, value in headers.items()}.get("location", "")
                if location.startswith(scheme):
                    return location
        return None

    return WebDriverWait(driver, LIMIT).until(seen)


@pytest.fixture
def watched() -> Iterator[webdriver.Chrome]:
    with browser(watching=True) as driver:
        yield driver


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_the_answer_leaves_for_an_applications_own_scheme(named: Program, watched, decision: str) -> None:  # noqa: F811
    tab = Tab(watched, f"http://localhost:{named.port}")
    tab.open(asked(named, SCHEME))
    sign_in(watched)
    tab.see("It is a program on this device.")
    watched.get_log("performance")
    decide(watched, decision)
    given = parse_qs(urlsplit(left_for(watched, SCHEME)).query)
    assert given["iss"] == [tab.home] and given["state"] == ["s"]
    assert ("code" in given) == (decision == "allow")
    assert given.get("error") == (None if decision == "allow" else ["access_denied"])


def test_a_double_click_on_allow_gives_one_code(tab: Tab, named: Program, listener: Listener) -> None:  # noqa: F811
    tab.open(asked(named, listener.redirect_uri))
    sign_in(tab.driver)
    button = WebDriverWait(tab.driver, LIMIT).until(
        expected.element_to_be_clickable((By.CSS_SELECTOR, "button[value=allow]"))
    )
    tab.driver.execute_script("arguments[0].click(); arguments[0].click(); arguments[0].click();", button)
    assert "code" in answer(listener)
    assert listener.arrived.empty()
    assert [row for row in named.run("connection", "list", "--json").rows if row["name"] == "Assistant"][1:] == []


def test_back_after_allow_and_allow_again_does_nothing_twice(
    tab: Tab, named: Program, listener: Listener  # noqa: F811
) -> None:
    tab.open(asked(named, listener.redirect_uri))
    sign_in(tab.driver)
    tab.see("Give")
    first = ticket(tab.driver)
    decide(tab.driver, "allow")
    code = answer(listener)["code"]
    tab.driver.back()
    tab.see("Give")
    # Whether the browser kept the page or asked anew: the form that was decided is decided.
    tab.driver.execute_script("document.querySelector('[name=ticket]').value = arguments[0]", first)
    decide(tab.driver, "deny")
    tab.see("This was decided already")
    assert listener.arrived.empty()
    assert code


def test_a_form_that_was_open_for_too_long(chromium: webdriver.Chrome, another, listener: Listener) -> None:  # noqa: F811
    program = another()
    issuer = ("--issuer", f"http://localhost:{program.port}")
    program.start(*issuer)
    tab = Tab(chromium, issuer[1])
    tab.open(asked(program, listener.redirect_uri))
    sign_in(chromium)
    tab.see("Give")
    program.stop()
    # The same server, half an hour later.
    program.start(*issuer, later="+31m")
    decide(chromium, "allow")
    tab.see("This form has expired")
    assert listener.arrived.empty()
    program.stop()


def test_two_tabs_are_two_decisions(tab: Tab, named: Program, listener: Listener) -> None:  # noqa: F811
    driver = tab.driver
    tab.open(asked(named, listener.redirect_uri, state="first"))
    sign_in(driver)
    tab.see("Give")
    first = driver.current_window_handle
    driver.switch_to.new_window("tab")
    tab.open(asked(named, listener.redirect_uri, state="second"))
    tab.see("Give")
    decide(driver, "deny")
    assert answer(listener) == {
        "error": "access_denied", "error_description": "the person said no", "state": "second", "iss": tab.home,
    }  # fmt: skip
    driver.switch_to.window(first)
    decide(driver, "allow")
    given = answer(listener)
    assert given["state"] == "first" and "code" in given


def test_two_login_forms_of_one_browser_both_work(tab: Tab) -> None:
    driver = tab.driver
    tab.open("/account")
    tab.see("Password")
    first = driver.current_window_handle
    driver.switch_to.new_window("tab")
    tab.open("/account/activity")
    sign_in(driver)
    tab.see("My connections")
    driver.switch_to.window(first)
    sign_in(driver)
    tab.see("My connections")


# What others try.


@pytest.mark.parametrize("page", ["login", "consent", "account", "device"])
def test_no_page_of_ours_shows_in_a_frame(tab: Tab, named: Program, page: str) -> None:  # noqa: F811
    path = asked(named, SCHEME) if page in ("login", "consent") else f"/{page}"
    if page != "login":
        tab.open("/account")
        sign_in(tab.driver)
        tab.see("My connections")
    with site(f'<!doctype html><h1>Win</h1><iframe src="{tab.home}{path.replace("&", "&amp;")}"></iframe>') as elsewhere:
        # From another site, and from the same one, which could be somebody else's port.
        for address in (elsewhere, elsewhere.replace("127.0.0.1", "localhost")):
            tab.driver.get(address)
            frame = tab.driver.find_element(By.TAG_NAME, "iframe")
            tab.driver.switch_to.frame(frame)
            assert not tab.driver.find_elements(By.TAG_NAME, "form")
            assert "Gatehouse" not in tab.driver.find_element(By.TAG_NAME, "body").text
            tab.driver.switch_to.default_content()
    assert any("frame-ancestors" in entry["message"] for entry in tab.driver.get_log("browser"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_another_site_posts_no_form_of_ours(
    tab: Tab, named: Program, listener: Listener, host: str  # noqa: F811
) -> None:
    tab.open(asked(named, listener.redirect_uri))
    sign_in(tab.driver)
    tab.see("Give")
    # The worst case: the other site even knows the ticket of the form.
    stolen = ticket(tab.driver)
    form = (
        f'<form method="post" action="{tab.home}/oauth/consent"><input name="ticket" value="{stolen}">'
        '<input name="scope" value="mcp:read"><button name="decision" value="allow">Win a prize</button></form>'
    )
    with site(form, host) as elsewhere:
        tab.driver.get(elsewhere)
        tab.click("Win a prize")
        tab.see("This form has expired")
    assert listener.arrived.empty()
    key = f'<form method="post" action="{tab.home}/account/keys"><input name="name" value="x"><button>Go</button></form>'
    with site(key, host) as elsewhere:
        tab.driver.get(elsewhere)
        tab.click("Go")
        WebDriverWait(tab.driver, LIMIT).until(lambda driver: driver.current_url.endswith("/account/keys"))
        assert "Copy it now." not in tab.driver.page_source
    assert not [row for row in named.run("connection", "list", "--json").rows if row["name"] in ("x", "Assistant")]


def test_a_form_replayed_after_sign_out_is_refused(tab: Tab, named: Program, listener: Listener) -> None:  # noqa: F811
    tab.open(asked(named, listener.redirect_uri))
    sign_in(tab.driver)
    tab.see("Give")
    old_ticket, old_cookie = ticket(tab.driver), cookie(tab.driver)
    tab.open("/logout")
    tab.driver.find_element(By.CSS_SELECTOR, "main button[type=submit]").click()
    tab.see("You are signed out")
    fields = {"ticket": old_ticket, "decision": "allow", "scope": "mcp:read"}
    # With the cookie that was signed out, and with the one of a new session of the same person.
    tab.open("/account")
    sign_in(tab.driver)
    tab.see("My connections")
    for held in (old_cookie, cookie(tab.driver)):
        replayed = httpx2.post(
            tab.home + "/oauth/consent", data=fields, cookies={"gatehouse-session": held},
            headers={"Sec-Fetch-Site": "same-origin", "Origin": tab.home},
        )  # fmt: skip
        assert replayed.status_code == 403 and "This form has expired" in replayed.text
    assert listener.arrived.empty()


def test_a_cookie_of_another_instance_opens_nothing(tab: Tab, named: Program, another) -> None:  # noqa: F811
    """Cookies know no ports: on one host, every instance gets those of the others."""
    other = another(empty=True)
    other.start("--issuer", f"http://localhost:{other.port}")
    tab.open("/account")
    sign_in(tab.driver)
    tab.see("My connections")
    there = Tab(tab.driver, f"http://localhost:{other.port}")
    there.open("/account")
    there.see("Password")
    assert "My connections" not in tab.driver.page_source
    # Nor is a form of the one anything to the other.
    foreign = ticket(tab.driver)
    tab.driver.delete_cookie("gatehouse-session")
    tab.open("/account")
    tab.see("Password")
    tab.driver.execute_script("document.querySelector('[name=ticket]').value = arguments[0]", foreign)
    sign_in(tab.driver)
    tab.see("This form has expired")
    other.stop()


def test_a_remembered_consent_is_silent_for_the_person_and_not_for_another_site(
    tab: Tab, named: Program  # noqa: F811
) -> None:
    driver = tab.driver
    arrival = tab.home + "/account"
    made = named.run("client", "add", "--name", "Portal", "--redirect-uri", arrival, "--confidential", "--json")
    path = authorization(named, made.json["client_id"], arrival)
    tab.open(path)
    sign_in(driver)
    tab.see("Don't ask again for this")
    driver.find_element(By.ID, "remember").click()
    decide(driver, "allow")
    tab.see("My connections")
    tab.open("/device")
    tab.open(path)
    tab.see("My connections")
    assert "code=" in driver.current_url, "opened by its person, it is answered at once"
    link = (tab.home + path).replace("&", "&amp;")
    for host in ("127.0.0.1", "localhost"):
        with site(f'<a href="{link}">Go on</a>', host) as elsewhere:
            driver.get(elsewhere)
            tab.click("Go on")
            tab.see("Don't ask again for this")
    tab.open("/account")
    tab.click("Portal")
    tab.click("Ask me again")
    tab.miss("What you are not asked for again")
    tab.see("What it may do")
    tab.open(path)
    tab.see("Don't ask again for this")


# Cookies with TLS.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    place = tmp_path_factory.mktemp("tls")
    chain, key = str(place / "chain.pem"), str(place / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", chain],
        check=True, capture_output=True,
    )  # fmt: skip
    return chain, key


def test_with_tls_cookies_are_bound_to_the_host(another, certificate: tuple[str, str]) -> None:
    chain, key = certificate
    program = another()
    home = f"https://localhost:{program.port}"
    program.start("--issuer", home, "--tls-certificate", chain, "--tls-key", key)
    with browser(insecure=True) as driver:
        tab = Tab(driver, home)
        tab.open("/account")
        sign_in(driver)
        tab.see("My connections")
        held = {each["name"]: each for each in driver.get_cookies()}
        assert held.keys() == {"__Host-gatehouse-session", "__Host-gatehouse-visit", "__Host-gatehouse-device"}
        for each in held.values():
            assert each["secure"] and each["httpOnly"] and each["path"] == "/" and each["sameSite"] == "Lax"
            assert not each["domain"].startswith("."), "of this very host"
        before = held["__Host-gatehouse-session"]["value"]
        assert driver.execute_script("return document.cookie") == ""

        # Without the prefix it is another cookie: one that a neighbour without TLS could plant is not looked at.
        driver.delete_cookie("__Host-gatehouse-session")
        driver.add_cookie({"name": "gatehouse-session", "value": before, "path": "/"})
        tab.open("/account")
        tab.see("Password")
        # A new sign-in is a new session.
        sign_in(driver)
        tab.see("My connections")
        assert cookie(driver, "__Host-gatehouse-session") != before
    program.stop()
