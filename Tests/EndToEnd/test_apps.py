"""MCP Apps: a host with a real browser shows what read_group answers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Callable

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from official import connect
from program import Program
from test_chromium import LIMIT, chromium, complaints  # noqa: F401 (chromium is a fixture)

pytestmark = pytest.mark.anyio

MEDIA_TYPE = "text/html;profile=mcp-app"

HOST = """<!doctype html><meta charset="utf-8"><title>Host</title><iframe id="view" sandbox="allow-scripts"
style="width:700px;height:700px"></iframe><script>
const { html, input, result, AGAIN } = PARCEL;
const view = document.getElementById("view");
const seen = (window.seen = []);
const send = (message) => view.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
window.addEventListener("message", (event) => {
  if (event.source !== view.contentWindow) return;
  seen.push(event.data);
  if (event.data.method === "ui/initialize") {
    send({ id: event.data.id, result: { protocolVersion: "2026-01-26", hostInfo: { name: "host", version: "1" },
      hostCapabilities: { serverTools: {} }, hostContext: { theme: "dark" } } });
  }
  if (event.data.method === "tools/call") send({ id: event.data.id, result: AGAIN });
  if (event.data.method === "ui/notifications/initialized") {
    send({ method: "ui/notifications/tool-input", params: { arguments: input } });
    send({ method: "ui/notifications/tool-result", params: result });
  }
});
view.srcdoc = html;
</script>"""

POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'none'"
"""What a host makes of a view that asks for no domain."""


async def shown(
    chromium: webdriver.Chrome, folder: Path, html: str, input: dict[str, Any], result: dict[str, Any], again: Any = None,  # noqa: F811
) -> None:  # fmt: skip
    """Opens a host's page with the view in its sandbox, and leaves the driver inside the view once it has drawn.

    What the view asks the host to call is answered with `again`.
    """
    guarded = html.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{POLICY}">', 1)
    parcel = json.dumps({"html": guarded, "input": input, "result": result, "AGAIN": again}).replace("</", "<\\/")
    page = folder / "host.html"
    page.write_text(HOST.replace("PARCEL", parcel), encoding="utf-8")

    def walk() -> None:
        chromium.get(page.as_uri())
        WebDriverWait(chromium, LIMIT).until(
            lambda driver: any(
                message.get("method") == "ui/notifications/size-changed"
                for message in driver.execute_script("return window.seen")
            )
        )
        chromium.switch_to.frame(chromium.find_element(By.ID, "view"))

    await asyncio.to_thread(walk)


async def test_a_chart_is_drawn_of_the_groups(
    gatehouse: Program, chromium: webdriver.Chrome, tmp_path: Path  # noqa: F811
) -> None:
    async with connect(gatehouse.url, key=gatehouse.key("sales", "apps")[1]) as conversation:
        client = conversation.client
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        uri = tools["read_group"].meta["ui"]["resourceUri"]
        contents = (await client.read_resource(uri)).contents[0]
        assert contents.mime_type == MEDIA_TYPE
        assert contents.meta["ui"]["csp"] == {"connectDomains": [], "resourceDomains": []}

        input = {"model": "sale.order", "domain": [], "group_by": ["state"], "aggregates": ["amount_total:sum"]}
        result = await client.call_tool("read_group", input)
        # For clients that can't show it, there is the text.
        assert result.content[0].type == "text"
        groups = result.structured_content["groups"]
        parcel = result.model_dump(mode="json", by_alias=True, exclude_none=True)
        await shown(chromium, tmp_path, contents.text, input, parcel)
        assert chromium.find_element(By.ID, "title").text == "Amount total, sum of sale.order by state"
        assert len(chromium.find_elements(By.CSS_SELECTOR, "rect.bar")) == len(groups)
        assert chromium.execute_script("return document.documentElement.dataset.theme") == "dark"
        Select(chromium.find_element(By.ID, "measure")).select_by_value("__count")
        assert chromium.find_element(By.ID, "title").text == "Number of records of sale.order by state"
        counts = [int(text.text.replace(",", "")) for text in chromium.find_elements(By.CSS_SELECTOR, "svg text.soft")]
        assert counts == [group["__count"] for group in groups]

        input = {"model": "sale.order", "domain": [], "group_by": ["date_order:month"]}
        result = await client.call_tool("read_group", input)
        parcel = result.model_dump(mode="json", by_alias=True, exclude_none=True)
        await shown(chromium, tmp_path, contents.text, input, parcel)
        assert len(chromium.find_elements(By.CSS_SELECTOR, "circle.bar")) == len(result.structured_content["groups"])
        assert complaints(chromium) == []


@pytest.mark.parametrize(
    ("result", "title"),
    [
        ({"structuredContent": {"model": "a.b", "groups": [], "total": 0}}, "No records of a.b"),
        ({"isError": True, "structuredContent": {"code": "forbidden", "message": "You may not."}}, "You may not."),
        (
            {"structuredContent": {"model": "<img src=x onerror=alert(1)>", "groups": [{"k": "<b>x</b>", "__count": 1}], "total": 1}},
            "Number of records of <img src=x onerror=alert(1)> by k",
        ),
    ],
)
async def test_what_a_chart_is_given_is_text(
    gatehouse: Program, chromium: webdriver.Chrome, tmp_path: Path, result: dict[str, Any], title: str  # noqa: F811
) -> None:
    async with connect(gatehouse.url, key=gatehouse.key("sales", "apps again")[1]) as conversation:
        html = (await conversation.client.read_resource("ui://gatehouse/chart.html")).contents[0].text
    await shown(chromium, tmp_path, html, {"group_by": "k"}, result)
    assert chromium.find_element(By.ID, "title").text == title
    assert chromium.find_elements(By.CSS_SELECTOR, "img, b") == []
    assert complaints(chromium) == []


async def test_the_card_of_an_approval_follows_what_becomes_of_it(
    another: Callable[..., Program], chromium: webdriver.Chrome, tmp_path: Path  # noqa: F811
) -> None:
    program = another().start()
    connection, key = program.key("sales", "card")
    document = tmp_path / "policy.json"
    document.write_text('{"version":"1","default":"allow","tools":{"count_records":{"require_approval":true}}}')
    program.run("policy", "set", str(document), "--connection", connection)
    async with connect(program.url, key=key) as conversation:
        client = conversation.client
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        contents = (await client.read_resource(tools["get_approval_status"].meta["ui"]["resourceUri"])).contents[0]
        assert contents.mime_type == MEDIA_TYPE
        waits = await client.call_tool("count_records", {"model": "res.partner"})
        request = waits.structured_content["request_id"]

        async def parcel() -> dict[str, Any]:
            result = await client.call_tool("get_approval_status", {"request_id": request})
            return result.model_dump(mode="json", by_alias=True, exclude_none=True)

        before = await parcel()
        program.run("approval", "reject", request, "--as", "admin", "--reason", "<b>Not now</b>")
        await shown(chromium, tmp_path, contents.text, {"request_id": request}, before, await parcel())
        assert "Count records" in chromium.find_element(By.ID, "title").text
        assert chromium.find_element(By.ID, "status").text == "Waiting for a person"
        chromium.find_element(By.ID, "again").click()
        WebDriverWait(chromium, LIMIT).until(lambda driver: driver.find_element(By.ID, "status").text == "Rejected")
        assert "<b>Not now</b>" in chromium.find_element(By.ID, "facts").text
        assert not chromium.find_element(By.ID, "again").is_displayed()
        assert complaints(chromium) == []
    program.stop()
