"""Once with a real browser: Chromium enforces what a parser of forms does not (CSP, cookies, Origin)."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import threading
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Iterator
from zoneinfo import ZoneInfo

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import WebDriverWait

from official import Denied, Memory, browser_login, connect, inner
from person import Callback, Person
from program import PASSWORD, Program
from wire import works

pytestmark = pytest.mark.anyio

LIMIT = 20.0


class Listener:
    """The loopback port of a native client: it waits for the browser to come back."""

    def __init__(self) -> None:
        arrived: Queue[str] = Queue()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/callback"):
                    arrived.put(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><title>Done</title><p>You may close this window.")

            def log_message(self, *_: object) -> None:
                pass

        self.arrived = arrived
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.redirect_uri = f"http://127.0.0.1:{self.server.server_address[1]}/callback"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def callback(self) -> Callback:
        try:
            path = self.arrived.get(timeout=LIMIT)
        except Empty:
            raise AssertionError("the browser never came back to the client") from None
        return Callback(self.redirect_uri.removesuffix("/callback") + path)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


@contextmanager
def browser(*, watching: bool = False, insecure: bool = False, scripts: bool = True) -> Iterator[webdriver.Chrome]:
    """A Chromium: one that tells what it sends and gets, takes any certificate, or runs no script, as a test wants it."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1100,900"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.accept_insecure_certs = insecure
    if not scripts:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"} | ({"performance": "ALL"} if watching else {}))
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_page_load_timeout(LIMIT)
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture
def chromium() -> Iterator[webdriver.Chrome]:
    with browser() as driver:
        yield driver


def sign_in(chromium: webdriver.Chrome, login: str = "sales") -> None:
    WebDriverWait(chromium, LIMIT).until(expected.presence_of_element_located((By.NAME, "password")))
    chromium.find_element(By.NAME, "login").send_keys(login)
    chromium.find_element(By.NAME, "password").send_keys(PASSWORD, Keys.ENTER)


def decide(chromium: webdriver.Chrome, decision: str) -> None:
    button = (By.CSS_SELECTOR, f"button[name=decision][value={decision}]")
    WebDriverWait(chromium, LIMIT).until(expected.element_to_be_clickable(button)).click()


def complaints(chromium: webdriver.Chrome) -> list[str]:
    """What the console says about the pages: refused styles, blocked redirects, missing files."""
    # That a test types sooner than the page has set its cursor is no complaint about the page.
    harmless = ("favicon", "Autofocus processing was blocked")
    messages = [entry["message"] for entry in chromium.get_log("browser")]
    return [message for message in messages if not any(words in message for words in harmless)]


async def through(chromium: webdriver.Chrome, listener: Listener, url: str, decision: str) -> Callback:
    def walk() -> Callback:
        chromium.get(url)
        sign_in(chromium)
        decide(chromium, decision)
        return listener.callback()

    return await asyncio.to_thread(walk)


async def test_allow_leads_the_browser_back_to_the_client(gatehouse: Program, chromium, listener: Listener) -> None:
    memory = Memory()
    login = browser_login(
        gatehouse.url, Person(), memory, redirect_uri=listener.redirect_uri,
        visit=lambda url: through(chromium, listener, url, "allow"),
    )  # fmt: skip
    async with connect(gatehouse.url, auth=login) as conversation:
        found = await conversation.call("search_read", model="res.partner", fields=["name"], limit=1)
        assert len(found["records"]) == 1
    assert complaints(chromium) == []


async def test_deny_leads_the_browser_back_to_the_client(gatehouse: Program, chromium, listener: Listener) -> None:
    login = browser_login(
        gatehouse.url, Person(), Memory(), redirect_uri=listener.redirect_uri,
        visit=lambda url: through(chromium, listener, url, "deny"),
    )  # fmt: skip
    with pytest.raises(BaseException) as failure:
        async with connect(gatehouse.url, auth=login):
            pass
    denied = inner(failure.value, Denied)
    assert isinstance(denied, Denied), failure.value
    assert denied.parameters["error"] == "access_denied"
    assert complaints(chromium) == []


async def test_a_person_makes_a_key_on_the_account_page(gatehouse: Program, chromium) -> None:
    def walk() -> str:
        chromium.get(f"{gatehouse.origin}/account")
        sign_in(chromium)
        name = WebDriverWait(chromium, LIMIT).until(expected.presence_of_element_located((By.NAME, "name")))
        name.send_keys("My laptop", Keys.ENTER)
        WebDriverWait(chromium, LIMIT).until(lambda driver: KEY.search(driver.page_source))
        return KEY.search(chromium.page_source).group(0)  # type: ignore[union-attr]

    key = await asyncio.to_thread(walk)
    assert works(gatehouse, key)
    chromium.get(f"{gatehouse.origin}/account")
    assert "My laptop" in chromium.page_source
    assert key not in chromium.page_source, "a key is shown once"
    assert complaints(chromium) == []


async def test_a_new_key_is_copied_by_a_button_and_moments_are_in_the_persons_zone(gatehouse: Program, chromium) -> None:
    chromium.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"origin": gatehouse.origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]},
    )
    chromium.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Kathmandu"})
    chromium.get(f"{gatehouse.origin}/account")
    sign_in(chromium)
    name = WebDriverWait(chromium, LIMIT).until(expected.presence_of_element_located((By.NAME, "name")))
    name.send_keys("To be copied", Keys.ENTER)
    button = (By.CSS_SELECTOR, "button[data-copies=key]")
    WebDriverWait(chromium, LIMIT).until(expected.element_to_be_clickable(button)).click()
    WebDriverWait(chromium, LIMIT).until(expected.text_to_be_present_in_element(button, "Copied"))
    key = chromium.find_element(By.ID, "key").get_attribute("value")
    copied = chromium.execute_async_script("navigator.clipboard.readText().then(arguments[0], arguments[0])")
    assert copied == key and KEY.fullmatch(key)
    # Nepal is a quarter of an hour off everybody else, so no other zone shows these minutes.
    moment = chromium.find_element(By.TAG_NAME, "time")
    there, shown = moment.get_attribute("datetime"), moment.text
    assert there and there.endswith("Z")
    here = datetime.fromisoformat(there).astimezone(ZoneInfo("Asia/Kathmandu"))
    assert f"{here:%b} {here.day}, {here.year}" in shown and f":{here:%M}" in shown, (there, shown)
    assert moment.get_attribute("title") == f"{there[:10]} {there[11:16]} UTC"
    assert complaints(chromium) == []


def test_without_scripts_the_account_page_does_the_same(gatehouse: Program) -> None:
    with browser(scripts=False) as chromium:
        chromium.get(f"{gatehouse.origin}/account")
        sign_in(chromium)
        name = WebDriverWait(chromium, LIMIT).until(expected.presence_of_element_located((By.NAME, "name")))
        name.send_keys("By hand", Keys.ENTER)
        key = WebDriverWait(chromium, LIMIT).until(expected.presence_of_element_located((By.ID, "key")))
        assert works(gatehouse, key.get_attribute("value") or "")
        assert not chromium.find_element(By.CSS_SELECTOR, "button[data-copies=key]").is_displayed()
        assert chromium.find_element(By.TAG_NAME, "time").text.endswith(" UTC")


KEY = re.compile(r"\bgk_[a-z]+_[0-9A-Za-z]+_[0-9A-Za-z]+_[0-9A-Za-z]+\b")
