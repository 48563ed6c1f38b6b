from __future__ import annotations

import asyncio
import gc
import json
import threading
import time
from typing import Any, Callable, Dict, List

import pytest

import sallyport
from fake_broker import (
    FAILED, REPLY, STREAM_END, STREAM_HEAD, FakeBroker, _Handler, answer, chunk, event, hang_up, raw, stream,
    wait_for_end,
)
from sallyport import AsyncCodeExecutor, CodeExecutor, SandboxConfig, StreamEvent, _protocol
from sallyport._events import EventReader
from sallyport.sandboxes import BaseSandbox, SandboxResult

BUSY: Dict[str, Any] = {"error_type": "UnavailableError", "message": "the queue is full", "details": {}}
RUN = [event("queued", 1, id="0"), event("started", 2, id="0", queue_ms=0.1), event("stdout", 3, text="42\n")]
END = event("result", 4, **REPLY)

Collect = Callable[..., List[StreamEvent]]


def collect_threads(broker: FakeBroker, into: List[StreamEvent], **options: Any) -> List[StreamEvent]:
    for seen in CodeExecutor(settings=broker.settings(), **options).execute_streaming("1"):
        into.append(seen)
    return into


def collect_tasks(broker: FakeBroker, into: List[StreamEvent], **options: Any) -> List[StreamEvent]:
    async def main() -> None:
        async with AsyncCodeExecutor(settings=broker.settings(), **options) as executor:
            async for seen in executor.execute_streaming("1"):
                into.append(seen)

    asyncio.run(main())
    return into


@pytest.fixture(params=[collect_threads, collect_tasks], ids=["threads", "tasks"])
def collect(request: pytest.FixtureRequest) -> Collect:
    chosen: Collect = request.param
    return chosen


def test_events_and_their_result(broker: FakeBroker, collect: Collect) -> None:
    broker.says(stream(b'{"event":"heartbeat"}\n', *RUN, END))
    events = collect(broker, [], user_id=3)
    assert [seen.type for seen in events] == ["queued", "started", "stdout", "result"]
    assert [seen.id for seen in events] == [1, 2, 3, 4]
    assert [seen.text for seen in events] == ["", "", "42\n", ""]
    assert events[1].data == {"id": "0", "queue_ms": 0.1}
    assert [seen.result is None for seen in events] == [True, True, True, False]
    result = events[-1].result
    assert result is not None and result.success and result.stdout == "42\n" and result.usage == REPLY["usage"]
    assert broker.last.headers["Accept"] == "application/x-ndjson"
    assert broker.last.body["user_id"] == 3


def test_the_request_is_that_of_execute(broker: FakeBroker, collect: Collect) -> None:
    broker.says(stream(END))
    collect(broker, [], policy="strict")
    CodeExecutor(policy="strict", settings=broker.settings()).execute("1")
    assert broker.requests[0].body == broker.requests[1].body
    assert broker.last.headers["Accept"] == "application/json"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_pieces_end_wherever_they_like(broker: FakeBroker, collect: Collect, size: int) -> None:
    data = b"".join(RUN) + event("stderr", 4, text="ä€🐍") + event("result", 5, **REPLY)
    broker.says(stream(*[data[at : at + size] for at in range(0, len(data), size)]))
    events = collect(broker, [])
    assert [seen.type for seen in events] == ["queued", "started", "stdout", "stderr", "result"]
    assert events[3].text == "ä€🐍"


def test_events_come_while_the_program_runs(broker: FakeBroker) -> None:
    seen_first = threading.Event()

    def slow(handler: _Handler) -> None:
        handler.wfile.write(STREAM_HEAD + chunk(RUN[0]))
        handler.wfile.flush()
        assert seen_first.wait(10)
        handler.wfile.write(chunk(END) + STREAM_END)

    broker.says(slow, slow)
    for seen in CodeExecutor(settings=broker.settings()).execute_streaming("1"):
        seen_first.set()
    assert seen.type == "result"
    seen_first.clear()

    async def main() -> str:
        async for seen in AsyncCodeExecutor(settings=broker.settings()).execute_streaming("1"):
            seen_first.set()
        return seen.type

    assert asyncio.run(main()) == "result"


def test_a_stream_that_was_read_leaves_its_connection(broker: FakeBroker) -> None:
    broker.says(stream(*RUN, END), answer(), stream(*RUN, END))
    executor = CodeExecutor(settings=broker.settings())
    for seen in executor.execute_streaming("1"):
        if seen.type == "result":
            break  # The end has been read already.
    executor.execute("1")
    list(executor.execute_streaming("1"))
    assert len({request.connection for request in broker.requests}) == 1

    async def main() -> None:
        broker.says(stream(*RUN, END), answer())
        async with AsyncCodeExecutor(settings=broker.settings()) as executor:
            assert len([seen async for seen in executor.execute_streaming("1")]) == 4
            assert (await executor.execute("1")).success

    asyncio.run(main())
    assert len({request.connection for request in broker.requests}) == 2


def test_a_failed_run_is_a_result_and_with_raise_on_failure_an_exception_behind_it(
    broker: FakeBroker, collect: Collect
) -> None:
    reply = {**FAILED, "error_type": "ZeroDivisionError", "error_message": "division by zero", "exit_code": 1}
    broker.says(*[stream(*RUN, event("result", 4, **reply))] * 2)
    result = collect(broker, [])[-1].result
    assert result is not None and result.error_type == "ZeroDivisionError"
    events: List[StreamEvent] = []
    with pytest.raises(sallyport.CodeExecutionError, match="division by zero"):
        collect(broker, events, raise_on_failure=True)
    assert events[-1].type == "result"


def test_what_is_not_served_is_an_exception(broker: FakeBroker, collect: Collect) -> None:
    refused = {"error_type": "RequestError", "message": "max_memory_mb is above 512", "details": {"ceiling": 512}}
    broker.says(answer(refused, 422), answer(BUSY, 503), answer(), hang_up)
    with pytest.raises(sallyport.RequestRefusedError) as raised:
        collect(broker, [])
    assert raised.value.details["ceiling"] == 512
    with pytest.raises(sallyport.BrokerUnavailableError, match="the queue is full"):
        collect(broker, [])
    with pytest.raises(sallyport.BrokerUnavailableError, match="is not a Sallyport broker"):
        collect(broker, [])
    with pytest.raises(sallyport.BrokerUnavailableError, match="ended the connection"):
        collect(broker, [])


def test_a_busy_broker_is_asked_again_before_the_stream_begins(broker: FakeBroker, collect: Collect) -> None:
    broker.says(answer(BUSY, 503, Retry_After="0"), stream(*RUN, END))
    assert len(collect(broker, [])) == 4
    assert len(broker.requests) == 2


def test_an_error_in_place_of_the_result(broker: FakeBroker, collect: Collect) -> None:
    broker.says(stream(*RUN, event("error", 4, error_type="UnavailableError", message="going down", details={"a": 1})))
    events: List[StreamEvent] = []
    with pytest.raises(sallyport.BrokerUnavailableError, match="going down") as raised:
        collect(broker, events)
    assert not isinstance(raised.value, sallyport.StreamCutError)
    assert raised.value.details["a"] == 1 and len(events) == 3


def test_a_stream_that_breaks_off_is_a_clear_exception(broker: FakeBroker, collect: Collect) -> None:
    broker.says(stream(*RUN, end=b""), stream(*RUN), stream(*RUN, END[:20], end=b""), stream(*RUN, end=b"zz\r\n"))
    for _ in range(4):
        events: List[StreamEvent] = []
        with pytest.raises(sallyport.StreamCutError, match="broke off") as raised:
            collect(broker, events)
        assert len(events) == 3
        assert raised.value.details == {
            "base_url": broker.url, "sent": True, "last_event_id": 3, "reason": "broken",
        }


def test_a_reader_that_fell_behind_is_told_so(broker: FakeBroker, collect: Collect) -> None:
    cut = json.dumps({"event": "cut", "data": {"reason": "fell_behind", "message": "too slow", "first_id": 9}})
    broker.says(stream(*RUN, cut.encode() + b"\n"))
    with pytest.raises(sallyport.StreamCutError, match="too slow") as raised:
        collect(broker, [])
    assert raised.value.details["reason"] == "fell_behind" and raised.value.details["last_event_id"] == 3


@pytest.mark.parametrize(
    "data",
    [
        b"no JSON\n", b"[]\n", b"{}\n", b'{"event":1,"data":{}}\n', b'{"event":"stdout","data":"x"}\n',
        b'{"event":"stdout","data":{},"id":true}\n', b"[" * 100_000 + b"\n", b'{"event":"\xff","data":{}}\n',
        END + RUN[0],
    ],
)
def test_what_is_no_stream_of_events(broker: FakeBroker, collect: Collect, data: bytes) -> None:
    broker.says(stream(data, end=b""))
    with pytest.raises(sallyport.StreamCutError):
        collect(broker, [])


def test_an_event_without_end_is_bounded(broker: FakeBroker, collect: Collect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_protocol, "MAX_REPLY_BYTES", 5000)
    broker.says(stream(*[b"x" * 1000] * 20, end=b""))
    with pytest.raises(sallyport.StreamCutError, match="longer than 5000"):
        collect(broker, [])


def test_a_long_event_is_put_together_in_linear_time() -> None:
    reader = EventReader()
    begin = time.perf_counter()
    for _ in range(50_000):
        assert reader.feed(b"x" * 100) == []
    assert time.perf_counter() - begin < 20
    with pytest.raises(_protocol.NoReply):
        reader.feed(b"\n")


def test_a_stream_has_the_time_of_its_run(broker: FakeBroker) -> None:
    left = threading.Event()

    def wait(handler: _Handler) -> None:
        handler.wfile.write(STREAM_HEAD + chunk(RUN[0]))
        handler.wfile.flush()
        if handler.rfile.read(1) == b"":
            left.set()
        handler.close_connection = True

    broker.says(wait, wait)
    config = SandboxConfig(timeout_seconds=0.5)
    settings = broker.settings(overhead_seconds=1.5)
    with pytest.raises(sallyport.StreamCutError, match="within 2 seconds") as raised:
        list(CodeExecutor(sandbox_config=config, settings=settings).execute_streaming("1"))
    assert raised.value.details["reason"] == "late"
    assert left.wait(10)

    async def main() -> None:
        async for _ in AsyncCodeExecutor(sandbox_config=config, settings=settings).execute_streaming("1"):
            pass

    with pytest.raises(sallyport.StreamCutError, match="within 2 seconds"):
        asyncio.run(main())


def test_the_time_that_the_caller_takes_does_not_count(broker: FakeBroker) -> None:
    shown = threading.Event()

    def act(handler: _Handler) -> None:
        handler.wfile.write(STREAM_HEAD + chunk(RUN[0]))
        handler.wfile.flush()
        assert shown.wait(30)
        handler.wfile.write(chunk(END) + STREAM_END)

    broker.says(act)
    config = SandboxConfig(timeout_seconds=0.5)
    executor = CodeExecutor(sandbox_config=config, settings=broker.settings(overhead_seconds=1.5))
    for seen in executor.execute_streaming("1"):
        if seen.type == "queued":
            time.sleep(2.5)
            shown.set()
    assert seen.result is not None


@pytest.mark.parametrize("how", ["close", "drop", "raise"])
def test_to_close_the_iterator_ends_the_run(broker: FakeBroker, how: str) -> None:
    arrived, left = threading.Event(), threading.Event()
    broker.says(wait_for_end(arrived, left, STREAM_HEAD + chunk(RUN[0])))
    events = CodeExecutor(settings=broker.settings()).execute_streaming("1")
    assert next(events).type == "queued" and not left.is_set()
    if how == "close":
        events.close()
    elif how == "drop":
        del events
        gc.collect()
    else:
        with pytest.raises(KeyboardInterrupt):
            events.throw(KeyboardInterrupt())
    assert left.wait(10)
    assert CodeExecutor(settings=broker.settings()).execute("1").success


@pytest.mark.parametrize("how", ["close", "cancel"])
def test_to_leave_the_loop_ends_the_run(broker: FakeBroker, how: str) -> None:
    arrived, left = threading.Event(), threading.Event()
    broker.says(wait_for_end(arrived, left, STREAM_HEAD + chunk(RUN[0])))

    async def main() -> None:
        executor = AsyncCodeExecutor(settings=broker.settings())
        events = executor.execute_streaming("1")

        async def read() -> None:
            async for _ in events:
                pass

        if how == "close":
            assert (await events.__anext__()).type == "queued"
            await events.aclose()
        else:
            task = asyncio.ensure_future(read())
            await asyncio.get_running_loop().run_in_executor(None, arrived.wait, 10)
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await asyncio.get_running_loop().run_in_executor(None, left.wait, 10)
        assert (await executor.execute("1")).success
        await executor.aclose()

    asyncio.run(main())


def test_nothing_is_sent_before_the_first_event_is_asked_for_but_mistakes_are_told_at_once(broker: FakeBroker) -> None:
    executor = CodeExecutor(settings=broker.settings())
    executor.execute_streaming("1").close()
    with pytest.raises(TypeError):
        executor.execute_streaming("1", {"a": object()})
    with pytest.raises(TypeError):
        AsyncCodeExecutor(settings=broker.settings()).execute_streaming("1", {"a": object()})
    assert broker.requests == []


def test_executions_are_logged_and_recorded_once(broker: FakeBroker, caplog: pytest.LogCaptureFixture) -> None:
    recorded: List[sallyport.ExecutionResult] = []

    class Recording(CodeExecutor):
        def _record(self, code: str, result: sallyport.ExecutionResult) -> None:
            recorded.append(result)

    broker.says(stream(*RUN, END), stream(*RUN, end=b""), answer(BUSY, 503), raw(b""))
    executor = Recording(settings=broker.settings())
    with caplog.at_level("INFO", "sallyport"):
        list(executor.execute_streaming("1"))
        for _ in range(3):
            with pytest.raises(sallyport.BrokerUnavailableError):
                list(executor.execute_streaming("1"))
    assert [result.was_served for result in recorded] == [True, False, False, False]
    assert [record.message for record in caplog.records].count("Code execution requested") == 4


def test_sandboxes_of_ones_own_do_not_stream(broker: FakeBroker) -> None:
    class Own(BaseSandbox):
        def execute(self, code: str, config: SandboxConfig) -> SandboxResult:
            return SandboxResult(True)

    with pytest.raises(TypeError):
        CodeExecutor(sandbox_type=Own, settings=broker.settings()).execute_streaming("1")
