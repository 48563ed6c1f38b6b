"""A response that shows a run while it goes on.

    def run(request):
        return stream_execution(request, request.POST["code"])

A JSON object a line, `{"event", "data"}`, as the broker's own streams have it (docs/api/streaming.md), but `data` of
"result" is `ExecutionResult.to_dict()`. The last is "result" or "error". A line "heartbeat" comes each second of silence:
it is how a server notices that the browser has left, which ends the run.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, AsyncGenerator, Generator, Mapping, Optional, Tuple

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from ..aio import AsyncCodeExecutor
from ..events import StreamEvent
from ..exceptions import CodeExecutionError
from ..result import ExecutionResult
from .executor import options_for, tell_finished

__all__ = ["stream_execution"]

_SILENCE_SECONDS = 1.0
_HEARTBEAT = b'{"event":"heartbeat"}\n'

_Lines = AsyncGenerator[bytes, None]


def stream_execution(
    request: HttpRequest, code: str, context: Optional[Mapping[str, Any]] = None, **options: Any
) -> StreamingHttpResponse:
    """Runs `code` for the user of `request`; `options` as of `get_executor`. Works under WSGI and ASGI.

    A view that is `async def` says who it is: `user_id=(await request.auser()).pk`.
    """
    executor = _Executor(**{**options_for(request, options), "raise_on_failure": False})
    run = _Run(executor, code, context)
    lines = run.lines_and_record() if isinstance(request, ASGIRequest) else run.lines_here()
    response = StreamingHttpResponse(lines, content_type="application/x-ndjson")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # nginx would wait for a buffer to be full.
    return response


class _Executor(AsyncCodeExecutor):
    """Keeps its result for who may use the database: receivers of the signal do, and a running loop forbids it."""

    finished: Optional[Tuple[str, ExecutionResult]] = None

    def _record(self, code: str, result: ExecutionResult) -> None:
        self.finished = code, result


class _Run:
    def __init__(self, executor: _Executor, code: str, context: Optional[Mapping[str, Any]]) -> None:
        self._executor = executor
        self._events = executor.execute_streaming(code, context)

    async def lines_and_record(self) -> _Lines:
        """For the event loop of an ASGI server."""
        lines = self._lines()
        try:
            async for line in lines:
                yield line
        finally:
            await lines.aclose()
            await sync_to_async(self._tell)()

    def lines_here(self) -> Generator[bytes, None, None]:
        """For a thread of a WSGI server: a loop of its own goes on while a line is asked for."""
        loop = asyncio.new_event_loop()
        lines = self._lines()
        try:
            while True:
                try:
                    yield loop.run_until_complete(lines.__anext__())
                except StopAsyncIteration:
                    return
        finally:
            loop.run_until_complete(lines.aclose())
            loop.close()
            self._tell()

    async def _lines(self) -> _Lines:
        waiting: Optional["asyncio.Task[Optional[StreamEvent]]"] = None
        try:
            while True:
                waiting = waiting or asyncio.ensure_future(_next(self._events))
                await asyncio.wait({waiting}, timeout=_SILENCE_SECONDS)
                if not waiting.done():
                    yield _HEARTBEAT
                    continue
                event, waiting = waiting.result(), None
                if event is None:
                    return
                yield _line(event.type, event.result.to_dict() if event.result else event.data)
        except CodeExecutionError as error:
            yield _line("error", error.to_dict())
        finally:
            if waiting is not None:
                waiting.cancel()
                await asyncio.wait({waiting})
            await self._events.aclose()
            await self._executor.aclose()

    def _tell(self) -> None:
        if self._executor.finished is not None:
            tell_finished(self._executor, *self._executor.finished)


async def _next(events: AsyncGenerator[StreamEvent, None]) -> Optional[StreamEvent]:
    """None at the end."""
    try:
        return await events.__anext__()
    except StopAsyncIteration:
        return None


def _line(event: str, data: Mapping[str, Any]) -> bytes:
    return json.dumps({"event": event, "data": data}, separators=(",", ":")).encode() + b"\n"
