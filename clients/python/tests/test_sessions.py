from __future__ import annotations

import asyncio
import json
import threading
from typing import Any, Dict, List

import pytest

import sallyport
from both import Tasks, Threads
from fake_broker import FAILED, REPLY, FakeBroker, answer, hang_up, no_content, wait_for_end
from sallyport import CellResult, SandboxConfig

BEGUN = answer({"id": "s1", "state": "idle", "why_ended": None, "user_id": 7, "image": "python", "policy": "default",
                "cells": 0, "created_at": "2026-01-31T12:00:00Z", "last_used_at": "2026-01-31T12:00:00Z",
                "idle_seconds": 300, "lifetime_seconds": 3600}, 201, Location="/v1/sessions/s1")
GONE = {"error_type": "SandboxError", "message": "the session has ended: it was idle", "details": {}}
UNKNOWN = {"error_type": "NotFoundError", "message": "there is no such session of this user and key", "details": {}}
BUSY = {"error_type": "ConflictError", "message": "a cell is running", "details": {}}


def cell(number: int = 1, **fields: Any) -> Dict[str, Any]:
    return {**REPLY, "result": None, "displays": [],
            "session": {"id": "s1", "cell": number, "state": "idle", "why_ended": None}, **fields}


def begin(broker: FakeBroker, way: Threads, **options: Any) -> Any:
    broker.says(BEGUN)
    return way.do(way.executor(broker, **options).session().begin())


def test_a_session_begins_and_ends_with_its_statement(broker: FakeBroker, way: Threads) -> None:
    shown = {"text/plain": "<chart>", "text/html": "<b>", "image/png": "iVBORw=="}
    broker.says(BEGUN, answer(cell()), answer(cell(2, result={"text/plain": "21"}, displays=[shown])), no_content)
    executor = way.executor(broker, user_id=7)
    results: List[CellResult] = []
    if isinstance(way, Tasks):
        async def main() -> None:
            async with executor.session(context={"a": 1}, idle_seconds=60) as session:
                results.append(await session.execute("x = 20"))
                results.append(await session.execute("x + 1"))

        way.do(main())
    else:
        with executor.session(context={"a": 1}, idle_seconds=60) as session:
            results.append(session.execute("x = 20"))
            results.append(session.execute("x + 1"))

    assert [(request.method, request.path) for request in broker.requests] == [
        ("POST", "/v1/sessions"), ("POST", "/v1/sessions/s1/cells"), ("POST", "/v1/sessions/s1/cells"),
        ("DELETE", "/v1/sessions/s1?user_id=7"),
    ]
    first, second = results
    assert first.success and first.value is None and first.displays == [] and first.cell == 1
    assert second.value is not None and second.value.text == "21" and second.value.html is None
    chart = second.displays[0]
    assert (chart.text, chart.html, chart.png) == ("<chart>", "<b>", b"\x89PNG")
    assert (second.session_id, second.cell, second.session_state, second.stdout) == ("s1", 2, "idle", "42\n")
    as_dict = json.loads(json.dumps(second.to_dict()))
    assert as_dict["value"] == {"text/plain": "21"} and as_dict["displays"] == [shown] and as_dict["cell"] == 2


def test_what_holds_for_all_cells_is_said_once(broker: FakeBroker, way: Threads) -> None:
    broker.says(BEGUN, answer(cell()))
    config = SandboxConfig(timeout_seconds=5, max_memory_mb=256, execution_context={"a": 1})
    executor = way.executor(broker, user_id=7, sandbox_config=config, policy="strict", enable_output_validation=False)
    session = way.do(executor.session(context={"b": 2}, lifetime_seconds=90).begin())
    begun = broker.last.body
    way.do(session.execute("x", stdin="in", files={"a": b"\xff"}, timeout_seconds=2))
    assert begun["context"] == {"a": 1, "b": 2} and begun["policy"] == "strict" and begun["lifetime_seconds"] == 90
    assert begun["sandbox_config"]["max_memory_mb"] == 256 and begun["enable_output_validation"] is False
    assert not {"code", "stdin", "files", "idle_seconds"} & set(begun)
    assert broker.last.body == {
        "code": "x", "stdin": "in", "files": [{"path": "a", "content_base64": "/w=="}], "timeout_seconds": 2,
        "user_id": 7,
    }


def test_files_in_and_out(broker: FakeBroker, way: Threads) -> None:
    session = begin(broker, way, user_id="7")
    artifact = {"path": "a.txt", "size": 2, "media_type": "text/plain", "content_base64": "MTI="}
    broker.says(answer(cell()), answer(cell(artifacts=[artifact])), answer(cell()))
    way.do(session.put_files({"a.txt": "12"}))
    assert (broker.last.method, broker.last.path) == ("PUT", "/v1/sessions/s1/files")
    assert broker.last.body == {"files": [{"path": "a.txt", "content": "12"}], "user_id": "7"}
    assert [each.content for each in way.do(session.files())] == [b"12"]
    assert (broker.last.method, broker.last.path) == ("GET", "/v1/sessions/s1/files?user_id=%227%22")
    assert way.do(session.files("output/a b")) == []
    assert broker.last.path == "/v1/sessions/s1/files?path=output%2Fa+b&user_id=%227%22"


def test_files_that_do_not_arrive_are_an_exception(broker: FakeBroker, way: Threads) -> None:
    session = begin(broker, way)
    failed = {**FAILED, "error_type": "ResourceLimitError", "error_message": "full"}
    broker.says(answer(cell(**failed)), answer(BUSY, 409), hang_up)
    with pytest.raises(sallyport.ResourceLimitError):
        way.do(session.put_files({"a": "1"}))
    with pytest.raises(sallyport.RequestRefusedError, match="a cell is running"):
        way.do(session.files())
    with pytest.raises(sallyport.BrokerUnavailableError):
        way.do(session.put_files({"a": "1"}))


def test_a_cell_that_fails_in_both_styles(broker: FakeBroker, way: Threads) -> None:
    session = begin(broker, way)
    failed = {**FAILED, "error_type": "NameError", "error_message": "NameError: x", "exit_code": 1, "error_line": 1}
    broker.says(answer(cell(**failed)), answer(cell(**{**failed, "timed_out": True})))
    result = way.do(session.execute("x"))
    assert isinstance(result, CellResult) and (result.error_type, result.error_line) == ("NameError", 1)
    assert way.do(session.execute("x", timeout_seconds=2)).error.details["timeout_seconds"] == 2
    session = begin(broker, way, raise_on_failure=True)
    broker.says(answer(cell(**failed)))
    with pytest.raises(sallyport.CodeExecutionError, match="NameError"):
        way.do(session.execute("x"))


def test_a_session_that_has_ended(broker: FakeBroker, way: Threads) -> None:
    session = begin(broker, way)
    broker.says(answer(GONE, 410), answer(UNKNOWN, 404), answer(BUSY, 409), hang_up, answer(REPLY), answer(UNKNOWN, 404))
    results = [way.do(session.execute("x")) for _ in range(5)]
    assert [result.error_type for result in results] == [
        "SessionEndedError", "SessionEndedError", "RequestRefusedError", "BrokerUnavailableError",
        "BrokerUnavailableError",
    ]
    assert all(isinstance(result, CellResult) and not result.was_served for result in results)
    assert results[0].error_message == GONE["message"] and isinstance(results[0].error, sallyport.SandboxError)
    assert results[0].to_dict()["value"] is None
    with pytest.raises(sallyport.SessionEndedError):
        way.do(session.status())
    assert len(broker.requests) == 7  # A cell is never sent twice.


def test_a_session_that_does_not_begin_is_an_exception_in_both_styles(broker: FakeBroker, way: Threads) -> None:
    full = {"error_type": "UnavailableError", "message": "too many", "details": {"reason": "sessions"}}
    broker.says(answer(full, 503), hang_up, answer({"id": "s1", "state": "idle"}))
    executor = way.executor(broker)
    with pytest.raises(sallyport.BrokerUnavailableError) as raised:
        way.do(executor.session().begin())
    assert raised.value.details["reason"] == "sessions"
    for _ in range(2):
        with pytest.raises(sallyport.BrokerUnavailableError):
            way.do(executor.session().begin())
    with pytest.raises(RuntimeError):
        way.do(executor.session().execute("x"))
    way.do(executor.session().close())
    assert len(broker.requests) == 3


def test_a_session_is_found_by_its_id(broker: FakeBroker, way: Threads) -> None:
    broker.says(answer(cell(5)), answer({"id": "a/b", "state": "busy", "cells": 5, "of_tomorrow": 1}), no_content)
    session = way.executor(broker).session(session_id="a/b")
    assert way.do(session.execute("x")).cell == 5
    assert broker.last.path == "/v1/sessions/a%2Fb/cells" and "a/b" in repr(session)
    status = way.do(session.status())
    assert (status.state, status.cells) == ("busy", 5)
    way.do(session.close())
    assert (broker.last.method, broker.last.path) == ("DELETE", "/v1/sessions/a%2Fb")


def test_ending_says_what_hinders_it_but_for_a_session_that_is_gone(broker: FakeBroker, way: Threads) -> None:
    session = begin(broker, way)
    refused = {"error_type": "PermissionError", "message": "not yours", "details": {}}
    broker.says(answer(UNKNOWN, 404), answer(refused, 403))
    way.do(session.close())
    with pytest.raises(sallyport.RequestRefusedError):
        way.do(session.close())


def test_the_end_of_the_statement_does_not_hide_its_exception(
    broker: FakeBroker, caplog: pytest.LogCaptureFixture
) -> None:
    broker.says(BEGUN, hang_up, hang_up, hang_up)
    with pytest.raises(ZeroDivisionError):
        with sallyport.CodeExecutor(settings=broker.settings()).session():
            raise ZeroDivisionError
    assert "could not be ended" in caplog.text
    assert broker.last.method == "DELETE"


def test_cancelling_a_task_interrupts_the_cell_and_ends_the_session(broker: FakeBroker) -> None:
    arrived, left = threading.Event(), threading.Event()
    broker.says(BEGUN, wait_for_end(arrived, left), no_content)

    async def work() -> None:
        executor = sallyport.AsyncCodeExecutor(settings=broker.settings())
        async with executor.session() as session:
            await session.execute("while True: pass")

    async def main() -> None:
        task = asyncio.ensure_future(work())
        await asyncio.get_running_loop().run_in_executor(None, arrived.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert left.wait(10) and broker.last.method == "DELETE"


@pytest.mark.parametrize(
    "fields",
    [
        {"session": 1}, {"session": {}}, {"result": []}, {"result": {"text/plain": 1}}, {"displays": [None]},
        {"displays": 1}, {"artifacts": [{}]},
    ],
)
def test_what_is_no_cell(broker: FakeBroker, way: Threads, fields: Dict[str, Any]) -> None:
    session = begin(broker, way)
    broker.says(answer(cell(**fields)))
    assert way.do(session.execute("x")).error_type == "BrokerUnavailableError"


def test_cells_are_recorded_and_logged(broker: FakeBroker, caplog: pytest.LogCaptureFixture) -> None:
    recorded: List[str] = []

    class Recording(sallyport.CodeExecutor):
        def _record(self, code: str, result: sallyport.ExecutionResult) -> None:
            recorded.append(code)

    broker.says(BEGUN, answer(cell()), hang_up, no_content)
    with caplog.at_level("INFO", "sallyport"):
        with Recording(settings=broker.settings()).session() as session:
            session.execute("a")
            session.execute("b")
    assert recorded == ["a", "b"]
    assert [record.message for record in caplog.records] == [
        "Code execution requested", "Code execution requested", "Code execution failed",
    ]
