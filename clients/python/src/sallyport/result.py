"""What became of a submission."""

from __future__ import annotations

import base64
import dataclasses
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Type, TypeVar

from .exceptions import (
    CodeExecutionError,
    OutputValidationError,
    ResourceLimitError,
    SandboxError,
    SecurityViolationError,
    TimeoutError,
    ValidationError,
)

__all__ = ["Artifact", "ExecutionResult"]

_Result = TypeVar("_Result", bound="ExecutionResult")


@dataclass(frozen=True)
class Artifact:
    """A file that the program left in its folder `output`."""

    path: str
    size: int
    media_type: str
    content_base64: str = field(repr=False)

    @property
    def content(self) -> bytes:
        return base64.b64decode(self.content_base64)


@dataclass
class ExecutionResult:
    """The attributes down to `was_output_redacted` are the module's; the others are what the broker knows beyond."""

    success: bool
    stdout: str = ""
    stderr: str = ""
    error_message: Optional[str] = None
    error_type: Optional[str] = None
    execution_time_seconds: Optional[float] = None
    total_time_seconds: Optional[float] = None
    validation_violations: List[Dict[str, Any]] = field(default_factory=list)
    output_violations: List[Dict[str, Any]] = field(default_factory=list)
    was_output_redacted: bool = False

    id: Optional[str] = None
    #: The line of the submission where its exception was raised, or of its first violation.
    error_line: Optional[int] = None
    exit_code: Optional[int] = None
    signal: Optional[str] = None
    timed_out: bool = False
    oom_killed: bool = False
    was_output_truncated: bool = False
    #: How many U+FFFD stand in `stdout` and `stderr` for bytes that are not UTF-8.
    invalid_utf8_replaced: int = 0
    #: An earlier result of the same user, given again.
    cached: bool = False
    artifacts: List[Artifact] = field(default_factory=list)
    notes: List[str] = field(default_factory=list)
    usage: Optional[Dict[str, Any]] = None
    timings: Dict[str, Any] = field(default_factory=dict)
    #: False where the broker was away or refused the request: the result says nothing about the program then.
    was_served: bool = True
    #: The exception of a result that was not served; else of a failure, as `raise_for_failure` raises it.
    error: Optional[CodeExecutionError] = field(default=None, repr=False, compare=False)

    def to_dict(self) -> Dict[str, Any]:
        """Everything but `error`, for JSON."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "error"}
        values["artifacts"] = [dataclasses.asdict(artifact) for artifact in self.artifacts]
        return values

    def raise_for_failure(self) -> None:
        """Nothing if the submission succeeded, else the exception that its end stands for."""
        if self.error is not None:
            raise self.error

    @classmethod
    def from_reply(cls, reply: Mapping[str, Any], timeout_seconds: Optional[float] = None) -> "ExecutionResult":
        """From the body of a 200. Fields that this version does not know are ignored. `timeout_seconds` is the time
        that was asked for, where it is known."""
        known = {f.name for f in dataclasses.fields(cls)} - {"artifacts", "was_served", "error"}
        result = cls(
            artifacts=[
                Artifact(a["path"], a["size"], a["media_type"], a["content_base64"]) for a in reply.get("artifacts") or ()
            ],
            **{name: value for name, value in reply.items() if name in known},
        )
        result.conclude(timeout_seconds)
        return result

    @classmethod
    def from_error(cls: Type[_Result], error: CodeExecutionError, was_served: bool = False) -> _Result:
        """Of a request that was not served, or of a sandbox of one's own that raised."""
        return cls(
            success=False,
            error_type=type(error).__name__,
            error_message=error.message,
            was_served=was_served,
            error=error,
        )

    def conclude(self, timeout_seconds: Optional[float]) -> None:
        """Sets `error` from the other attributes, unless it is set."""
        if self.error is None:
            self.error = _failure(self, timeout_seconds)


def _failure(result: ExecutionResult, timeout_seconds: Optional[float]) -> Optional[CodeExecutionError]:
    """A program may raise classes of its own with these names: the broker's facts decide, not the name alone."""
    if result.success:
        return None
    message = result.error_message or result.error_type or "the submission failed"
    details: Dict[str, Any] = {"error_type": result.error_type, "execution_id": result.id}
    name = result.error_type
    if result.timed_out:
        return TimeoutError(message, {**details, "timeout_seconds": timeout_seconds})
    if name == "ValidationError" and result.exit_code is None and result.execution_time_seconds is None:
        return ValidationError(
            message, {**details, "line": result.error_line, "violations": result.validation_violations}
        )
    if name == "OutputValidationError" and result.output_violations:
        return OutputValidationError(message, {**details, "violations": result.output_violations})
    details.update(
        line=result.error_line, exit_code=result.exit_code, signal=result.signal, oom_killed=result.oom_killed
    )
    # An exception that a program does not catch ends it with 1.
    if name == "ResourceLimitError" and (result.exit_code != 1 or result.was_output_truncated or result.oom_killed):
        return ResourceLimitError(message, details)
    if name == "SandboxError" and result.exit_code != 1:
        return SandboxError(message, details)
    if name == "SecurityViolationError":
        return SecurityViolationError(message, details)
    return CodeExecutionError(message, details)
