"""The interface of a sandbox, and what is asked of one."""

from __future__ import annotations

import abc
from dataclasses import dataclass, field
from typing import Any, ClassVar, Mapping, Optional, Sequence, Tuple, Union

__all__ = ["BaseSandbox", "SandboxConfig", "SandboxResult"]

#: As the broker takes it.
UserId = Union[int, str]


@dataclass(frozen=True)
class SandboxConfig:
    """Limits of one execution. The broker has ceilings, and refuses what is above one with its name."""

    timeout_seconds: float = 30.0
    max_memory_mb: int = 512
    max_output_bytes: int = 1_000_000
    enable_network: bool = False
    #: Of the modules that the policy allows, those that remain, each with what is below it. None: all of them.
    allowed_imports: Optional[Tuple[str, ...]] = None
    #: The variable `context` of the code; what `execute` is given is added, and wins.
    execution_context: Mapping[str, Any] = field(default_factory=dict, hash=False)
    #: For executors that were made without one.
    user_id: Optional[UserId] = None
    #: Beyond the module; None is the broker's default.
    max_cpu_seconds: Optional[float] = None
    cpus: Optional[float] = None
    max_processes: Optional[int] = None
    max_file_mb: Optional[int] = None
    max_artifacts: Optional[int] = None
    max_artifact_bytes: Optional[int] = None

    def __post_init__(self) -> None:
        imports: Optional[Sequence[str]] = self.allowed_imports
        if isinstance(imports, str):  # ("math") is one by mistake, and would allow m, a, t and h.
            raise TypeError('allowed_imports is a tuple of names; for one, write ("math",)')
        if imports is not None:
            object.__setattr__(self, "allowed_imports", tuple(imports))
        if not self.timeout_seconds > 0:
            raise ValueError("timeout_seconds has to be above 0")


@dataclass(frozen=True)
class SandboxResult:
    """What a sandbox saw; the executor makes an `ExecutionResult` of it."""

    success: bool
    stdout: str = ""
    stderr: str = ""
    error_message: Optional[str] = None
    error_type: Optional[str] = None
    execution_time_seconds: Optional[float] = None
    exit_code: Optional[int] = None


class BaseSandbox(abc.ABC):
    """Where code runs.

    There are two kinds. One that names a `broker_type` stands for a kind of sandbox of the broker: an executor sends
    that name, and the broker does everything. Any other runs code itself, in `execute`: the executor then asks the
    broker for validation before and for redaction after.
    """

    #: `sandbox_type` of the HTTP API, or None for a sandbox that is not the broker's.
    broker_type: ClassVar[Optional[str]] = None

    @abc.abstractmethod
    def execute(self, code: str, config: SandboxConfig) -> SandboxResult:
        """Runs `code`, unvalidated, and returns what became of it. Raises `SandboxError` where it cannot run."""
