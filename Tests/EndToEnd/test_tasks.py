"""Tasks in the running program: both protocols, the tools, restarts; and the fixtures of the conformance server."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import httpx2
import mcp_types
import pytest

from conformance import SERVER, running
from official import ERAS, connect
from program import FAKETIME, Program

MODERN, OLDER = "2026-07-28", "2025-11-25"
TASKS = "io.modelcontextprotocol/tasks"
DECLARED = {"elicitation": {}, "extensions": {TASKS: {}}}
WAIT_LIMIT = 30.0


class Wire:
    """Requests of both eras by hand: no official client has tasks yet."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self.url = url
        self.fields = {"Accept": "application/json, text/event-stream"}
        if key:
            self.fields["Authorization"] = f"Bearer {key}"

    def modern(self, method: str, params: dict[str, Any], capabilities: dict[str, Any] | None = None) -> httpx2.Response:
        meta = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": DECLARED if capabilities is None else capabilities,
        }
        fields = self.fields | {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        if name := params.get("name") or params.get("taskId"):
            fields["Mcp-Name"] = name
        return self.send(method, params | {"_meta": meta}, fields)

    def older(self, method: str, params: dict[str, Any]) -> httpx2.Response:
        return self.send(method, params, self.fields | {"MCP-Protocol-Version": OLDER})

    def send(self, method: str, params: dict[str, Any], fields: dict[str, str]) -> httpx2.Response:
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return httpx2.post(self.url, json=message, headers=fields, timeout=60)

    def call(self, tool: str, capabilities: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
        return result(self.modern("tools/call", {"name": tool, "arguments": arguments}, capabilities))

    def get(self, task: str) -> dict[str, Any]:
        return result(self.modern("tasks/get", {"taskId": task}))

    def until(self, task: str, *statuses: str) -> dict[str, Any]:
        """Polls, as the extension tells clients to, only more often."""
        end = time.monotonic() + WAIT_LIMIT
        while time.monotonic() < end:
            found = self.get(task)
            if found["status"] in (statuses or ("completed", "failed", "cancelled")):
                return found
            time.sleep(0.05)
        raise AssertionError(f"it stays {found}")

    # The tools.

    def tool(self, name: str, **arguments: Any) -> dict[str, Any]:
        found = self.call(name, {}, **arguments)
        return found["structuredContent"] | {"is_error": found["isError"]}

    def done(self, task: str) -> dict[str, Any]:
        end = time.monotonic() + WAIT_LIMIT
        while time.monotonic() < end:
            found = self.tool("get_async_task", task_id=task)
            if found["status"] not in ("working", "input_required"):
                return found
            time.sleep(0.05)
        raise AssertionError(f"it stays {found}")


def result(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def error(answer: httpx2.Response) -> int:
    return answer.json()["error"]["code"]


def text(found: dict[str, Any]) -> str:
    return found["content"][0]["text"]


# The fixtures.

fixtures = pytest.mark.skipif(not SERVER.exists(), reason="swift build --product ConformanceServer makes it")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with running(tmp_path_factory.mktemp("conformance"), "--open") as (url, _):
        yield Wire(url)


@fixtures
def test_what_is_no_task_answers_at_once(server: Wire) -> None:
    found = server.call("greet", name="World")
    assert found["resultType"] == "complete" and text(found) == "Hello, World!" and "taskId" not in found
    legacy = {"name": "greet", "arguments": {"name": "x"}, "task": {"ttl": 60_000, "pollInterval": 100}}
    assert result(server.modern("tools/call", legacy))["resultType"] == "complete"
    # Without the capability nothing is a task, unless it can't be anything else.
    assert text(server.call("slow_compute", {}, seconds=0, label="a")) == "a: done after 0 s"
    refused = server.modern("tools/call", {"name": "failing_job", "arguments": {}}, {})
    assert refused.status_code == 400 and error(refused) == -32021
    assert refused.json()["error"]["data"] == {"requiredCapabilities": {"extensions": {TASKS: {}}}}


@fixtures
def test_a_slow_one_says_what_it_is_at_and_has_its_result_inside(server: Wire) -> None:
    made = server.call("slow_compute", seconds=1, label="b")
    assert made["resultType"] == "task" and made["status"] == "working"
    assert made["ttlMs"] == 3_600_000 and made["pollIntervalMs"] > 0 and not {"ttl", "result", "task"} & made.keys()
    assert server.until(made["taskId"], "working")["taskId"] == made["taskId"]
    done = server.until(made["taskId"])
    assert done["status"] == "completed" and done["resultType"] == "complete" and text(done["result"]) == "b: done after 1 s"
    assert "_meta" not in done["result"]


@fixtures
def test_an_error_of_the_tool_is_completed_one_of_the_protocol_has_failed(server: Wire) -> None:
    job, broken = server.call("failing_job")["taskId"], server.call("protocol_error_job")["taskId"]
    completed = server.until(job)
    assert completed["status"] == "completed" and completed["result"]["isError"] is True
    failed = server.until(broken)
    assert failed["status"] == "failed" and isinstance(failed["error"]["code"], int) and "result" not in failed


@fixtures
def test_what_it_asks_in_the_middle_is_answered_by_tasks_update(server: Wire) -> None:
    task = server.call("confirm_delete", filename="a.txt")["taskId"]
    asking = server.until(task, "input_required")
    assert [request["method"] for request in asking["inputRequests"].values()] == ["elicitation/create"]
    answers = {key: {"action": "accept", "content": {"confirm": True}} for key in asking["inputRequests"]}
    ack = result(server.modern("tasks/update", {"taskId": task, "inputResponses": answers}))
    assert ack["resultType"] == "complete" and not {"taskId", "status"} & ack.keys()
    assert text(server.until(task)["result"]) == "Deleted a.txt"

    task = server.call("multi_input")["taskId"]
    first, second = server.until(task, "input_required")["inputRequests"]
    answer = {"action": "accept", "content": {"name": "Ada", "confirm": True}}
    server.modern("tasks/update", {"taskId": task, "inputResponses": {first: answer}})
    half = server.get(task)
    assert half["status"] == "input_required" and list(half["inputRequests"]) == [second]
    server.modern("tasks/update", {"taskId": task, "inputResponses": {second: answer}})
    assert text(server.until(task)["result"]) == "Ada answered 2 questions"


@fixtures
def test_rounds_of_questions_come_before_the_task(server: Wire) -> None:
    first = server.call("test_tool_with_task")
    assert first["resultType"] == "input_required" and "taskId" not in first
    answer = {"user_name": {"action": "accept", "content": {"name": "Alice"}}}
    again = {"name": "test_tool_with_task", "arguments": {}, "inputResponses": answer, "requestState": first["requestState"]}
    made = result(server.modern("tools/call", again))
    assert made["resultType"] == "task" and not {"requestState", "inputRequests"} & made.keys()
    assert "Alice" in text(server.until(made["taskId"])["result"])


@fixtures
def test_cancelled_while_it_runs(server: Wire) -> None:
    task = server.call("slow_compute", seconds=60, label="c")["taskId"]
    for _ in range(2):
        ack = result(server.modern("tasks/cancel", {"taskId": task}))
        assert ack["resultType"] == "complete" and not {"taskId", "status"} & ack.keys()
    assert server.until(task)["status"] == "cancelled"


@fixtures
def test_errors_of_the_extension(server: Wire) -> None:
    for method in ("tasks/get", "tasks/update", "tasks/cancel"):
        params = {"taskId": "tsk_never", "inputResponses": {}}
        assert error(server.modern(method, params)) == -32602
        assert error(server.modern(method, params, {})) == -32021
    for method in ("tasks/result", "tasks/list"):
        gone = server.modern(method, {"taskId": "tsk_never"})
        assert gone.status_code == 404 and error(gone) == -32601
    listening = server.modern("subscriptions/listen", {"notifications": {"taskIds": ["tsk_never"]}}, {})
    assert error(listening) == -32021
    capabilities = result(server.modern("server/discover", {}))["capabilities"]
    assert capabilities["extensions"][TASKS] == {} and "tasks" not in capabilities


@fixtures
def test_what_becomes_of_a_task_is_told_to_those_who_listen(server: Wire) -> None:
    task = server.call("slow_compute", seconds=1, label="d")["taskId"]
    meta = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": DECLARED}
    params = {"notifications": {"taskIds": [task, "tsk_never"]}, "_meta": meta}
    message = {"jsonrpc": "2.0", "id": 7, "method": "subscriptions/listen", "params": params}
    fields = server.fields | {"MCP-Protocol-Version": MODERN, "Mcp-Method": "subscriptions/listen"}
    told: list[dict[str, Any]] = []
    with httpx2.stream("POST", server.url, json=message, headers=fields, timeout=30) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                told.append(json.loads(line.removeprefix("data: ")))
                if told[-1]["params"].get("status") == "completed":
                    break
    assert told[0]["params"]["notifications"] == {"taskIds": [task]}
    assert {each["method"] for each in told[1:]} == {"notifications/tasks"}
    assert all(each["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == 7 for each in told)
    assert text(told[-1]["params"]["result"]) == "d: done after 1 s"


@fixtures
def test_the_older_form_as_its_schema_has_it(server: Wire) -> None:
    """Everything is read by the types of the official SDK, which has them, if no client."""
    started = result(
        server.older(
            "initialize",
            {"protocolVersion": OLDER, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
        )
    )
    declared = mcp_types.InitializeResult.model_validate(started).capabilities.tasks
    assert declared is not None and declared.list is not None and declared.cancel is not None
    assert declared.requests is not None and declared.requests.tools is not None
    listed: dict[str, Any] = {}
    page: dict[str, Any] = {}
    while True:
        found = result(server.older("tools/list", page))
        listed |= {tool["name"]: tool.get("execution", {}).get("taskSupport") for tool in found["tools"]}
        if "nextCursor" not in found:
            break
        page = {"cursor": found["nextCursor"]}
    assert (listed["greet"], listed["slow_compute"], listed["failing_job"]) == (None, "optional", "required")
    call = {"name": "slow_compute", "arguments": {"seconds": 1, "label": "e"}, "task": {"ttl": 60_000}}
    made = mcp_types.CreateTaskResult.model_validate(result(server.older("tools/call", call)))
    task = made.task.task_id
    assert made.task.status == "working" and made.task.ttl == 60_000
    assert mcp_types.GetTaskResult.model_validate(result(server.older("tasks/get", {"taskId": task}))).task_id == task
    # It waits for the end.
    answer = result(server.older("tasks/result", {"taskId": task}))
    assert mcp_types.CallToolResult.model_validate(answer).content[0].text == "e: done after 1 s"  # type: ignore[union-attr]
    assert answer["_meta"]["io.modelcontextprotocol/related-task"] == {"taskId": task}
    tasks = mcp_types.ListTasksResult.model_validate(result(server.older("tasks/list", {})))
    assert task in {each.task_id for each in tasks.tasks}
    assert error(server.older("tasks/cancel", {"taskId": task})) == -32602
    assert error(server.older("tools/call", {"name": "greet", "arguments": {"name": "x"}, "task": {}})) == -32601
    assert error(server.older("tools/call", {"name": "failing_job", "arguments": {}})) == -32601
    call["arguments"] = {"seconds": 60}
    running_one = mcp_types.CreateTaskResult.model_validate(result(server.older("tools/call", call))).task.task_id
    ended = mcp_types.CancelTaskResult.model_validate(result(server.older("tasks/cancel", {"taskId": running_one})))
    assert ended.status == "cancelled"


# The product.


@pytest.fixture
def program(another: Callable[..., Program]) -> Program:
    return another().start()


def worker(program: Program, user: str = "sales-manager", name: str = "tasks") -> tuple[str, Wire]:
    connection, key = program.key(user, name, "--scope", "mcp:execute", "--per-minute", "0")
    return connection, Wire(program.url, key)


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_the_four_tools_with_an_official_client(program: Program, era: str) -> None:
    _, key = program.key("sales-manager", "tools", "--scope", "mcp:execute")
    async with connect(program.url, ERAS[era], key=key) as conversation:
        params = {"model": "res.partner", "fields": ["name", "email"], "limit": 3}
        made = await conversation.call("submit_async_task", operation="export_records", params=params)
        assert made["status"] == "working" and made["poll_after_seconds"] > 0
        end = time.monotonic() + WAIT_LIMIT
        while (found := await conversation.call("get_async_task", task_id=made["task_id"]))["status"] == "working":
            assert time.monotonic() < end
            time.sleep(0.1)
        assert found["status"] == "completed" and found["result_is_error"] is False
        lines = found["result"]["csv"].split("\r\n")
        assert lines[0] == "id,name,email" and len(lines) == 5 and found["result"]["has_more"]
        listed = await conversation.call("list_async_tasks", status="completed")
        assert [task["task_id"] for task in listed["tasks"]] == [made["task_id"]] and listed["total"] == 1
        again = await conversation.call("cancel_async_task", task_id=made["task_id"])
        assert again["status"] == "completed", "what has ended stays as it is"
        # Checked when it is submitted.
        bad = await conversation.client.call_tool(
            "submit_async_task", {"operation": "export_records", "params": {"model": 7, "colour": "red"}}
        )
        assert bad.is_error and bad.structured_content is not None
        assert {problem["argument"] for problem in bad.structured_content["problems"]} == {"params.model", "params.colour"}
        unknown = await conversation.client.call_tool("submit_async_task", {"operation": "drop_everything"})
        assert unknown.is_error
        never = await conversation.client.call_tool("get_async_task", {"task_id": "tsk_never"})
        assert never.is_error and never.structured_content is not None and never.structured_content["code"] == "unknown_task"


def test_every_operation(program: Program) -> None:
    _, wire = worker(program, "accountant")
    params: dict[str, dict[str, Any]] = {
        "export_records": {"model": "account.move", "domain": [["state", "=", "posted"]]},
        "aggregate_records": {"model": "account.move", "group_by": ["partner_id", "date:month"], "aggregates": ["amount_total:sum"]},
        "search_all_models": {"query": "an"},
        "data_quality_report": {"model": "res.partner", "domain": ["|", ["active", "=", True], ["active", "=", False]]},
        "receivable_payable_aging": {},
    }
    made = {name: wire.tool("submit_async_task", operation=name, params=given) for name, given in params.items()}
    found = {name: wire.done(task["task_id"]) for name, task in made.items()}
    assert all(task["status"] == "completed" for task in found.values()), found
    results = {name: task["result"] for name, task in found.items()}
    total = wire.tool("count_records", model="account.move", domain=[["state", "=", "posted"]])["count"]
    assert results["export_records"]["rows"] == total == results["export_records"]["csv"].count("\r\n") - 1
    grouped = results["aggregate_records"]["groups"]
    assert sum(group["__count"] for group in grouped) == wire.tool("count_records", model="account.move")["count"]
    assert results["search_all_models"]["models"] and results["search_all_models"]["searched"] > 5
    quality = results["data_quality_report"]
    assert quality["total"] > 0 and quality["fields"][0]["missing"] >= quality["fields"][-1]["missing"] > 0
    aging = results["receivable_payable_aging"]["lines"]
    assert {line["kind"] for line in aging} <= {"receivable", "payable"} and aging
    for line in aging:
        parts = sum(line[bucket] for bucket in ("not_due", "1_30", "31_60", "61_90", "over_90"))
        assert abs(parts - line["total"]) < 0.01


def test_an_operation_stands_under_its_tool_s_rules(program: Program) -> None:
    connection, wire = worker(program)
    program.run("tool", "disable", "search_read")
    refused = wire.tool("submit_async_task", operation="export_records", params={"model": "res.partner"})
    assert refused["is_error"] and refused["code"] == "tool_inactive"
    program.run("tool", "enable", "search_read")
    # A person of no right to a model has none in the background.
    _, portal = worker(program, "portal", "portal")
    made = portal.tool("submit_async_task", operation="export_records", params={"model": "hr.employee"})
    found = portal.done(made["task_id"])
    assert found["status"] == "failed" and found["result_is_error"] and "csv" not in found["result"]


def test_another_person_s_task_is_one_that_never_was(program: Program) -> None:
    _, mine = worker(program)
    _, theirs = worker(program, "sales-manager", "of the same person, by another tool")
    task = mine.tool("submit_async_task", operation="search_all_models", params={"query": "an"})["task_id"]
    mine.done(task)
    never = "tsk_" + "0" * len(task.removeprefix("tsk_"))
    for method in ("tasks/get", "tasks/update", "tasks/cancel"):
        params = {"inputResponses": {}}
        answers = [theirs.modern(method, params | {"taskId": each}) for each in (task, never)]
        assert error(answers[0]) == -32602 and answers[0].text == answers[1].text
    for method in ("tasks/get", "tasks/result", "tasks/cancel"):
        answers = [theirs.older(method, {"taskId": each}) for each in (task, never)]
        assert error(answers[0]) == -32602 and answers[0].text == answers[1].text
    assert result(theirs.older("tasks/list", {}))["tasks"] == []
    assert theirs.tool("list_async_tasks")["total"] == 0
    hidden, unknown = (theirs.tool("get_async_task", task_id=each) for each in (task, never))
    assert hidden["code"] == unknown["code"] == "unknown_task"
    # The same connection sees it by every door.
    assert mine.get(task)["status"] == "completed"
    assert [each["taskId"] for each in result(mine.older("tasks/list", {}))["tasks"]] == [task]


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_ended_in_the_middle_and_done_after_the_restart(program: Program, end: str) -> None:
    _, wire = worker(program)
    made = [
        wire.tool("submit_async_task", operation="data_quality_report", params={"model": "sale.order.line"})["task_id"]
        for _ in range(12)
    ]
    getattr(program, end)()
    with sqlite3.connect(program.data / "gatehouse.db") as database:
        open_ones = database.execute("SELECT count(*) FROM task WHERE phase IN ('queued', 'running')").fetchone()[0]
        if open_ones == 0:
            # A fast machine had done them all: one is put back to where its process could have died.
            database.execute("UPDATE task SET phase = 'running', runner = 'dead', lease_until = 0, result = NULL WHERE id = ?", made[:1])
        # One that was not only reading would be reported lost.
        database.execute(
            """
            INSERT INTO task (id, account_id, connection_id, kind, name, arguments, revision, phase, created_at, updated_at,
              expires_at, keeps_lifetime, runner, lease_until)
            SELECT 'tsk_write', account_id, connection_id, 'call', 'submit_async_task', arguments, revision, 'running',
              created_at, updated_at, expires_at + 3600000000, 1, 'dead', 0 FROM task LIMIT 1
            """
        )
    program.start()
    found = [wire.done(task) for task in made]
    assert all(task["status"] == "completed" and task["result"]["total"] > 0 for task in found), found
    lost = wire.done("tsk_write")
    assert lost["status"] == "failed" and "stopped while this ran" in lost["message"]
    assert program.run("audit", "verify").code == 0


def test_a_revoked_connection_ends_its_tasks(program: Program) -> None:
    connection, wire = worker(program)
    program.run("policy", "set", gate(program), "--connection", connection)
    task = wire.call("list_models")["taskId"]
    program.run("connection", "revoke", connection)
    with sqlite3.connect(program.data / "gatehouse.db") as database:
        assert database.execute("SELECT phase, message FROM task WHERE id = ?", (task,)).fetchall() == [
            ("cancelled", "The connection was revoked.")
        ]


def test_the_51st_that_waits_is_refused(program: Program) -> None:
    connection, wire = worker(program)
    # Each waits for a person, and is a wish of its own.
    policy = program.home / "gate.json"
    policy.write_text('{"version":"1","default":"allow","tools":{"count_records":{"require_approval":true}}}')
    program.run("policy", "set", str(policy), "--connection", connection)
    made = [wire.call("count_records", model="res.partner", domain=[["id", "=", number]]) for number in range(50)]
    assert {found["resultType"] for found in made} == {"task"} and len({found["taskId"] for found in made}) == 50
    refused = wire.tool("submit_async_task", operation="search_all_models", params={"query": "an"})
    assert refused["is_error"] and refused["code"] == "too_many_tasks"
    assert error(wire.older("tools/call", {"name": "list_models", "arguments": {}, "task": {}})) == -32000
    result(wire.modern("tasks/cancel", {"taskId": made[0]["taskId"]}))
    assert wire.tool("submit_async_task", operation="search_all_models", params={"query": "an"})["status"] == "working"


def test_a_ttl_is_kept_to_and_bounded(program: Program) -> None:
    _, wire = worker(program)
    call = {"name": "list_models", "arguments": {}}
    short = result(wire.older("tools/call", call | {"task": {"ttl": 1500}}))["task"]
    assert short["ttl"] == 1500
    assert not result(wire.older("tasks/result", {"taskId": short["taskId"]}))["isError"]
    end = time.monotonic() + 10
    while (answer := wire.older("tasks/get", {"taskId": short["taskId"]})).json().get("result"):
        assert time.monotonic() < end
        time.sleep(0.1)
    assert error(answer) == -32602
    assert result(wire.older("tools/call", call | {"task": {"ttl": 10**12}}))["task"]["ttl"] == 24 * 3_600_000
    assert error(wire.older("tools/call", call | {"task": {"ttl": "soon"}})) == -32602


@pytest.mark.skipif(not FAKETIME, reason="libfaketime is not installed")
def test_results_are_kept_for_an_hour(program: Program) -> None:
    _, wire = worker(program)
    task = wire.tool("submit_async_task", operation="search_all_models", params={"query": "an"})["task_id"]
    assert wire.done(task)["status"] == "completed"
    for later, is_there in (("+55m", True), ("+65m", False)):
        program.stop()
        program.start(later=later)
        assert (wire.tool("get_async_task", task_id=task).get("code") != "unknown_task") is is_there


# Approvals as tasks (product row B7).


def gate(program: Program) -> str:
    policy = program.home / "approval.json"
    policy.write_text('{"version":"1","default":"allow","tools":{"list_models":{"require_approval":true}}}')
    return str(policy)


def test_a_call_that_waits_for_a_person_is_a_task(program: Program) -> None:
    connection, wire = worker(program)
    program.run("policy", "set", gate(program), "--connection", connection)
    # Who does not know tasks is answered as before.
    assert wire.tool("list_models")["code"] == "pending_approval"
    made = wire.call("list_models")
    assert made["resultType"] == "task" and made["status"] == "working" and "agree" in made["statusMessage"]
    request = program.run("approval", "list", "--status", "pending", "--json").rows[0]["request_id"]
    assert wire.call("list_models")["taskId"] == made["taskId"]
    program.run("approval", "approve", request, "--as", "admin")
    done = wire.until(made["taskId"])
    assert done["status"] == "completed" and not done["result"]["isError"] and done["result"]["structuredContent"]["models"]
    # It ran once, as the one who asked.
    entries = program.run("audit", "list", "--connection", connection, "--limit", "100", "--json").rows
    assert [entry["kind"] for entry in entries if entry["method"] == "approval/run"] == ["response", "request"]

    second = wire.call("list_models")
    assert second["taskId"] != made["taskId"]
    request = program.run("approval", "list", "--status", "pending", "--json").rows[0]["request_id"]
    program.run("approval", "reject", request, "--as", "admin", "--reason", "not today")
    ended = wire.until(second["taskId"])
    assert ended["status"] == "cancelled" and "not today" in ended["statusMessage"]

    third = wire.call("list_models")
    request = program.run("approval", "list", "--status", "pending", "--json").rows[0]["request_id"]
    result(wire.modern("tasks/cancel", {"taskId": third["taskId"]}))
    assert program.command("approval", "approve", request, "--as", "admin").code == 1
    assert wire.get(third["taskId"])["status"] == "cancelled"


def test_in_the_older_form_too_and_over_a_restart(program: Program) -> None:
    connection, wire = worker(program)
    program.run("policy", "set", gate(program), "--connection", connection)
    made = result(wire.older("tools/call", {"name": "list_models", "arguments": {}, "task": {}}))
    task = made["task"]["taskId"]
    assert "agree" in made["_meta"]["io.modelcontextprotocol/model-immediate-response"]
    request = program.run("approval", "list", "--status", "pending", "--json").rows[0]["request_id"]
    program.kill()
    program.run("approval", "approve", request, "--as", "admin")
    program.start()
    answer = result(wire.older("tasks/result", {"taskId": task}))
    assert answer["structuredContent"]["models"] and not answer["isError"]
    assert result(wire.older("tasks/get", {"taskId": task}))["status"] == "completed"
