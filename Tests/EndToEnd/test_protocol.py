"""The whole protocol with the official clients, in both eras, against the server of fixtures."""

from __future__ import annotations

import base64
import json
from typing import Any, AsyncIterator, Iterator

import anyio
import fastmcp
import httpx2
import pytest
from fastmcp.client.elicitation import ElicitResult
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CreateMessageResult, ElicitResult as Elicited, ListRootsResult, Root, TextContent

from conformance import SERVER, running
from official import ERAS

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not SERVER.exists(), reason="swift build --product ConformanceServer makes it"),
]
EACH = pytest.mark.parametrize("mode", ERAS.values(), ids=ERAS.keys())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("conformance"), "--open") as (url, _):
        yield url


class Desk:
    """A person, a model and a directory behind the client, and all that it was told."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.logged: list[tuple[str, Any]] = []
        self.told: list[str] = []

    async def elicit(self, context: Any, params: Any) -> Elicited:
        self.asked.append(params)
        fields = params.requested_schema["properties"]
        samples = {"boolean": True, "integer": 7, "number": 1.5, "array": ["read"]}
        content = {
            name: field.get("default", field.get("enum", [samples.get(field["type"], "Ada")])[0])
            for name, field in fields.items()
        }
        return Elicited(action="accept", content=content)

    async def sample(self, context: Any, params: Any) -> CreateMessageResult:
        self.asked.append(params)
        return CreateMessageResult(role="assistant", content=TextContent(type="text", text="Paris"), model="none")

    async def roots(self, context: Any) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri="file:///one"), Root(uri="file:///two")])

    async def log(self, params: Any) -> None:
        self.logged.append((params.level, params.data))

    async def message(self, message: Any) -> None:
        self.told.append(getattr(message, "method", type(message).__name__))

    def client(self, url: str, mode: str, **more: Any) -> Client:
        return Client(
            url,
            mode=mode,
            read_timeout_seconds=20,
            elicitation_callback=self.elicit,
            sampling_callback=self.sample,
            list_roots_callback=self.roots,
            logging_callback=self.log,
            message_handler=self.message,
            **more,
        )


def text(result: Any) -> str:
    return " ".join(block.text for block in result.content if block.type == "text")


@EACH
async def test_every_kind_of_content(server: str, mode: str) -> None:
    async with Desk().client(server, mode) as client:
        assert client.protocol_version == {v: k for k, v in ERAS.items()}[mode]
        assert text(await client.call_tool("test_simple_text")) == "This is a simple text response for testing."
        image = (await client.call_tool("test_image_content")).content[0]
        assert base64.b64decode(image.data).startswith(b"\x89PNG") and image.mime_type == "image/png"
        audio = (await client.call_tool("test_audio_content")).content[0]
        assert base64.b64decode(audio.data).startswith(b"RIFF") and audio.mime_type == "audio/wav"
        resource = (await client.call_tool("test_embedded_resource")).content[0].resource
        assert (str(resource.uri), resource.text) == ("test://embedded-resource", "This is an embedded resource content.")
        mixed = (await client.call_tool("test_multiple_content_types")).content
        assert [block.type for block in mixed] == ["text", "image", "resource"]
        failed = await client.call_tool("test_error_handling")
        assert failed.is_error and text(failed) == "This tool intentionally returns an error for testing"


@EACH
async def test_progress(server: str, mode: str) -> None:
    seen: list[tuple[float, float | None]] = []

    async def note(done: float, total: float | None, message: str | None) -> None:
        seen.append((done, total))

    async with Desk().client(server, mode) as client:
        result = await client.call_tool("test_tool_with_progress", progress_callback=note)
    assert seen == [(0, 100), (50, 100), (100, 100)]
    assert text(result) != "no token"


@EACH
async def test_log_messages(server: str, mode: str) -> None:
    desk = Desk()
    more = {"log_level": "info"} if mode == "auto" else {}
    async with desk.client(server, mode, **more) as client:
        await client.call_tool("test_tool_with_logging")
    assert desk.logged == [
        ("info", "Tool execution started"),
        ("info", "Tool processing data"),
        ("info", "Tool execution completed"),
    ]


async def test_no_log_messages_that_nobody_asked_for(server: str) -> None:
    desk = Desk()
    async with desk.client(server, "auto") as client:
        await client.call_tool("test_logging_tool")
    assert desk.logged == []


async def test_the_session_s_log_level(server: str) -> None:
    desk = Desk()
    async with desk.client(server, "legacy") as client:
        await client.set_logging_level("error")
        await client.call_tool("test_logging_tool")
    assert [level for level, _ in desk.logged] == ["error", "critical", "alert", "emergency"]


@EACH
async def test_questions_in_the_middle_of_a_call(server: str, mode: str) -> None:
    desk = Desk()
    async with desk.client(server, mode) as client:
        assert text(await client.call_tool("test_sampling", {"prompt": "Capital?"})) == "LLM response: Paris"
        answer = text(await client.call_tool("test_elicitation", {"message": "Well?"}))
        assert answer == 'User response: action=accept, content={"response":"Ada"}'
        answer = text(await client.call_tool("test_elicitation_sep1034_defaults"))
        assert json.loads(answer.split("content=")[1]) == {
            "name": "John Doe", "age": 30, "score": 95.5, "status": "active", "verified": True,
        }
        assert "action=accept" in text(await client.call_tool("test_elicitation_sep1330_enums"))
        assert text(await client.call_tool("test_streaming_elicitation")) == "Hello, Ada!"
    assert desk.asked[0].max_tokens == 100


@EACH
async def test_several_rounds_and_questions(server: str, mode: str) -> None:
    desk = Desk()
    async with desk.client(server, mode) as client:
        call = client.call_tool
        assert text(await call("test_input_required_result_elicitation")) == "Hello, Ada!"
        assert text(await call("test_input_required_result_sampling")) == "Model said: Paris"
        assert text(await call("test_input_required_result_list_roots")) == "The client has 2 roots."
        assert "state-ok" in text(await call("test_input_required_result_request_state"))
        assert text(await call("test_input_required_result_multiple_inputs")) == "Paris Ada has 2 roots."
        assert text(await call("test_input_required_result_multi_round")) == "Ada likes Ada"
        assert text(await call("test_input_required_result_capabilities")) == "Asked 2 things."


async def test_a_capability_that_is_missing(server: str) -> None:
    async with Client(server, mode="auto", read_timeout_seconds=20) as client:
        with pytest.raises(MCPError) as refused:
            await client.call_tool("test_missing_capability")
        assert refused.value.code == -32021
        assert refused.value.data == {"requiredCapabilities": {"sampling": {}}}
    async with Client(server, mode="legacy", read_timeout_seconds=20) as client:
        assert (await client.call_tool("test_missing_capability")).is_error


@EACH
async def test_headers_of_parameters_and_schemas(server: str, mode: str) -> None:
    async with Desk().client(server, mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        schema = tools["json_schema_2020_12_tool"].input_schema
        assert schema["$defs"]["address"]["$anchor"] == "addressDef" and schema["additionalProperties"] is False
        for region in ["eu-west", "Grüße ☃", " padded "]:
            assert text(await client.call_tool("test_x_mcp_header", {"region": region})) == f"region={region}"
        wrong = await client.call_tool("json_schema_2020_12_tool", {"contactMethod": "phone", "name": "Ada"})
        assert wrong.is_error
        right = await client.call_tool("json_schema_2020_12_tool", {"contactMethod": "phone", "phone": "1"})
        assert not right.is_error


async def test_listening_to_changes(server: str) -> None:
    async with Desk().client(server, "auto") as client:
        async with client.listen(tools_list_changed=True) as subscription:
            await client.call_tool("test_trigger_tool_change")
            with anyio.fail_after(10):
                event = await anext(aiter(subscription))
            assert type(event).__name__ == "ToolsListChanged"


async def test_changes_on_the_session_s_stream(server: str) -> None:
    desk = Desk()
    async with desk.client(server, "legacy") as client:
        with anyio.fail_after(15):
            while not any("list_changed" in told or "ToolListChanged" in told for told in desk.told):
                await client.call_tool("test_trigger_tool_change")
                await anyio.sleep(0.1)


async def test_the_server_hangs_up_and_the_client_comes_back(server: str) -> None:
    async with Desk().client(server, "legacy") as client:
        result = await client.call_tool("test_reconnection")
    assert text(result) == "Reconnection test completed: the result was there."


async def test_cancelling(server: str) -> None:
    for mode in ERAS.values():
        async with Desk().client(server, mode) as client:
            with anyio.move_on_after(0.02):
                await client.call_tool("test_tool_with_progress")
            assert text(await client.call_tool("test_simple_text")).startswith("This is"), "the next call works"


@EACH
async def test_fastmcp(server: str, mode: str) -> None:
    logged: list[str] = []
    seen: list[float] = []

    async def log(message: Any) -> None:
        logged.append(message.data if isinstance(message.data, str) else str(message.data))

    async def progress(done: float, total: float | None, message: str | None) -> None:
        seen.append(done)

    async def elicit(message: str, response_type: Any, params: Any, context: Any) -> Any:
        name = next(iter(params.requested_schema["properties"]))
        return ElicitResult(action="accept", content={name: "Ada"})

    async def sample(messages: Any, params: Any, context: Any) -> str:
        return "Paris"

    async with fastmcp.Client(
        server,
        mode=mode,
        timeout=20,
        log_handler=log,
        progress_handler=progress,
        elicitation_handler=elicit,
        sampling_handler=sample,
        roots=["file:///one"],
    ) as client:
        assert "test_simple_text" in {tool.name for tool in await client.list_tools()}
        await client.call_tool("test_tool_with_progress")
        assert seen == [0, 50, 100]
        assert text(await client.call_tool("test_input_required_result_elicitation")) == "Hello, Ada!"
        assert text(await client.call_tool("test_sampling", {"prompt": "?"})) == "LLM response: Paris"
        assert text(await client.call_tool("test_input_required_result_list_roots")) == "The client has 1 roots."
        if mode == "legacy":
            await client.call_tool("test_tool_with_logging")
            assert len(logged) == 3


async def test_without_open_a_key_is_needed(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(tmp_path_factory.mktemp("closed")) as (url, said):
        key = next(line.removeprefix("key: ") for line in said.splitlines() if line.startswith("key: "))
        async with httpx2.AsyncClient() as http:
            refused = await http.post(url, json={})
            assert refused.status_code == 401 and "resource_metadata" in refused.headers["www-authenticate"]
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=20) as http:
            async with Client(streamable_http_client(url, http_client=http), read_timeout_seconds=20) as client:
                assert text(await client.call_tool("test_simple_text"))


@EACH
async def test_prompts(server: str, mode: str) -> None:
    async with Desk().client(server, mode) as client:
        names = [prompt.name for prompt in (await client.list_prompts()).prompts]
        assert names[:2] == ["test_simple_prompt", "test_prompt_with_arguments"]

        async def said(name: str, arguments: dict[str, str] | None = None) -> list[Any]:
            return [message.content for message in (await client.get_prompt(name, arguments)).messages]

        assert (await said("test_simple_prompt"))[0].text == "This is a simple prompt for testing."
        both = await said("test_prompt_with_arguments", {"arg1": "a", "arg2": "b"})
        assert both[0].text == "Prompt with arguments: arg1='a', arg2='b'"
        resource = await said("test_prompt_with_embedded_resource", {"resourceUri": "test://x"})
        assert [content.type for content in resource] == ["resource", "text"]
        assert str(resource[0].resource.uri) == "test://x"
        assert (await said("test_prompt_with_image"))[0].type == "image"
        with pytest.raises(MCPError) as missing:
            await client.get_prompt("test_prompt_with_arguments", {"arg1": "a"})
        assert missing.value.code == -32602


async def test_a_prompt_that_asks(server: str) -> None:
    async with Desk().client(server, "auto") as client:
        result = await client.get_prompt("test_input_required_result_prompt")
        assert result.messages[0].content.text == "Context: Ada"


@EACH
async def test_resources(server: str, mode: str) -> None:
    async with Desk().client(server, mode) as client:
        listed = {str(resource.uri) for resource in (await client.list_resources()).resources}
        assert {"test://static-text", "test://static-binary", "test://watched-resource"} <= listed
        template = (await client.list_resource_templates()).resource_templates[0]
        assert template.uri_template == "test://template/{id}/data"
        assert (await client.read_resource("test://static-text")).contents[0].mime_type == "text/plain"
        blob = (await client.read_resource("test://static-binary")).contents[0].blob
        assert base64.b64decode(blob).startswith(b"\x89PNG")
        data = json.loads((await client.read_resource("test://template/7/data")).contents[0].text)
        assert data == {"id": "7", "templateTest": True, "data": "Data for ID: 7"}
        with pytest.raises(MCPError) as missing:
            await client.read_resource("test://nowhere")
        assert missing.value.code == (-32602 if mode == "auto" else -32002)
        assert missing.value.data == {"uri": "test://nowhere"}


@EACH
async def test_completion(server: str, mode: str) -> None:
    from mcp_types import PromptReference, ResourceTemplateReference

    async with Desk().client(server, mode) as client:
        prompt = PromptReference(type="ref/prompt", name="test_prompt_with_arguments")
        found = (await client.complete(prompt, {"name": "arg1", "value": "par"})).completion
        assert found.values == ["paris", "park", "party"] and not found.has_more
        template = ResourceTemplateReference(type="ref/resource", uri="test://template/{id}/data")
        assert (await client.complete(template, {"name": "id", "value": "12"})).completion.values == ["12", "123"]


async def test_following_a_resource(server: str) -> None:
    async with Desk().client(server, "auto") as client:
        async with client.listen(
            prompts_list_changed=True, resource_subscriptions=["test://watched-resource", "test://nowhere"]
        ) as subscription:
            assert list(subscription.honored.resource_subscriptions or []) == ["test://watched-resource"]
            await client.call_tool("test_trigger_tool_change")
            await client.call_tool("test_trigger_resource_update")
            with anyio.fail_after(10):
                event = await anext(aiter(subscription))
            assert type(event).__name__ == "ResourceUpdated" and event.uri == "test://watched-resource"
            await client.call_tool("test_trigger_prompt_change")
            with anyio.fail_after(10):
                assert type(await anext(aiter(subscription))).__name__ == "PromptsListChanged"

    desk = Desk()
    async with desk.client(server, "legacy") as client:
        await client.subscribe_resource("test://watched-resource")
        with anyio.fail_after(15):
            while not any("updated" in told.lower() for told in desk.told):
                await client.call_tool("test_trigger_resource_update")
                await anyio.sleep(0.1)
        await client.unsubscribe_resource("test://watched-resource")
