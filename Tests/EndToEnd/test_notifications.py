"""Who is told of calls that wait for a person: by letters to a real mail server, by signed webhooks to a real receiver."""

from __future__ import annotations

import base64
import contextlib
import email
import hashlib
import hmac
import json
import secrets
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import Any, Callable, Iterator

import pytest
from aiosmtpd.controller import Controller

from program import FAKETIME, Program, free_port
from wire import call

LIMIT = 40.0
POLICY = '{"version":"1","default":"allow","tools":{"search_read":{"require_approval":true}}}'
ARGUMENTS = {"model": "res.partner", "fields": ["name"], "limit": 3}


class Letters:
    """A mail server that keeps what it gets."""

    def __init__(self) -> None:
        self.arrived: Queue[tuple[str, str, str]] = Queue()
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content)
        body = message.get_payload(decode=True)
        assert isinstance(body, bytes) and len(envelope.rcpt_tos) == 1
        subject = str(email.header.make_header(email.header.decode_header(message["Subject"])))
        self.arrived.put((envelope.rcpt_tos[0], subject, body.decode()))
        return "250 OK"

    def next(self) -> tuple[str, str, str]:
        try:
            return self.arrived.get(timeout=LIMIT)
        except Empty:
            raise AssertionError("no letter came") from None


class Receiver:
    """A web server with TLS that checks every signature as Standard Webhooks has it."""

    def __init__(self, place: Path) -> None:
        self.secret = secrets.token_bytes(32)
        self.secret_file = place / "webhook.secret"
        self.secret_file.write_text("whsec_" + base64.b64encode(self.secret).decode() + "\n")
        self.certificate = place / "certificate.pem"
        key = place / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", self.certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        self.statuses: list[int] = []
        """What the next attempts are answered with; 200 behind the last."""
        self.attempts: Queue[tuple[str, int, dict[str, Any]]] = Queue()
        self.problems: list[str] = []
        receiver = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                receiver.check(self.headers, body)
                receiver.attempts.put((self.headers["webhook-id"], status, json.loads(body)))
                self.send_response(status)
                self.send_header("Location", "https://127.0.0.1/elsewhere")
                self.end_headers()
                # A body that nobody waits for.
                with contextlib.suppress(OSError):
                    self.wfile.write(b"x" * 1_000_000)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def check(self, headers: Any, body: bytes) -> None:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = "v1," + base64.b64encode(hmac.digest(self.secret, signed, hashlib.sha256)).decode()
        if not hmac.compare_digest(headers["webhook-signature"], expected):
            self.problems.append(f"signature {headers['webhook-signature']}, expected {expected}")
        if abs(int(headers["webhook-timestamp"]) - time.time()) > 300:
            self.problems.append("timestamp")
        if headers["Content-Type"] != "application/json":
            self.problems.append(headers["Content-Type"])

    @property
    def settings(self) -> tuple[str, ...]:
        return (
            "--approval-webhook", f"https://127.0.0.1:{self.server.server_port}/hook",
            "--approval-webhook-secret-file", str(self.secret_file),
            "--outbound-authorities", str(self.certificate),
        )  # fmt: skip

    def next(self) -> tuple[str, int, dict[str, Any]]:
        try:
            attempt = self.attempts.get(timeout=LIMIT)
        except Empty:
            raise AssertionError("nothing came") from None
        assert not self.problems, self.problems
        return attempt


@pytest.fixture
def letters() -> Iterator[Letters]:
    made = Letters()
    yield made
    made.controller.stop()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    made = Receiver(tmp_path)
    yield made
    made.server.shutdown()
    made.server.server_close()


def mail(letters: Letters) -> tuple[str, ...]:
    return ("--smtp-url", f"smtp://127.0.0.1:{letters.port}", "--smtp-from", "gate@example.com")


def gated(program: Program) -> tuple[str, str]:
    """A connection of sales whose reads wait for a person."""
    connection, key = program.key("sales", "gated")
    file = program.home / "approval.json"
    file.write_text(POLICY)
    program.run("policy", "set", str(file), "--connection", connection)
    return connection, key


def ask(program: Program, key: str, **more: Any) -> str:
    answer = call(program, key, "search_read", **(ARGUMENTS | more)).json()["result"]["structuredContent"]
    assert answer["code"] == "pending_approval", answer
    return answer["request_id"]


def add(program: Program, login: str, *more: str) -> None:
    program.run("user", "add", login, "--email", f"{login}@example.com", "--password-stdin", *more, input="passphrase 9\n")


def test_letters_to_who_decides_and_to_who_asked(another: Callable[..., Program], letters: Letters) -> None:
    program = another()
    program.start(*mail(letters), "--approval-mail", "approver,requester")
    add(program, "boss", "--admin")
    add(program, "lead")
    add(program, "rep", "--group", "sales/user", "--company", "My Company")
    connection, key = program.key("rep", "Claude of the rep")
    file = program.home / "approval.json"
    file.write_text(POLICY)
    program.run("policy", "set", str(file), "--connection", connection)

    request = ask(program, key)
    to, subject, text = letters.next()
    page = f"{program.origin}/account/approvals/{request}"
    assert to == "boss@example.com" and subject == "A call waits for your decision"
    assert page in text and "Claude of the rep" in text and key not in text
    program.run("approval", "reject", request, "--as", "boss", "--reason", "not today")
    to, subject, text = letters.next()
    assert to == "rep@example.com" and subject == "What became of your call"
    assert "rejected: not today" in text and page in text

    # A named approver alone; asked twice, told once.
    program.run("connection", "approver", connection, "--user", "lead")
    second = ask(program, key, limit=4)
    assert ask(program, key, limit=4) == second
    assert letters.next()[0] == "lead@example.com"
    program.run("connection", "revoke", connection)
    to, _, text = letters.next()
    assert to == "rep@example.com" and "the connection was revoked" in text
    time.sleep(3)
    assert letters.arrived.empty()
    program.stop()
    assert key not in program.all_said()


def test_who_asked_is_not_written_to_by_default(another: Callable[..., Program], letters: Letters) -> None:
    program = another()
    program.start(*mail(letters))
    add(program, "boss", "--admin")
    _, key = gated(program)
    request = ask(program, key)
    assert letters.next()[0] == "boss@example.com"
    program.run("approval", "reject", request, "--as", "boss")
    time.sleep(3)
    assert letters.arrived.empty()


@pytest.mark.skipif(not FAKETIME, reason="libfaketime is not installed")
def test_who_asked_is_told_that_nobody_decided(another: Callable[..., Program], letters: Letters) -> None:
    program = another()
    program.start(*mail(letters), "--approval-mail", "requester")
    add(program, "rep", "--group", "sales/user")
    connection, key = program.key("rep", "gated")
    file = program.home / "approval.json"
    file.write_text(POLICY)
    program.run("policy", "set", str(file), "--connection", connection)
    ask(program, key)
    program.stop()
    # The job of the schedule ends it, a day later: nobody looks.
    program.start(later="+25h")
    end = time.monotonic() + LIMIT
    while program.run("approval", "list", "--status", "expired", "--json").out == "":
        assert time.monotonic() < end
    program.stop()
    # Under a faked clock no timer goes off, so the letter is the next server's.
    program.start(*mail(letters), "--approval-mail", "requester")
    to, _, text = letters.next()
    assert to == "rep@example.com" and "nobody decided in time" in text
    program.stop()


def test_a_webhook_is_signed_fails_twice_and_is_delivered_though_the_server_is_killed(
    another: Callable[..., Program], receiver: Receiver
) -> None:
    program = another()
    settings = (*receiver.settings, "--outbound-allowed", "127.0.0.1")
    program.start(*settings)
    connection, key = gated(program)
    receiver.statuses = [500, 503]
    request = ask(program, key)
    first, status, message = receiver.next()
    assert status == 500 and message["type"] == "approval.requested"
    program.kill()
    # While it is down somebody decides.
    program.run("approval", "reject", request, "--as", "admin", "--reason", "no")
    program.start(*settings)
    # One more attempt fails, and both messages arrive, the first as it was.
    attempts = [receiver.next() for _ in range(3)]
    assert sorted(status for _, status, _ in attempts) == [200, 200, 503]
    delivered = {id: message for id, status, message in attempts if status == 200}
    assert delivered.pop(first) == message
    ((second, rejected),) = delivered.items()
    assert {id for id, _, _ in attempts} == {first, second}
    assert rejected["type"] == "approval.rejected" and rejected["data"]["reason"] == "no"
    assert rejected["data"]["decided_by"] == "admin"
    data = message["data"]
    assert data["request_id"] == request and data["requester"] == "sales" and data["connection_id"] == connection
    assert data["tool"] == "search_read" and data["url"] == f"{program.origin}/account/approvals/{request}"
    assert "arguments" not in data and key not in json.dumps(message)
    time.sleep(3)
    assert receiver.attempts.empty()
    program.stop()
    secret = receiver.secret_file.read_text().strip()
    assert secret not in program.all_said() and key not in program.all_said()


def test_an_approved_call_is_told_to_its_end(another: Callable[..., Program], receiver: Receiver) -> None:
    program = another()
    program.start(*receiver.settings, "--outbound-allowed", "127.0.0.1")
    _, key = gated(program)
    request = ask(program, key)
    assert receiver.next()[2]["type"] == "approval.requested"
    program.run("approval", "approve", request, "--as", "admin")
    assert [receiver.next()[2]["type"] for _ in range(2)] == ["approval.approved", "approval.done"]
    program.stop()


def test_a_private_address_is_not_called_unless_the_operator_allows_it(
    another: Callable[..., Program], receiver: Receiver
) -> None:
    program = another()
    program.start(*receiver.settings)
    _, key = gated(program)
    ask(program, key)
    end = time.monotonic() + LIMIT
    while "the host has no public address" not in program.said():
        assert time.monotonic() < end, program.said()
        time.sleep(0.1)
    assert receiver.attempts.empty()
    program.stop()


@pytest.mark.parametrize(
    "settings",
    [
        ("--approval-webhook", "https://hooks.example/x"),
        ("--approval-webhook", "http://hooks.example/x"),
        ("--approval-mail", "everybody"),
    ],
)
def test_settings_that_can_t_be_meant_are_refused(another: Callable[..., Program], settings: tuple[str, ...]) -> None:
    program = another()
    assert program.command("serve", "--listen", f"127.0.0.1:{program.port}", *settings).code == 78


@pytest.mark.parametrize("text", ["", "whsec_short", "plain text", "whsec_AAAA\n"])
def test_a_webhook_s_secret_has_to_be_one(another: Callable[..., Program], text: str) -> None:
    program = another()
    file = program.home / "secret"
    file.write_text(text)
    outcome = program.command(
        "serve", "--listen", f"127.0.0.1:{program.port}", "--approval-webhook", "https://hooks.example/x",
        "--approval-webhook-secret-file", str(file),
    )  # fmt: skip
    assert outcome.code == 78 and "approval-webhook-secret-file" in outcome.err
