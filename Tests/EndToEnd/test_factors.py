"""Second factors, passkeys, one-time links and letters, in a real browser and with a real mail server."""

from __future__ import annotations

import base64
import email
import hashlib
import hmac
import re
import struct
import time
from dataclasses import dataclass
from queue import Empty, Queue
from typing import Iterator
from urllib.parse import urljoin

import pytest
from aiosmtpd.controller import Controller
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import WebDriverWait

from person import Page, Person
from program import PASSWORD, Program, free_port
from test_chromium import LIMIT, chromium, complaints, sign_in  # noqa: F401

STEP = 30


def code(secret: str, step: int = 0) -> str:
    """RFC 6238, by somebody else's hand."""
    secret = secret.replace(" ", "")
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(time.time()) // STEP + step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.fixture
def named(another) -> Program:
    """A server with a name, since browsers give no passkeys to addresses."""
    program = another()
    return program.start("--issuer", f"http://localhost:{program.port}")


@dataclass
class Tab:
    """What a person does in a browser."""

    driver: webdriver.Chrome
    home: str

    def open(self, path: str) -> None:
        self.driver.get(self.home + path)

    def see(self, words: str) -> None:
        WebDriverWait(self.driver, LIMIT).until(lambda driver: words in driver.page_source, f"no {words!r}")

    def miss(self, words: str) -> None:
        """Waits until the words are gone: right after a click, the page before may still stand there."""
        WebDriverWait(self.driver, LIMIT).until_not(lambda driver: words in driver.page_source, f"still {words!r}")

    def click(self, words: str) -> None:
        path = f"//*[self::a or self::button][contains(normalize-space(.), {words!r})]"
        WebDriverWait(self.driver, LIMIT).until(expected.element_to_be_clickable((By.XPATH, path))).click()

    def type(self, name: str, text: str) -> None:
        field = WebDriverWait(self.driver, LIMIT).until(expected.element_to_be_clickable((By.NAME, name)))
        field.clear()
        field.send_keys(text)

    def send(self, name: str, text: str) -> None:
        self.type(name, text)
        self.driver.find_element(By.NAME, name).send_keys(Keys.ENTER)

    def forget(self) -> None:
        """Ends the session, but not the device."""
        self.driver.delete_cookie("gatehouse-session")


@pytest.fixture
def tab(chromium: webdriver.Chrome, named: Program) -> Tab:
    return Tab(chromium, f"http://localhost:{named.port}")


@pytest.fixture
def finger(chromium: webdriver.Chrome) -> webdriver.Chrome:
    """An authenticator that knows its owner's finger."""
    options = VirtualAuthenticatorOptions()
    options.protocol = VirtualAuthenticatorOptions.Protocol.CTAP2
    options.transport = VirtualAuthenticatorOptions.Transport.INTERNAL
    options.has_resident_key = True
    options.has_user_verification = True
    options.is_user_verified = True
    chromium.add_virtual_authenticator(options)
    return chromium


def test_an_authenticator_app_from_the_account_page_to_the_next_login(tab: Tab) -> None:
    tab.open("/account/security")
    sign_in(tab.driver)
    tab.see("Ways to sign in")
    tab.click("Add an authenticator app")
    tab.see("Scan this")
    secret = tab.driver.find_element(By.ID, "secret").text
    assert secret
    picture = tab.driver.find_element(By.CSS_SELECTOR, "svg.qr")
    assert picture.size["width"] > 100, "the QR code is shown under the content security policy"
    used = code(secret)
    tab.send("code", used)
    tab.see("Your recovery codes")
    codes = [item.text for item in tab.driver.find_elements(By.CSS_SELECTOR, "ul.codes code")]
    assert len(set(codes)) == 10
    tab.click("I have kept them")
    tab.see("On: six digits after the password")

    tab.forget()
    tab.open("/account")
    sign_in(tab.driver)
    tab.see("One more step")
    tab.send("code", used)
    tab.see("That code is not right, or it was used before.")
    tab.send("code", code(secret, 1))
    tab.see("My connections")

    tab.forget()
    tab.open("/account")
    sign_in(tab.driver)
    tab.send("code", codes[0])
    tab.see("My connections")
    tab.open("/account/security")
    tab.see("9 left")
    tab.click("Remove the authenticator app")
    tab.see("Remove the authenticator app?")
    tab.click("Remove")
    tab.see("Off")
    tab.forget()
    tab.open("/account")
    sign_in(tab.driver)
    tab.see("My connections")
    # Chromium logs the 401 that a wrong code is answered with.
    assert [line for line in complaints(tab.driver) if "401" not in line] == []


def test_a_passkey_alone_and_as_the_second_factor(tab: Tab, finger: webdriver.Chrome) -> None:
    tab.open("/account/security")
    sign_in(tab.driver)
    tab.click("Add a passkey")
    tab.type("name", "My laptop")
    tab.click("Add the passkey")
    tab.see("Your recovery codes")
    tab.click("I have kept them")
    tab.see("My laptop")
    credentials = finger.get_credentials()
    assert len(credentials) == 1 and credentials[0].is_resident_credential
    assert credentials[0].rp_id == "localhost"

    # Without a user name.
    tab.forget()
    tab.open("/account")
    tab.click("Sign in with a passkey")
    tab.see("My connections")
    tab.open("/account/security")
    tab.see("by passkey")

    # After the password.
    tab.forget()
    tab.open("/account")
    sign_in(tab.driver)
    tab.see("One more step")
    tab.click("Use your passkey")
    tab.see("My connections")

    # Somebody who is not the owner.
    tab.forget()
    finger.set_user_verified(False)
    tab.open("/account")
    tab.click("Sign in with a passkey")
    tab.see("Try again, or sign in with your password.")
    WebDriverWait(tab.driver, LIMIT).until(
        lambda driver: driver.find_element(By.CSS_SELECTOR, "[data-failure]").is_displayed()
    )
    finger.set_user_verified(True)

    # A device that has it already does not make another.
    tab.open("/account")
    tab.click("Sign in with a passkey")
    tab.see("My connections")
    tab.open("/account/security/passkeys")
    tab.type("name", "Again")
    tab.click("Add the passkey")
    WebDriverWait(tab.driver, LIMIT).until(
        lambda driver: driver.find_element(By.CSS_SELECTOR, "[data-failure]").is_displayed()
    )

    # Taken away, it opens nothing.
    tab.open("/account/security")
    tab.click("Remove My laptop")
    tab.click("Remove")
    tab.see("None yet.")
    tab.forget()
    tab.open("/account")
    tab.click("Sign in with a passkey")
    tab.see("That passkey did not work here.")
    assert [line for line in complaints(tab.driver) if "401" not in line] == []


def test_a_security_key_that_has_to_be_told_whose_it_is(tab: Tab, chromium: webdriver.Chrome) -> None:
    options = VirtualAuthenticatorOptions()
    options.transport = VirtualAuthenticatorOptions.Transport.USB
    options.has_resident_key = False
    options.has_user_verification = True
    options.is_user_verified = True
    chromium.add_virtual_authenticator(options)
    tab.open("/account/security")
    sign_in(tab.driver)
    tab.click("Add a passkey")
    tab.type("name", "My key ring")
    tab.click("Add the passkey")
    tab.see("Your recovery codes")
    assert not chromium.get_credentials()[0].is_resident_credential
    tab.forget()
    tab.open("/account")
    tab.click("Use a security key")
    tab.see("Type your user name first.")
    tab.type("login", "sales")
    tab.click("Use a security key")
    tab.click("Use your passkey")
    tab.see("My connections")
    # A name that nobody has is asked for a key as well.
    tab.forget()
    tab.open("/account")
    tab.type("login", "nobody")
    tab.click("Use a security key")
    tab.see("Use your passkey")


def test_where_one_is_signed_in(tab: Tab, named: Program) -> None:
    with Person() as other:
        page = other.open(f"{tab.home}/account")
        assert isinstance(page, Page)
        other.sign_in(page)
        tab.open("/account/security")
        sign_in(tab.driver)
        tab.see("This browser")
        assert tab.driver.page_source.count("End<span") == 1
        tab.click("End this session")
        tab.see("End this session?")
        tab.click("End")
        tab.see("This browser")
        tab.miss("End<span")
        again = other.open(f"{tab.home}/account")
        assert isinstance(again, Page) and again.has("password")


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(named: Program) -> None:
    home = f"http://localhost:{named.port}"
    with Person() as one, Person() as two:
        for person in (one, two):
            page = person.open(f"{home}/account")
            assert isinstance(page, Page)
            person.sign_in(page)
        page = one.open(f"{home}/account/security/password")
        assert isinstance(page, Page)
        wrong = one.submit(page, page.form_with("current"), {"current": "x" * 12, "password": "a new passphrase"})
        assert isinstance(wrong, Page) and wrong.status == 401
        done = one.submit(wrong, wrong.form_with("current"), {"current": PASSWORD, "password": "a new passphrase"})
        assert isinstance(done, Page) and done.status == 200 and "Ways to sign in" in done.text
        gone = two.open(f"{home}/account")
        assert isinstance(gone, Page) and gone.has("password")
        assert (old := two.sign_in(gone)) and isinstance(old, Page) and old.status == 401
        two.password = "a new passphrase"
        new = two.sign_in(old)
        assert isinstance(new, Page) and "My connections" in new.text


def link(outcome) -> str:
    return outcome.json["link"]


def test_the_first_administrator_comes_by_a_link_and_has_to_add_a_factor(another) -> None:
    program = another(empty=True)
    issuer = f"http://localhost:{program.port}"
    url = link(program.run("setup", "--issuer", issuer, "--json"))
    program.start("--issuer", issuer, demo=False)
    program.run("user", "require-factor", "--group", "base/admin")
    with Person() as root:
        for turn in range(2):  # To look uses nothing up.
            page = root.open(url)
            assert isinstance(page, Page) and page.status == 200
        short = root.submit(page, page.form_with("login"), {"login": "root", "name": "Root", "password": "short"})
        assert isinstance(short, Page) and short.status == 400
        page = root.submit(
            short, short.form_with("login"), {"login": "root", "name": "Root", "password": "a long passphrase"}
        )
        assert isinstance(page, Page) and "Your company asks for it" in page.text
        secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page.html)
        assert secret
        codes = root.submit(page, page.form_with("code"), {"code": code(secret.group(1))})
        assert isinstance(codes, Page) and "Your recovery codes" in codes.text
        account = root.open(issuer + "/account")
        assert isinstance(account, Page) and "My connections" in account.text
        used = root.open(url)
        assert isinstance(used, Page) and used.status == 410
    assert program.command("setup", "--issuer", issuer).code == 1
    program.stop()


class Letters:
    """A mail server that keeps what it gets, and may be busy."""

    def __init__(self) -> None:
        self.arrived: Queue[tuple[list[str], str]] = Queue()
        self.answers: list[str] = []
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        message = email.message_from_bytes(envelope.content)
        body = message.get_payload(decode=True)
        assert isinstance(body, bytes)
        self.arrived.put((envelope.rcpt_tos, body.decode()))
        return "250 OK"

    def next(self) -> tuple[list[str], str]:
        try:
            return self.arrived.get(timeout=LIMIT)
        except Empty:
            raise AssertionError("no letter came") from None


@pytest.fixture
def letters() -> Iterator[Letters]:
    made = Letters()
    yield made
    made.controller.stop()


def test_invited_by_mail_and_reset_by_mail(another, letters: Letters) -> None:
    program = another()
    mail = ("--smtp-url", f"smtp://127.0.0.1:{letters.port}", "--smtp-from", "gate@example.com")
    program.start(*mail)
    invited = program.run(
        "user", "invite", "--mail", "eve@example.com", "--group", "sales/user", "--issuer", program.origin, *mail,
        "--json",
    )  # fmt: skip
    recipients, text = letters.next()
    assert recipients == ["eve@example.com"] and link(invited) in text
    with Person("eve", "first passphrase") as eve:
        page = eve.open(link(invited))
        assert isinstance(page, Page)
        done = eve.submit(page, page.form_with("login"), {"login": "eve", "name": "Eve", "password": eve.password})
        assert isinstance(done, Page) and "My connections" in done.text

    with Person("eve", "second passphrase") as eve:
        login = eve.open(f"{program.origin}/account")
        assert isinstance(login, Page) and "/login/forgotten" in login.html
        said = set()
        for name in ("nobody", "sales", "eve@example.com"):
            page = eve.open(f"{program.origin}/login/forgotten")
            assert isinstance(page, Page)
            answer = eve.submit(page, page.form_with("login"), {"login": name})
            assert isinstance(answer, Page) and answer.status == 200
            said.add(answer.html)
        assert len(said) == 1, "the answer tells who there is"
        recipients, text = letters.next()
        assert recipients == ["eve@example.com"] and letters.arrived.empty()
        url = re.search(r"http://\S+/link/\S+", text)
        assert url
        page = eve.open(url.group(0))
        assert isinstance(page, Page)
        after = eve.submit(page, page.form_with("password"), {"password": eve.password})
        assert isinstance(after, Page) and after.has("password"), "a link alone signs nobody in"
        done = eve.sign_in(after)
        assert isinstance(done, Page) and "My connections" in done.text
    assert url.group(0).rsplit("/", 1)[1] not in program.all_said()
    program.stop()


def test_passwords_are_guessed_slowly_and_the_owner_is_not_locked_out(tab: Tab, named: Program) -> None:
    tab.open("/account")
    sign_in(tab.driver)
    tab.see("My connections")
    with Person("sales", "wrong") as attacker:
        page = attacker.open(f"{tab.home}/account")
        statuses = []
        for _ in range(8):
            assert isinstance(page, Page)
            page = attacker.sign_in(page)
            assert isinstance(page, Page)
            statuses.append(page.status)
        assert statuses[0] == 401 and statuses[-1] == 429
        assert int(page.headers["retry-after"]) > 0
    # The same address, but a device that the owner signed in on.
    tab.forget()
    tab.open("/account")
    sign_in(tab.driver)
    tab.see("My connections")
