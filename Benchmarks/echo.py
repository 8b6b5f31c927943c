"""The other side of the comparison: a FastMCP server that checks a JWT and echoes. It keeps and writes nothing."""

from __future__ import annotations

import os
import sys

import uvicorn
from fastmcp import FastMCP
from fastmcp.server.auth.providers.jwt import JWTVerifier


def main(port: int) -> None:
    verifier = JWTVerifier(
        public_key=os.environ["ECHO_KEY"], issuer="http://benchmark", audience="echo", algorithm="HS256"
    )
    server = FastMCP("echo", auth=verifier)

    @server.tool
    def echo(text: str) -> str:
        """Says what it was told."""
        return text

    application = server.http_app(path="/mcp", stateless_http=True, json_response=True)
    uvicorn.run(application, host="127.0.0.1", port=port, log_level="error", access_log=False)


main(int(sys.argv[1]))
