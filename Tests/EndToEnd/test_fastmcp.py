"""The other Python client that people use: FastMCP 4."""

from __future__ import annotations

import pytest
from fastmcp import Client

from official import ERAS
from person import Person
from program import Program
from wire import log_in

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("revision", ERAS)
@pytest.mark.parametrize("credential", ["key", "access token"])
async def test_fastmcp_reads_partners(gatehouse: Program, sales: Person, revision: str, credential: str) -> None:
    bearer = gatehouse.key()[1] if credential == "key" else log_in(gatehouse, sales).access
    async with Client(gatehouse.url, auth=bearer, mode=ERAS[revision], timeout=30) as client:
        assert "search_read" in {tool.name for tool in await client.list_tools()}
        result = await client.call_tool("search_read", {"model": "res.partner", "fields": ["name"], "limit": 2})
        assert len(result.structured_content["records"]) == 2
