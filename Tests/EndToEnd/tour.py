"""A walk through every page that there is, as one person after the other meets it."""

from __future__ import annotations

import re
from typing import Iterator
from urllib.parse import urlencode

import httpx2
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from person import Page, Person
from program import PASSWORD, Program
from test_chromium import LIMIT, decide, sign_in
from test_factors import Tab, code, link

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

HOSTILE = (
    '"><img src=x onerror=alert(1)> {{7*7}} \u202eesuohetaG\u202c approved\nby your company '
    + "Wide" * 40
    + "".join(letter + "\u0301\u0302\u0303\u0304\u0305" for letter in "zalgo")
)


def register(program: Program, name: str, redirect_uri: str) -> str:
    answer = httpx2.post(
        f"http://localhost:{program.port}/oauth/register",
        json={"client_name": name, "redirect_uris": [redirect_uri], "token_endpoint_auth_method": "none"},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["client_id"]


def authorization(program: Program, client_id: str, redirect_uri: str, **more: str) -> str:
    """The path of a client's link."""
    asked = {
        "response_type": "code", "client_id": client_id, "redirect_uri": redirect_uri, "state": "s",
        "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        "scope": "mcp:read mcp:write mcp:execute offline_access",
        "resource": f"http://localhost:{program.port}/mcp",
    }  # fmt: skip
    return "/oauth/authorize?" + urlencode(asked | more)


class Tour:
    """The pages of one installation. It yields the name of each one while the browser shows it."""

    def __init__(self, driver: webdriver.Chrome, program: Program, fresh: Program) -> None:
        self.driver = driver
        self.program = program
        """With people, and named by `localhost`, so that there are passkeys; it can send mail."""
        self.fresh = fresh
        """Where nobody has an account yet."""
        self.tab = Tab(driver, f"http://localhost:{program.port}")
        self.codes: list[str] = []
        self.secret = ""

    def client(self, name: str, redirect_uri: str, *words: str) -> str:
        made = self.program.run("client", "add", "--name", name, "--redirect-uri", redirect_uri, *words, "--json")
        return made.json["client_id"]

    def ready(self) -> None:
        WebDriverWait(self.driver, LIMIT).until(
            lambda driver: driver.execute_script("return document.readyState") == "complete"
        )

    def pages(self) -> Iterator[str]:
        for part in (
            self.beginning, self.signing_in, self.errors, self.letting_in, self.devices, self.account, self.security,
            self.approvals, self.second_step, self.leaving,
        ):  # fmt: skip
            for name in part():
                self.ready()
                yield name

    # Nobody is signed in.

    def beginning(self) -> Iterator[str]:
        tab = Tab(self.driver, f"http://localhost:{self.fresh.port}")
        issuer = ("--issuer", tab.home)
        self.driver.get(link(self.fresh.run("setup", *issuer, "--json")))
        tab.see("Make the administrator")
        yield "setup"
        tab.type("login", "root")
        tab.type("name", "Rosa Root")
        tab.send("password", PASSWORD)
        tab.see("Your company asks for it")
        yield "enrol-required"
        tab.send("code", code(self.driver.find_element(By.ID, "secret").text))
        tab.see("Your recovery codes")
        yield "recovery-codes"
        tab.click("I have kept them")
        tab.see("Nothing yet.")
        yield "account-empty"
        tab.open("/account/activity")
        tab.see("My activity")
        yield "activity-first"
        self.driver.delete_all_cookies()
        invitation = link(
            self.fresh.run("user", "invite", "--mail", "eve@example.com", "--group", "sales/user", *issuer, "--json")
        )
        self.driver.get(invitation)
        tab.see("Welcome to Gatehouse")
        yield "invitation"
        self.driver.get(link(self.fresh.run("user", "reset", "root", *issuer, "--json")))
        tab.see("Choose a new password")
        yield "reset"
        tab.send("password", "short-no")
        tab.open("/link/none")
        tab.see("This link works no more")
        yield "link-over"
        self.driver.delete_all_cookies()
        self.fresh.run(
            "provider", "add", "acme", "--issuer-url", "https://127.0.0.1:9", "--client-id", "gate",
            "--client-secret-stdin", "--label", "Acme", "--link", "--domain", "acme.example", *issuer, input="secret",
        )  # fmt: skip
        tab.open("/account")
        tab.see("Continue with Acme")
        yield "login-provider"
        tab.click("Continue with Acme")
        tab.see("Acme gave no proper answer")
        yield "error-provider"
        self.fresh.stop()
        self.fresh.start(*issuer, "--local-login", "administrators", demo=False)
        tab.open("/account")
        tab.see("Sign in as an administrator")
        yield "login-provider-only"

    def signing_in(self) -> Iterator[str]:
        tab = self.tab
        tab.open("/")
        tab.see("Connect an assistant")
        yield "home"
        tab.open("/account")
        tab.see("Forgot your password?")
        yield "login"
        tab.type("login", "sales")
        tab.send("password", "not the password")
        tab.see("do not match")
        yield "login-failed"
        tab.open("/login/forgotten")
        tab.see("Send me a letter")
        yield "forgotten"
        tab.send("login", "nobody")
        tab.see("a letter is on its way")
        yield "forgotten-sent"
        assistant = register(self.program, "Claude Code", "http://localhost:51234/callback")
        self.link = authorization(self.program, assistant, "http://localhost:51234/callback")
        tab.open(self.link)
        tab.see("to go on to")
        yield "login-for-a-client"
        sign_in(self.driver)
        tab.see("Give")

    # Somebody is signed in.

    def letting_in(self) -> Iterator[str]:
        tab = self.tab
        tab.open(self.link)
        tab.see("It runs on this computer.")
        yield "consent"
        hostile = register(self.program, HOSTILE, "https://" + "login.northwind." * 8 + "evil.example/callback")
        tab.open(authorization(self.program, hostile, "https://" + "login.northwind." * 8 + "evil.example/callback"))
        tab.see("Nobody has checked this app.")
        yield "consent-hostile"
        like = register(self.program, "Gаtеhоusе Security", "com.example.gate:/callback")
        tab.open(authorization(self.program, like, "com.example.gate:/callback"))
        tab.see("It is not Gatehouse.")
        yield "consent-look-alike"
        portal = self.client("Partner portal", f"{tab.home}/account", "--confidential")
        self.known = authorization(self.program, portal, f"{tab.home}/account")
        tab.open(self.known)
        tab.see("Don't ask again for this")
        yield "consent-remember"
        self.driver.find_element(By.ID, "remember").click()
        decide(self.driver, "allow")
        tab.see("My connections")

    def devices(self) -> Iterator[str]:
        tab = self.tab
        television = self.program.run("client", "add", "--name", "Screen in the hall", "--device", "--public", "--json")
        asked = httpx2.post(
            f"{tab.home}/oauth/device_authorization",
            data={"client_id": television.json["client_id"], "scope": "mcp:read"},
        ).json()
        tab.open("/device")
        tab.see("Type the code")
        yield "device"
        tab.send("user_code", "WRNG-WRNG")
        tab.see("That code is not known")
        yield "device-failed"
        tab.open("/device?user_code=" + asked["user_code"])
        tab.see("Compare it with your device")
        yield "device-given"
        tab.click("Continue")
        tab.see("It runs on another device.")
        yield "consent-device"
        decide(self.driver, "allow")
        tab.see("goes on by itself")
        yield "device-done"

    def errors(self) -> Iterator[str]:
        tab = self.tab
        tab.open("/oauth/authorize?client_id=c_unknown")
        tab.see("can't be used")
        yield "error-client"
        tab.open(self.link)
        tab.see("Give")
        self.driver.execute_script("document.querySelector('[name=ticket]').value = 'forged'")
        decide(self.driver, "allow")
        tab.see("This form has expired")
        yield "error-expired"
        tab.open("/account/connections/none")
        tab.see("There is no such connection")
        yield "error-connection"

    def account(self) -> Iterator[str]:
        tab = self.tab
        tab.open("/account")
        tab.see("Make an API key")
        tab.type("allow", "my house")
        tab.send("name", "Cursor on my laptop")
        tab.see("is no IP address")
        yield "key-refused"
        tab.type("allow", "")
        tab.send("name", "Cursor on my laptop")
        tab.see("Copy it now.")
        yield "key-shown-once"
        key = self.driver.find_element(By.ID, "key").get_attribute("value")
        assert key
        for tool, arguments in (("whoami", {}), ("search_read", {"model": "res.partner"}), ("search_read", {})):
            httpx2.post(
                f"{tab.home}/mcp",
                headers={"Authorization": f"Bearer {key}", "Accept": "application/json, text/event-stream"},
                json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}},
            )  # fmt: skip
        # One more that is revoked, and one with a name of another writing.
        revoked, _ = self.program.key("sales", "Old script")
        self.program.run("connection", "revoke", revoked)
        self.program.key("sales", "مساعد " + "Long" * 15)
        tab.open("/account")
        tab.see("Old script")
        yield "account"
        tab.click("Cursor on my laptop")
        tab.see("What it did last")
        yield "connection-key"
        tab.click("Make a new key for it")
        tab.see("The present key stops working")
        yield "confirm-rotate"
        self.driver.find_element(By.CSS_SELECTOR, "main button[type=submit]").click()
        tab.see("the one before it has stopped working")
        yield "connection-key-shown-once"
        tab.open("/account")
        tab.click("Partner portal")
        tab.see("What you are not asked for again")
        yield "connection-client"
        tab.click("Revoke")
        tab.see("Revoke Partner portal?")
        yield "confirm-revoke"
        tab.open("/account/activity")
        tab.see("My activity")
        yield "activity"

    def security(self) -> Iterator[str]:
        tab = self.tab
        tab.open("/account/security")
        tab.see("Ways to sign in")
        yield "security-bare"
        with Person("sales") as elsewhere:
            page = elsewhere.open(tab.home + "/account")
            assert isinstance(page, Page)
            elsewhere.sign_in(page)
        tab.click("Add an authenticator app")
        tab.see("Scan this")
        yield "enrol"
        self.secret = self.driver.find_element(By.ID, "secret").text
        tab.send("code", "000000")
        tab.see("That code is not right.")
        yield "enrol-failed"
        self.secret = self.driver.find_element(By.ID, "secret").text
        tab.send("code", code(self.secret))
        tab.see("Your recovery codes")
        self.codes = [item.text for item in self.driver.find_elements(By.CSS_SELECTOR, "ul.codes code")]
        tab.open("/account/security/passkeys")
        tab.see("Your browser will ask")
        yield "passkey"
        tab.type("name", "My laptop")
        tab.click("Add the passkey")
        # The browser answers in its own time, and then goes back by itself.
        tab.see("Where you are signed in")
        tab.see("My laptop")
        yield "security"
        for path, words, name in (
            ("password", "Present password", "password"),
            ("app/remove", "Remove the authenticator app?", "confirm-remove-app"),
            ("codes", "Make new recovery codes?", "confirm-codes"),
            ("sessions/end", "End all other sessions?", "confirm-end-sessions"),
        ):
            tab.open("/account/security/" + path)
            tab.see(words)
            yield name
        tab.open("/account/security")
        tab.click("Remove My laptop")
        tab.see("Remove My laptop?")
        yield "confirm-remove-passkey"

    def approvals(self) -> Iterator[str]:
        tab = self.tab
        tab.open("/account/approvals")
        tab.see("Nothing waits for you.")
        yield "approvals-empty"
        connection, key = self.program.key("accountant", "Month-end assistant")
        self.program.run("connection", "approver", connection, "--user", "sales")
        policy = self.program.home / "approval.json"
        policy.write_text('{"version":"1","default":"allow","tools":{"search_read":{"require_approval":true}}}')
        self.program.run("policy", "set", str(policy), "--connection", connection)
        for limit in (5, 6):
            arguments = {"model": "account.move", "domain": [["state", "=", "draft"], ["name", "!=", HOSTILE]], "limit": limit}
            httpx2.post(
                f"{tab.home}/mcp",
                headers={"Authorization": f"Bearer {key}", "Accept": "application/json, text/event-stream"},
                json={"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                      "params": {"name": "search_read", "arguments": arguments}},
            )  # fmt: skip
        tab.open("/account/approvals")
        tab.see("Month-end assistant")
        yield "approvals"
        self.driver.find_element(By.CSS_SELECTOR, ".rows h3 a").click()
        tab.see("With exactly this")
        yield "approval"
        tab.type("reason", "Wait for the month's end")
        tab.click("Reject")
        tab.see("Rejected: nothing is done.")
        self.driver.find_element(By.CSS_SELECTOR, ".rows h3 a").click()
        tab.see("With exactly this")
        tab.click("Approve and run")
        tab.see("Approved: it is being done now.")
        yield "approvals-decided"

    def second_step(self) -> Iterator[str]:
        tab = self.tab
        tab.forget()
        tab.open("/account")
        sign_in(self.driver)
        tab.see("One more step")
        yield "second-step"
        tab.send("code", "000000")
        tab.see("That code is not right")
        yield "second-step-failed"
        tab.send("code", self.codes[0])
        tab.see("My connections")

    def leaving(self) -> Iterator[str]:
        tab = self.tab
        tab.open("/logout")
        tab.see("Sign out?")
        yield "confirm-sign-out"
        self.driver.find_element(By.CSS_SELECTOR, "main button[type=submit]").click()
        tab.see("You are signed out")
        yield "signed-out"
