"""The official MCP client of the Python SDK, with everything that it sends and receives in view."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, AsyncIterator, Awaitable, Callable
from urllib.parse import parse_qsl, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from person import Callback, Person
from program import free_port

ERAS = {"2026-07-28": "auto", "2025-11-25": "legacy"}
"""The revision that has to come out of each of the SDK's modes."""


class Memory:
    """The SDK's token storage, which also remembers every token that it ever held."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None
        self.held: list[OAuthToken] = []

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens
        self.held.append(tokens.model_copy())

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info

    @property
    def secrets(self) -> list[str]:
        found = [token for held in self.held for token in (held.access_token, held.refresh_token) if token]
        if self.client is not None:
            found += [value for value in (self.client.client_secret,) if value]
        return found


@dataclass
class Exchange:
    method: str
    path: str
    status: int
    form: dict[str, str]

    def __str__(self) -> str:
        grant = f" {self.form['grant_type']}" if "grant_type" in self.form else ""
        return f"{self.method} {self.path}{grant} {self.status}"


@dataclass
class Conversation:
    """A client that is connected, and the requests that led there."""

    client: Client
    http: httpx2.AsyncClient
    exchanges: list[Exchange]
    auth: Any = None
    memory: Memory = field(default_factory=Memory)
    verifiers: list[str] = field(default_factory=list)

    @property
    def transcript(self) -> list[str]:
        return [str(exchange) for exchange in self.exchanges]

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured content of a call that has to succeed."""
        result = await self.client.call_tool(tool, arguments)
        assert not result.is_error, f"{tool} says {result.content}"
        assert result.structured_content is not None
        return result.structured_content


@asynccontextmanager
async def connect(url: str, mode: str = "auto", *, auth: Any = None, key: str | None = None) -> AsyncIterator[Conversation]:
    """An official client with one of the SDK's auth providers, or with a bearer that is configured by hand."""
    exchanges: list[Exchange] = []
    verifiers: list[str] = []

    async def note(response: httpx2.Response) -> None:
        request = response.request
        body = b"" if request.method != "POST" else await request.aread()
        is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        sent = dict(parse_qsl(body.decode())) if is_form else {}
        if verifier := sent.get("code_verifier"):
            verifiers.append(verifier)
        exchanges.append(Exchange(request.method, urlsplit(str(request.url)).path, response.status_code, sent))

    async with httpx2.AsyncClient(
        auth=auth,
        headers={"Authorization": f"Bearer {key}"} if key else None,
        timeout=30,
        event_hooks={"response": [note]},
    ) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=mode, read_timeout_seconds=30) as client:
            yield Conversation(client, http, exchanges, auth, verifiers=verifiers)


def browser_login(
    url: str,
    person: Person,
    memory: Memory,
    *,
    decision: str = "allow",
    scopes: list[str] | None = None,
    visit: Callable[[str], Awaitable[Callback]] | None = None,
    redirect_uri: str | None = None,
    name: str = "End to End",
) -> OAuthClientProvider:
    """The SDK's own browser login, with `person` in front of the browser (or `visit` in its place)."""
    arrived: list[Callback] = []

    async def show(authorization_url: str) -> None:
        arrived.append(await visit(authorization_url) if visit else person.authorize(authorization_url, decision, scopes))

    async def receive() -> AuthorizationCodeResult:
        given = arrived[-1].parameters
        if "error" in given:
            raise Denied(given)
        return AuthorizationCodeResult(code=given["code"], state=given.get("state"), iss=given.get("iss"))

    return OAuthClientProvider(
        server_url=url,
        client_metadata=OAuthClientMetadata(
            client_name=name,
            redirect_uris=[redirect_uri or f"http://127.0.0.1:{free_port()}/callback"],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
        ),
        storage=memory,
        redirect_handler=show,
        callback_handler=receive,
    )


class Denied(Exception):
    """The authorization server sent the browser back with an error."""

    def __init__(self, parameters: dict[str, str]) -> None:
        super().__init__(parameters.get("error"))
        self.parameters = parameters


def inner(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    """The first exception of a kind inside nested task groups."""
    if isinstance(error, kind):
        return error
    inside = list(getattr(error, "exceptions", ())) + [cause for cause in (error.__cause__, error.__context__) if cause]
    return next((found for each in inside if (found := inner(each, kind))), None)
