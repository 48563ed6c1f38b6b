"""The asynchronous executor."""

from __future__ import annotations

import datetime
from typing import Any, AsyncGenerator, Iterable, List, Mapping, Optional, Union

from . import _async_http
from . import _protocol as protocol
from ._jobs import JobExecutor, list_parameters, submissions_of
from ._sessions import SessionCalls
from ._steps import Steps, T, run_async
from .events import StreamEvent
from .exceptions import CodeExecutionError
from .jobs import AsyncJob, JobStatus, Submission
from .result import ExecutionResult
from .sandboxes.base import UserId
from .sessions import AsyncSession

__all__ = ["AsyncCodeExecutor"]


class AsyncCodeExecutor(JobExecutor):
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
        idempotency_key: Optional[str] = None,
    ) -> ExecutionResult:
        call = self._call(self._request(code, context, stdin, files, deterministic), idempotency_key)
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
                seen = self._seen(event)
                if seen.result is not None:
                    result = seen.result
                    self._ended(code, result)
                yield seen
        except CodeExecutionError as error:
            self._ended(code, ExecutionResult.from_error(error))
            raise
        finally:
            await events.aclose()
        if self.raise_on_failure and result is not None:
            result.raise_for_failure()

    async def submit(
        self,
        code: str,
        context: Optional[Mapping[str, Any]] = None,
        *,
        stdin: str = "",
        files: Optional[Mapping[str, protocol.FileContent]] = None,
        deterministic: bool = False,
        callback_url: Optional[str] = None,
        idempotency_key: Optional[str] = None,
    ) -> AsyncJob:
        """As `CodeExecutor.submit`."""
        submission = Submission(code, context, stdin, files, deterministic)
        call = self._submission(submission, callback_url, idempotency_key)
        return AsyncJob(self, await self._run(self._submit(call, code)), code)

    async def wait(self, job: Union[AsyncJob, str], timeout: Optional[float] = None) -> ExecutionResult:
        """As `CodeExecutor.wait`. Cancelling the task does not end the job; `job.cancel()` does."""
        handle = AsyncJob(self, JobStatus(job, "unknown")) if isinstance(job, str) else job
        return await self._run(self._finish(handle, timeout))

    async def job(self, job_id: str) -> AsyncJob:
        """As `CodeExecutor.job`."""
        return AsyncJob(self, await self._run(self._show(job_id)))

    def executions(
        self,
        *,
        state: Optional[str] = None,
        user_id: Optional[UserId] = None,
        created_after: Optional[datetime.datetime] = None,
        created_before: Optional[datetime.datetime] = None,
        page_size: int = 100,
    ) -> AsyncGenerator[JobStatus, None]:
        """As `CodeExecutor.executions`."""
        parameters = list_parameters(state, user_id, created_after, created_before, page_size)
        return self._pages(parameters)

    async def _pages(self, parameters: Mapping[str, Optional[str]]) -> AsyncGenerator[JobStatus, None]:
        cursor = None
        while True:
            jobs, cursor = await self._run(self._page(parameters, cursor))
            for job in jobs:
                yield job
            if cursor is None:
                return

    async def execute_batch(
        self, submissions: Iterable[Union[str, Submission]], *, idempotency_key: Optional[str] = None
    ) -> List[ExecutionResult]:
        """As `CodeExecutor.execute_batch`."""
        return await self._run(self._batch(submissions_of(submissions), idempotency_key))

    def session(
        self,
        *,
        context: Optional[Mapping[str, Any]] = None,
        idle_seconds: Optional[float] = None,
        lifetime_seconds: Optional[float] = None,
        session_id: Optional[str] = None,
    ) -> AsyncSession:
        """As `CodeExecutor.session`, for `async with`."""
        return AsyncSession(self, SessionCalls(self, context, idle_seconds, lifetime_seconds), session_id)

    async def _run(self, steps: Steps[T]) -> T:
        return await run_async(steps, self._connections)

    async def aclose(self) -> None:
        """Closes idle connections; the executor can be used again."""
        await self._connections.close()

    async def __aenter__(self) -> "AsyncCodeExecutor":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
