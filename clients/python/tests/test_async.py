from __future__ import annotations

import asyncio
import threading
from typing import Any, Dict

import pytest

import sallyport
from fake_broker import FAILED, FakeBroker, _Handler, answer, hang_up, raw, wait_for_end
from sallyport import AsyncCodeExecutor, _protocol
from sallyport.sandboxes import BaseSandbox, SandboxConfig, SandboxResult

BUSY: Dict[str, Any] = {"error_type": "UnavailableError", "message": "the queue is full", "details": {}}


def run(broker: FakeBroker, code: str = "1", **options: Any) -> sallyport.ExecutionResult:
    async def main() -> sallyport.ExecutionResult:
        async with AsyncCodeExecutor(settings=broker.settings(), **options) as executor:
            return await executor.execute(code)

    return asyncio.run(main())


def test_request_and_result_are_those_of_the_synchronous_executor(broker: FakeBroker) -> None:
    result = run(broker, user_id=3)
    asynchronous = broker.last
    sallyport.CodeExecutor(3, settings=broker.settings()).execute("1")
    assert asynchronous.body == broker.last.body and asynchronous.path == broker.last.path
    assert asynchronous.headers["Content-Type"] == "application/json"
    assert result.success and result.stdout == "42\n"


def test_connections_are_reused(broker: FakeBroker) -> None:
    async def main() -> None:
        async with AsyncCodeExecutor(settings=broker.settings()) as executor:
            for _ in range(5):
                assert (await executor.execute("1")).success

    asyncio.run(main())
    assert len({request.connection for request in broker.requests}) == 1


def test_an_executor_outlives_its_loop(broker: FakeBroker) -> None:
    executor = AsyncCodeExecutor(settings=broker.settings())
    for _ in range(2):
        assert asyncio.run(executor.execute("1")).success


def test_tasks_run_side_by_side(broker: FakeBroker) -> None:
    barrier = threading.Barrier(8)

    def meet(handler: _Handler) -> None:
        barrier.wait(10)
        answer()(handler)

    broker.says(*[meet] * 8)

    async def main() -> None:
        async with AsyncCodeExecutor(settings=broker.settings()) as executor:
            results = await asyncio.gather(*[executor.execute("1") for _ in range(8)])
            assert all(result.success for result in results)

    asyncio.run(main())


def test_cancelling_closes_the_connection(broker: FakeBroker) -> None:
    arrived, left = threading.Event(), threading.Event()
    broker.says(wait_for_end(arrived, left))

    async def main() -> None:
        executor = AsyncCodeExecutor(settings=broker.settings())
        task = asyncio.ensure_future(executor.execute("1"))
        await asyncio.get_running_loop().run_in_executor(None, arrived.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.get_running_loop().run_in_executor(None, left.wait, 10)
        assert (await executor.execute("1")).success
        await executor.aclose()

    asyncio.run(main())


def test_late_replies(broker: FakeBroker) -> None:
    def wait(handler: _Handler) -> None:
        handler.rfile.read(1)
        handler.close_connection = True

    broker.says(wait)

    async def main() -> sallyport.ExecutionResult:
        config = SandboxConfig(timeout_seconds=0.1)
        executor = AsyncCodeExecutor(sandbox_config=config, settings=broker.settings(overhead_seconds=0.2))
        return await executor.execute("1")

    assert "did not answer within" in (asyncio.run(main()).error_message or "")


def test_retries_as_the_synchronous_executor(broker: FakeBroker) -> None:
    broker.says(answer(BUSY, 503, Retry_After="0"), answer(), hang_up)
    assert run(broker).success
    assert run(broker).error_type == "BrokerUnavailableError"
    assert len(broker.requests) == 3


def test_both_error_styles(broker: FakeBroker) -> None:
    reply = {**FAILED, "error_type": "ZeroDivisionError", "error_message": "division by zero", "exit_code": 1}
    broker.says(answer(reply), answer(reply))
    assert run(broker).error_type == "ZeroDivisionError"
    with pytest.raises(sallyport.CodeExecutionError, match="division by zero"):
        run(broker, raise_on_failure=True)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-8\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: " + b"a" * 100_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", b"",
    ],
)
def test_what_is_no_broker(broker: FakeBroker, data: bytes) -> None:
    broker.says(raw(data))
    assert run(broker).error_type == "BrokerUnavailableError"


def test_a_chunked_reply(broker: FakeBroker) -> None:
    broker.says(raw(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"succes\r\n8\r\ns":true}\r\n0\r\n\r\n'))
    assert run(broker).success


def test_an_idle_connection_is_dropped(broker: FakeBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_protocol, "MAX_IDLE_SECONDS", -1.0)

    async def main() -> None:
        async with AsyncCodeExecutor(settings=broker.settings()) as executor:
            await executor.execute("1")
            await executor.execute("1")

    asyncio.run(main())
    assert len({request.connection for request in broker.requests}) == 2


def test_sandboxes_of_ones_own_are_refused() -> None:
    class Own(BaseSandbox):
        def execute(self, code: str, config: SandboxConfig) -> SandboxResult:
            return SandboxResult(True)

    with pytest.raises(TypeError):
        AsyncCodeExecutor(sandbox_type=Own)
