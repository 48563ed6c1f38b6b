"""Python that a language model wrote, run by a Sallyport broker."""

import logging

from .aio import AsyncCodeExecutor
from .events import StreamEvent
from .exceptions import (
    BrokerUnavailableError,
    CodeExecutionError,
    JobCancelledError,
    JobNotEndedError,
    OutputValidationError,
    RequestRefusedError,
    ResourceLimitError,
    SandboxError,
    SecurityViolationError,
    SessionEndedError,
    StreamCutError,
    TimeoutError,
    ValidationError,
)
from .executor import CodeExecutor
from .jobs import AsyncJob, Job, JobStatus, Submission
from .llm import execute_with_retry
from .result import Artifact, ExecutionResult
from .sandboxes import SandboxConfig
from .sessions import AsyncSession, CellResult, Display, Session, SessionStatus
from .settings import ClientSettings, configure

__version__ = "0.1.0"

logging.getLogger(__name__).addHandler(logging.NullHandler())

__all__ = [
    "Artifact",
    "AsyncCodeExecutor",
    "AsyncJob",
    "AsyncSession",
    "BrokerUnavailableError",
    "CellResult",
    "ClientSettings",
    "CodeExecutionError",
    "CodeExecutor",
    "Display",
    "ExecutionResult",
    "Job",
    "JobCancelledError",
    "JobNotEndedError",
    "JobStatus",
    "OutputValidationError",
    "RequestRefusedError",
    "ResourceLimitError",
    "SandboxConfig",
    "SandboxError",
    "SecurityViolationError",
    "Session",
    "SessionEndedError",
    "SessionStatus",
    "StreamCutError",
    "StreamEvent",
    "Submission",
    "TimeoutError",
    "ValidationError",
    "configure",
    "execute_with_retry",
]
