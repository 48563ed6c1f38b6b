"""Python that a language model wrote, run by a Sallyport broker."""

import logging

from .aio import AsyncCodeExecutor
from .events import StreamEvent
from .exceptions import (
    BrokerUnavailableError,
    CodeExecutionError,
    JobCancelledError,
    OutputValidationError,
    RequestRefusedError,
    ResourceLimitError,
    SandboxError,
    SecurityViolationError,
    StreamCutError,
    TimeoutError,
    ValidationError,
)
from .executor import CodeExecutor
from .jobs import JobStatus
from .llm import execute_with_retry
from .result import Artifact, ExecutionResult
from .sandboxes import SandboxConfig
from .settings import ClientSettings, configure

__version__ = "0.1.0"

logging.getLogger(__name__).addHandler(logging.NullHandler())

__all__ = [
    "Artifact",
    "AsyncCodeExecutor",
    "BrokerUnavailableError",
    "ClientSettings",
    "CodeExecutionError",
    "CodeExecutor",
    "ExecutionResult",
    "JobCancelledError",
    "JobStatus",
    "OutputValidationError",
    "RequestRefusedError",
    "ResourceLimitError",
    "SandboxConfig",
    "SandboxError",
    "SecurityViolationError",
    "StreamCutError",
    "StreamEvent",
    "TimeoutError",
    "ValidationError",
    "configure",
    "execute_with_retry",
]
