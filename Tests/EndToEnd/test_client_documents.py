"""Clients that are known by the URL of their metadata document, which the program fetches over TLS."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

from official import ERAS, Memory, connect
from person import Callback, Person
from program import Program, free_port

pytestmark = pytest.mark.anyio


class Publisher:
    """A web server with TLS on the loopback address, whose certificate is its own authority."""

    def __init__(self, place: Path) -> None:
        self.certificate = place / "certificate.pem"
        key = place / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", self.certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        self.pages: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        publisher = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked.append(self.path)
                page = publisher.pages.get(self.path)
                body = json.dumps(page).encode()
                self.send_response(200 if page else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        return f"https://127.0.0.1:{self.server.server_port}{path}"


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    publisher = Publisher(tmp_path)
    yield publisher
    publisher.server.shutdown()
    publisher.server.server_close()


@pytest.fixture
def open_house(another: Callable[..., Program], publisher: Publisher) -> Program:
    """A program that may fetch from the publisher."""
    program = another()
    program.start("--outbound-allowed", "127.0.0.1", "--outbound-authorities", str(publisher.certificate))
    return program


def provider(program: Program, person: Person, memory: Memory, document: str, redirect_uri: str) -> OAuthClientProvider:
    arrived: list[Callback] = []

    async def show(url: str) -> None:
        arrived.append(person.authorize(url))

    async def receive() -> AuthorizationCodeResult:
        given = arrived[-1].parameters
        return AuthorizationCodeResult(code=given["code"], state=given.get("state"), iss=given.get("iss"))

    return OAuthClientProvider(
        server_url=program.url,
        client_metadata=OAuthClientMetadata(
            client_name="End to End",
            redirect_uris=[redirect_uri],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
        ),
        storage=memory,
        redirect_handler=show,
        callback_handler=receive,
        client_metadata_url=document,
    )


@pytest.mark.parametrize("revision", ERAS)
async def test_the_sdk_comes_by_its_document(
    open_house: Program, publisher: Publisher, sales: Person, revision: str
) -> None:
    document = publisher.url("/oauth/client.json")
    redirect_uri = f"http://127.0.0.1:{free_port()}/callback"
    publisher.pages["/oauth/client.json"] = {
        "client_id": document,
        "client_name": "Assistant of the publisher",
        # RFC 8252 §7.3: without a port, as Claude Code's document has it.
        "redirect_uris": ["http://127.0.0.1/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    }
    memory = Memory()
    auth = provider(open_house, sales, memory, document, redirect_uri)
    async with connect(open_house.url, ERAS[revision], auth=auth) as conversation:
        assert (await conversation.call("whoami"))["user"]["login"] == "sales"
    assert memory.client is not None and memory.client.client_id == document
    assert not any("/register" in step for step in conversation.transcript), "nobody registers"
    assert publisher.asked == ["/oauth/client.json"]
    connections = open_house.run("connection", "list", "--user", "sales", "--json").rows
    assert [row["client_id"] for row in connections] == [document]


async def test_without_leave_nothing_is_fetched(another: Callable[..., Program], publisher: Publisher) -> None:
    program = another()
    program.start()
    import httpx2

    from wire import authorization_url

    url = authorization_url(program, publisher.url("/oauth/client.json"), "http://127.0.0.1:1/callback", "v" * 43)
    answer = httpx2.get(url, follow_redirects=False)
    assert answer.status_code == 400 and "location" not in answer.headers
    assert publisher.asked == []
