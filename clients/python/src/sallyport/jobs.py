"""Executions that are answered before they have ended."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, AsyncGenerator, Generator, Mapping, Optional

from . import _protocol as protocol
from ._events import Resumption
from .events import StreamEvent
from .exceptions import BrokerUnavailableError, CodeExecutionError, JobCancelledError, StreamCutError
from .result import ExecutionResult
from .sandboxes.base import UserId

if TYPE_CHECKING:
    from .aio import AsyncCodeExecutor
    from .executor import CodeExecutor

__all__ = ["AsyncJob", "Job", "JobStatus", "Submission"]


@dataclass(frozen=True)
class Submission:
    """A program of a batch; the attributes are the arguments of `execute`."""

    code: str
    context: Optional[Mapping[str, Any]] = None
    stdin: str = ""
    files: Optional[Mapping[str, protocol.FileContent]] = None
    deterministic: bool = False


_ENDED = ("succeeded", "failed", "cancelled", "expired")


@dataclass(frozen=True)
class JobStatus:
    """A job as the broker described it at one time."""

    id: str
    #: "queued", "running"; "succeeded", "failed", "cancelled", "expired".
    state: str
    user_id: Optional[UserId] = None
    created_at: Optional[datetime.datetime] = None
    started_at: Optional[datetime.datetime] = None
    ended_at: Optional[datetime.datetime] = None
    #: What became of the program, if it was run to an end. Lists leave it out.
    result: Optional[ExecutionResult] = field(default=None, repr=False)
    #: Why a job that has ended has no result.
    error: Optional[CodeExecutionError] = field(default=None, repr=False, compare=False)

    @property
    def has_ended(self) -> bool:
        return self.state in _ENDED

    def outcome(self) -> ExecutionResult:
        """The result; of a job that ended without one, a result that was not served."""
        if self.result is not None:
            return self.result
        error = self.error or CodeExecutionError(f"the job {self.id} has no result", {"job_id": self.id})
        return ExecutionResult.from_error(error)

    @classmethod
    def from_view(cls, view: Mapping[str, Any], timeout_seconds: Optional[float] = None) -> "JobStatus":
        """From the broker's JSON. Raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` for what is none."""
        result, identity, state = view.get("result"), view["id"], view["state"]
        if not isinstance(identity, str) or not isinstance(state, str):
            raise TypeError("id and state are texts")
        return cls(
            id=identity,
            state=state,
            user_id=view.get("user_id"),
            created_at=_moment(view.get("created_at")),
            started_at=_moment(view.get("started_at")),
            ended_at=_moment(view.get("ended_at")),
            result=None if result is None else ExecutionResult.from_reply(result, timeout_seconds),
            error=_error(identity, state, view.get("error")) if result is None else None,
        )


def _moment(text: Optional[str]) -> Optional[datetime.datetime]:
    # Python 3.9 knows no Z.
    return None if text is None else datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def _error(identity: str, state: str, error: Optional[Mapping[str, Any]]) -> Optional[CodeExecutionError]:
    about = {"job_id": identity, "state": state}
    if error is not None:
        return protocol.refused(error["status"], error, about)
    if state == "cancelled":
        return JobCancelledError("the job was cancelled", about)
    if state == "expired":
        return BrokerUnavailableError("the job's turn did not come in time", {**about, "sent": False})
    return None


class JobHandle:
    """What `Job` and `AsyncJob` share."""

    def __init__(self, status: JobStatus, code: Optional[str] = None) -> None:
        #: As the broker said it last.
        self.status = status
        #: Of a job that this handle submitted, until its end was told.
        self._code = code

    @property
    def id(self) -> str:
        return self.status.id

    @property
    def state(self) -> str:
        """As the broker said it last; `refresh` asks."""
        return self.status.state

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.state}>"


class Job(JobHandle):
    """A job at the broker. It goes on whatever becomes of this object; its `id` finds it again (`executor.job(id)`)."""

    def __init__(self, executor: "CodeExecutor", status: JobStatus, code: Optional[str] = None) -> None:
        super().__init__(status, code)
        self._executor = executor

    def refresh(self) -> JobStatus:
        """Asks the broker."""
        self.status = self._executor._run(self._executor._show(self.id))
        return self.status

    def cancel(self) -> JobStatus:
        """Ends it. Of a job that has ended it changes nothing."""
        self.status = self._executor._run(self._executor._cancel(self.id))
        return self.status

    def wait(self, timeout: Optional[float] = None) -> ExecutionResult:
        """As `CodeExecutor.wait`."""
        return self._executor._run(self._executor._finish(self, timeout))

    def events(self, after: Optional[int] = None) -> Generator[StreamEvent, None, None]:
        """What happens to it, from its first event on, or from behind the one with the number `after`.

        Ends with "result", as `CodeExecutor.execute_streaming`. A connection that breaks is made again, and nothing
        comes twice. The job does not notice its readers. Of a job that ended more than about a minute ago only the
        result is told. Raises `JobCancelledError` at the end of one that was cancelled, `BrokerUnavailableError` of one
        that could not be served, `StreamCutError` where events were lost.
        """
        resumption = Resumption(self._executor.settings, after)
        while True:
            try:
                call = resumption.call(self.id)
                with contextlib.closing(self._executor._transport().events(call)) as events:
                    for event in events:
                        resumption.saw(event)
                        yield self._executor._seen(event)
                return
            except StreamCutError as error:
                pause = resumption.pause(error)
                if pause is None:
                    raise
            time.sleep(pause)


class AsyncJob(JobHandle):
    """`Job` for asyncio."""

    def __init__(self, executor: "AsyncCodeExecutor", status: JobStatus, code: Optional[str] = None) -> None:
        super().__init__(status, code)
        self._executor = executor

    async def refresh(self) -> JobStatus:
        self.status = await self._executor._run(self._executor._show(self.id))
        return self.status

    async def cancel(self) -> JobStatus:
        self.status = await self._executor._run(self._executor._cancel(self.id))
        return self.status

    async def wait(self, timeout: Optional[float] = None) -> ExecutionResult:
        return await self._executor._run(self._executor._finish(self, timeout))

    async def events(self, after: Optional[int] = None) -> AsyncGenerator[StreamEvent, None]:
        """As `Job.events`."""
        resumption = Resumption(self._executor.settings, after)
        while True:
            events = self._executor._connections.events(resumption.call(self.id))
            try:
                async for event in events:
                    resumption.saw(event)
                    yield self._executor._seen(event)
                return
            except StreamCutError as error:
                pause = resumption.pause(error)
                if pause is None:
                    raise
            finally:
                await events.aclose()
            await asyncio.sleep(pause)
