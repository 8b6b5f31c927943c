"""A first tool call with the official MCP client: registers, opens the browser for login and consent, reads partners.

    python3 docs/first_call.py                                   with the browser
    python3 docs/first_call.py --key gk_live_…                   with an API key
"""

import argparse
import asyncio
import webbrowser
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata


class Memory:
    """Keeps the tokens for as long as this program runs."""

    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info


class Callback(HTTPServer):
    """The loopback port to which the browser comes back."""

    def __init__(self):
        self.parameters = {}
        callback = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                callback.parameters = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; charset=utf-8")
                self.end_headers()
                self.wfile.write(b"Done. You can close this window.\n")

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.timeout = 300
        self.url = f"http://127.0.0.1:{self.server_address[1]}/callback"

    async def show(self, url):
        print(f"Log in here, if no browser opens by itself:\n\n  {url}\n", flush=True)
        webbrowser.open(url)

    async def receive(self):
        while not self.parameters.keys() & {"code", "error"}:
            await asyncio.to_thread(self.handle_request)
        if "error" in self.parameters:
            raise SystemExit(f"The answer was no: {self.parameters['error']}")
        return AuthorizationCodeResult(
            code=self.parameters["code"], state=self.parameters.get("state"), iss=self.parameters.get("iss")
        )


async def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--url", default="http://127.0.0.1:8080/mcp")
    options.add_argument("--key", help="an API key instead of the browser")
    chosen = options.parse_args()

    auth, headers = None, None
    if chosen.key:
        headers = {"Authorization": f"Bearer {chosen.key}"}
    else:
        callback = Callback()
        about = OAuthClientMetadata(client_name="First call", redirect_uris=[callback.url])
        auth = OAuthClientProvider(chosen.url, about, Memory(), callback.show, callback.receive)

    async with httpx2.AsyncClient(auth=auth, headers=headers, timeout=30) as http:
        async with Client(streamable_http_client(chosen.url, http_client=http)) as client:
            print("tools:", ", ".join(tool.name for tool in (await client.list_tools()).tools))
            found = await client.call_tool("search_read", {"model": "res.partner", "fields": ["name", "email"], "limit": 5})
            for record in found.structured_content["records"]:
                print(record)


asyncio.run(main())
