"""The asynchronous executor."""

from __future__ import annotations

from typing import Any, AsyncGenerator, Mapping, Optional

from . import _async_http
from . import _protocol as protocol
from ._execution import Executor
from .events import StreamEvent
from .exceptions import CodeExecutionError
from .result import ExecutionResult

__all__ = ["AsyncCodeExecutor"]


class AsyncCodeExecutor(Executor):
    """`CodeExecutor` for asyncio: same arguments, same results, same exceptions.

        async with AsyncCodeExecutor() as executor:
            result = await executor.execute("print(6 * 7)")

    Its connections belong to the event loop that it is used on; many tasks may share it. Cancelling a task closes its
    connection, and the broker ends the run.
    """

    def _prepare(self) -> None:
        if self.sandbox_type.broker_type is None:
            raise TypeError("AsyncCodeExecutor takes the broker's kinds of sandbox; others run in CodeExecutor")
        self._connections = _async_http.AsyncTransport(self.settings)

    async def execute(
        self,
        code: str,
        context: Optional[Mapping[str, Any]] = None,
        *,
        stdin: str = "",
        files: Optional[Mapping[str, protocol.FileContent]] = None,
        deterministic: bool = False,
    ) -> ExecutionResult:
        call = self._call(self._request(code, context, stdin, files, deterministic))
        self._started(code)
        try:
            result = self._result(await self._connections.send(call))
        except CodeExecutionError as error:
            result = ExecutionResult.from_error(error)
        self._ended(code, result)
        if self.raise_on_failure:
            result.raise_for_failure()
        return result

    def execute_streaming(
        self,
        code: str,
        context: Optional[Mapping[str, Any]] = None,
        *,
        stdin: str = "",
        files: Optional[Mapping[str, protocol.FileContent]] = None,
        deterministic: bool = False,
    ) -> AsyncGenerator[StreamEvent, None]:
        """As `CodeExecutor.execute_streaming`, for `async for`. Who leaves the loop early calls `aclose()` of the
        iterator (`contextlib.aclosing`), or cancels the task."""
        return self._stream(code, self._streaming_call(self._request(code, context, stdin, files, deterministic)))

    async def _stream(self, code: str, call: protocol.Call) -> AsyncGenerator[StreamEvent, None]:
        self._started(code)
        result = None
        events = self._connections.events(call)
        try:
            async for event in events:
                seen = self._seen(code, event)
                result = seen.result
                yield seen
        except CodeExecutionError as error:
            self._ended(code, ExecutionResult.from_error(error))
            raise
        finally:
            await events.aclose()
        if self.raise_on_failure and result is not None:
            result.raise_for_failure()

    async def aclose(self) -> None:
        """Closes idle connections; the executor can be used again."""
        await self._connections.close()

    async def __aenter__(self) -> "AsyncCodeExecutor":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
