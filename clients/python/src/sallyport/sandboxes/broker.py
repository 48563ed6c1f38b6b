"""The broker's kinds of sandbox."""

from __future__ import annotations

from typing import ClassVar, Optional

from .base import BaseSandbox, SandboxConfig, SandboxResult

__all__ = ["GVisorSandbox", "RestrictedPythonSandbox"]


class _BrokerSandbox(BaseSandbox):
    def execute(self, code: str, config: SandboxConfig) -> SandboxResult:
        """Runs it with the sandbox alone around it: no validation, no redaction. For most, `CodeExecutor` is better.

        Raises `BrokerUnavailableError` or `RequestRefusedError`, the latter also where the operator does not let
        callers turn validation off.
        """
        from ..executor import CodeExecutor

        executor = CodeExecutor(
            sandbox_type=type(self),
            sandbox_config=config,
            enable_syntax_validation=False,
            enable_ast_validation=False,
            enable_output_validation=False,
            redact_sensitive_output=False,
        )
        result = executor.execute(code)
        if not result.was_served:
            result.raise_for_failure()
        return SandboxResult(
            success=result.success,
            stdout=result.stdout,
            stderr=result.stderr,
            error_message=result.error_message,
            error_type=result.error_type,
            execution_time_seconds=result.execution_time_seconds,
            exit_code=result.exit_code,
        )


class GVisorSandbox(_BrokerSandbox):
    """A gVisor container of its own for each submission."""

    broker_type: ClassVar[Optional[str]] = "gvisor"


class RestrictedPythonSandbox(GVisorSandbox):
    """The module's development sandbox by name, so that programs that name it run. Nothing runs in this process:
    it is the gVisor sandbox."""
