"""Resources, prompts and completion, as official clients use them in both eras."""

from __future__ import annotations

import base64
import json

import pytest
from fastmcp import Client as FastClient
from mcp import MCPError
from mcp_types import PromptReference, ResourceTemplateReference

from official import ERAS, connect
from program import Program

pytestmark = pytest.mark.anyio

PAGES = 20
"""More pages than any list of the demo company has."""


async def pages(ask, member: str) -> list:
    """Every entry of a list, page by page."""
    entries, cursor = [], None
    for _ in range(PAGES):
        page = await ask(cursor=cursor)
        entries += getattr(page, member)
        cursor = page.next_cursor
        if cursor is None:
            return entries
    raise AssertionError(f"{member} did not end after {PAGES} pages")


@pytest.mark.parametrize("revision", ERAS)
async def test_resources_are_listed_and_read(gatehouse: Program, revision: str) -> None:
    async with connect(gatehouse.url, ERAS[revision], key=gatehouse.key("sales", "resources")[1]) as conversation:
        client = conversation.client
        assert client.server_capabilities.resources is not None
        listed = {str(resource.uri): resource for resource in await pages(client.list_resources, "resources")}
        models = await conversation.call("list_models", limit=500)
        assert {uri for uri in listed if "/model/" in uri} == {
            f"gatehouse://model/{model['model']}" for model in models["models"]
        }
        order = listed["gatehouse://model/sale.order"]
        assert order.title == "Sales Order" and order.mime_type == "application/json"

        described = (await client.read_resource("gatehouse://model/sale.order")).contents[0]
        assert json.loads(described.text) == await conversation.call("describe_model", model="sale.order")

        templates = await pages(client.list_resource_templates, "resource_templates")
        assert "gatehouse://record/{model}/{id}" in {template.uri_template for template in templates}
        record = (await client.read_resource("gatehouse://record/res.partner/7")).contents[0]
        assert json.loads(record.text) == await conversation.call("get_record", model="res.partner", id=7)


@pytest.mark.parametrize("revision", ERAS)
async def test_attachments_are_text_or_bytes_of_their_size(gatehouse: Program, revision: str) -> None:
    async with connect(gatehouse.url, ERAS[revision], key=gatehouse.key("admin", "files")[1]) as conversation:
        listed = await pages(conversation.client.list_resources, "resources")
        files = [resource for resource in listed if "/attachment/" in str(resource.uri)]
        kinds = {file.mime_type: file for file in files}
        assert set(kinds) == {"text/plain", "application/pdf"}
        text = (await conversation.client.read_resource(str(kinds["text/plain"].uri))).contents[0]
        assert len(text.text.encode()) == kinds["text/plain"].size
        pdf = (await conversation.client.read_resource(str(kinds["application/pdf"].uri))).contents[0]
        content = base64.b64decode(pdf.blob, validate=True)
        assert content.startswith(b"%PDF-1.4") and content.endswith(b"%%EOF\n")
        assert len(content) == kinds["application/pdf"].size


@pytest.mark.parametrize("revision", ERAS)
@pytest.mark.parametrize(
    "uri",
    ["gatehouse://record/res.partner/999999", "gatehouse://model/nothing", "gatehouse://record/hr.employee/1", "file:///etc/passwd"],
)
async def test_what_is_not_for_the_person_is_not_there(gatehouse: Program, revision: str, uri: str) -> None:
    async with connect(gatehouse.url, ERAS[revision], key=gatehouse.key("portal", "nothing")[1]) as conversation:
        with pytest.raises(MCPError) as refusal:
            await conversation.client.read_resource(uri)
        assert refusal.value.error.code == (-32602 if revision == "2026-07-28" else -32002)
        assert refusal.value.error.data == {"uri": uri}
        seen = {str(resource.uri) for resource in await pages(conversation.client.list_resources, "resources")}
        assert uri not in seen


async def test_only_what_may_be_read_may_be_followed(gatehouse: Program) -> None:
    async with connect(gatehouse.url, "legacy", key=gatehouse.key("portal", "follow")[1]) as conversation:
        assert conversation.client.server_capabilities.resources.subscribe
        await conversation.client.subscribe_resource("gatehouse://model/sale.order")
        await conversation.client.unsubscribe_resource("gatehouse://model/sale.order")
        for uri in ("gatehouse://record/hr.employee/1", "gatehouse://record/sale.order/999999", "x"):
            with pytest.raises(MCPError) as refusal:
                await conversation.client.subscribe_resource(uri)
            assert refusal.value.error.code == -32002


@pytest.mark.parametrize("revision", ERAS)
async def test_prompts_are_filled_in_with_records(gatehouse: Program, revision: str) -> None:
    async with connect(gatehouse.url, ERAS[revision], key=gatehouse.key("sales", "prompts")[1]) as conversation:
        client = conversation.client
        prompts = {prompt.name: prompt for prompt in await pages(client.list_prompts, "prompts")}
        assert len(prompts) >= 12
        assert [argument.name for argument in prompts["customer_summary"].arguments or []] == ["customer"]

        record = await conversation.call("get_record", model="res.partner", id=7)
        got = await client.get_prompt("customer_summary", {"customer": record["record"]["display_name"]})
        resource, text = got.messages
        assert json.loads(resource.content.resource.text) == record
        assert str(resource.content.resource.uri) == "gatehouse://record/res.partner/7"
        assert record["record"]["display_name"] in text.content.text

        for name, arguments in [("customer_summary", {}), ("nothing", {}), ("daily_briefing", {"x": "y"})]:
            with pytest.raises(MCPError) as refusal:
                await client.get_prompt(name, arguments)
            assert refusal.value.error.code == -32602


@pytest.mark.parametrize("revision", ERAS)
async def test_arguments_are_completed_with_what_the_person_sees(gatehouse: Program, revision: str) -> None:
    async with connect(gatehouse.url, ERAS[revision], key=gatehouse.key("sales", "completion")[1]) as conversation:
        client = conversation.client
        template = ResourceTemplateReference(type="ref/resource", uri="gatehouse://record/{model}/{id}")
        models = (await client.complete(template, {"name": "model", "value": "sale."})).completion
        assert models.values == ["sale.order", "sale.order.line"] and not models.has_more
        ids = (await client.complete(template, {"name": "id", "value": ""}, {"model": "sale.order"})).completion
        assert len(ids.values) == 100 and ids.has_more and (ids.total or 0) > 100
        prompt = PromptReference(type="ref/prompt", name="customer_summary")
        name = (await conversation.call("get_record", model="res.partner", id=7))["record"]["display_name"]
        names = (await client.complete(prompt, {"name": "customer", "value": name[:6]})).completion
        assert name in names.values
        with pytest.raises(MCPError) as refusal:
            await client.complete(PromptReference(type="ref/prompt", name="none"), {"name": "a", "value": ""})
        assert refusal.value.error.code == -32602


@pytest.mark.parametrize("revision", ERAS)
async def test_a_wrong_argument_is_told_with_the_name_that_was_meant(gatehouse: Program, revision: str) -> None:
    async with connect(gatehouse.url, ERAS[revision], key=gatehouse.key("sales", "arguments")[1]) as conversation:
        result = await conversation.client.call_tool("search_read", {"modle": "sale.order", "limit": 5000})
        assert result.is_error
        text = result.content[0].text
        for sentence in ("/model is required", "/modle is not known; did you mean 'model'?", "/limit must be at most 500, is 5000"):
            assert sentence in text
        assert {problem["argument"] for problem in result.structured_content["problems"]} == {"model", "modle", "limit"}


@pytest.mark.parametrize("revision", ERAS)
async def test_fastmcp_reads_resources_and_prompts(gatehouse: Program, revision: str) -> None:
    key = gatehouse.key("sales", "fastmcp features")[1]
    async with FastClient(gatehouse.url, auth=key, mode=ERAS[revision], timeout=30) as client:
        listed = {str(resource.uri) for resource in await client.list_resources()}
        assert "gatehouse://model/res.partner" in listed
        assert {template.uri_template for template in await client.list_resource_templates()} >= {
            "gatehouse://model/{model}", "gatehouse://record/{model}/{id}", "gatehouse://attachment/{id}",
        }
        record = (await client.read_resource("gatehouse://record/res.partner/7"))[0]
        assert json.loads(record.text)["record"]["id"] == 7
        assert "overdue_invoices" in {prompt.name for prompt in await client.list_prompts()}
        got = await client.get_prompt("explain_model", {"model": "sale.order"})
        assert json.loads(got.messages[0].content.resource.text)["model"] == "sale.order"
        completion = await client.complete(
            PromptReference(type="ref/prompt", name="explain_model"), {"name": "model", "value": "crm."}
        )
        assert "crm.lead" in completion.values
