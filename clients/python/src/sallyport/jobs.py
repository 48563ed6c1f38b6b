"""Executions that are answered before they have ended."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any, Mapping, Optional

from . import _protocol as protocol
from .exceptions import BrokerUnavailableError, CodeExecutionError, JobCancelledError
from .result import ExecutionResult
from .sandboxes.base import UserId

__all__ = ["JobStatus"]

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
