"""What can go wrong, as exceptions with a message, details and a form for JSON."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

__all__ = [
    "BrokerUnavailableError",
    "CodeExecutionError",
    "JobCancelledError",
    "JobNotEndedError",
    "OutputValidationError",
    "RequestRefusedError",
    "ResourceLimitError",
    "SandboxError",
    "SessionEndedError",
    "SecurityViolationError",
    "StreamCutError",
    "TimeoutError",
    "ValidationError",
]


class CodeExecutionError(Exception):
    """The base of all; itself raised where the submitted program ended with an error of its own."""

    def __init__(self, message: str, details: Optional[Mapping[str, Any]] = None) -> None:
        super().__init__(message)
        self.message = message
        self.details: Dict[str, Any] = dict(details or {})

    def to_dict(self) -> Dict[str, Any]:
        return {"error_type": type(self).__name__, "message": self.message, "details": self.details}


class ValidationError(CodeExecutionError):
    """The program was refused before it ran; `details["violations"]` says why."""


class SandboxError(CodeExecutionError):
    """The sandbox failed, not the program."""


class TimeoutError(CodeExecutionError):  # noqa: A001  The module's name.
    """The program exceeded its time; `details["timeout_seconds"]` is what it had."""


class ResourceLimitError(CodeExecutionError):
    """The program exceeded its memory, CPU time or output."""


class SecurityViolationError(CodeExecutionError):
    """The program tried something while it ran that is forbidden."""


class OutputValidationError(CodeExecutionError):
    """What the program wrote may not go out; `details["violations"]` says why."""


class BrokerUnavailableError(SandboxError):
    """No broker answered, or it cannot serve now. The same call may succeed later.

    `details["sent"]` is false where it is certain that nothing ran; `details["retry_after_seconds"]` is the broker's
    advice, where it gave one.
    """


class StreamCutError(BrokerUnavailableError):
    """A stream of events ended before the run's last event; the run of `execute_streaming` has ended with it.

    `details["reason"]` is "broken", "late", or the broker's ("fell_behind": events were not taken in time);
    `details["last_event_id"]` is the last that came.
    """


class JobCancelledError(CodeExecutionError):
    """The job was cancelled before it had a result."""


class JobNotEndedError(CodeExecutionError):
    """The time of `wait` is over; the job goes on, and can be waited for again."""


class SessionEndedError(SandboxError):
    """The session is no more, and neither are its variables and files; the message says why, if the broker knows."""


class RequestRefusedError(CodeExecutionError):
    """The broker refused the request itself: a limit above its ceiling, a switch that may not be off, a wrong key.

    The program was not looked at, so there is nothing in it to correct. `details["status"]` is the HTTP status; the
    other details are the broker's, such as `field` and `ceiling`.
    """
