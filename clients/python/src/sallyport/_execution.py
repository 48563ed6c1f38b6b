"""What an executor does besides I/O: its options, the request that they make, logging, both error styles."""

from __future__ import annotations

import dataclasses
import logging
import uuid
from typing import Any, Dict, Iterable, Mapping, Optional, Type

from . import _protocol as protocol
from ._events import unserved
from .events import StreamEvent
from .result import ExecutionResult
from .sandboxes.base import BaseSandbox, SandboxConfig, UserId
from .sandboxes.broker import GVisorSandbox
from .settings import ClientSettings, current_settings

logger = logging.getLogger("sallyport")

#: A request for a verdict, without a sandbox: what an unloaded broker answers in milliseconds.
_VERDICT_SECONDS = 30.0


class Executor:
    """The constructor of `CodeExecutor` and `AsyncCodeExecutor`.

    The arguments by position are the module's. `forbidden_...` take away from the policy; `priority` is "low",
    "normal" or "high".
    """

    def __init__(
        self,
        user_id: Optional[UserId] = None,
        sandbox_type: Type[BaseSandbox] = GVisorSandbox,
        sandbox_config: Optional[SandboxConfig] = None,
        enable_syntax_validation: bool = True,
        enable_ast_validation: bool = True,
        enable_output_validation: bool = True,
        redact_sensitive_output: bool = True,
        log_executions: bool = True,
        *,
        raise_on_failure: bool = False,
        image: Optional[str] = None,
        policy: Optional[str] = None,
        forbidden_functions: Optional[Iterable[str]] = None,
        forbidden_modules: Optional[Iterable[str]] = None,
        forbidden_attributes: Optional[Iterable[str]] = None,
        priority: Optional[str] = None,
        idempotent: bool = False,
        settings: Optional[ClientSettings] = None,
    ) -> None:
        if not (isinstance(sandbox_type, type) and issubclass(sandbox_type, BaseSandbox)):
            raise TypeError("sandbox_type is a class that extends BaseSandbox")
        self.sandbox_type = sandbox_type
        self.sandbox_config = sandbox_config if sandbox_config is not None else SandboxConfig()
        self.user_id = user_id if user_id is not None else self.sandbox_config.user_id
        self.enable_syntax_validation = enable_syntax_validation
        self.enable_ast_validation = enable_ast_validation
        self.enable_output_validation = enable_output_validation
        self.redact_sensitive_output = redact_sensitive_output
        self.log_executions = log_executions
        self.raise_on_failure = raise_on_failure
        self.image = image
        self.policy = policy
        self.forbidden_functions = protocol.names(forbidden_functions)
        self.forbidden_modules = protocol.names(forbidden_modules)
        self.forbidden_attributes = protocol.names(forbidden_attributes)
        self.priority = priority
        self.idempotent = idempotent
        self.settings = settings or current_settings()
        self._prepare()

    def _prepare(self) -> None:
        """The end of the constructor, for subclasses."""

    def _request(
        self,
        code: str,
        context: Optional[Mapping[str, Any]],
        stdin: str,
        files: Optional[Mapping[str, protocol.FileContent]],
        deterministic: bool,
    ) -> Dict[str, Any]:
        if not isinstance(code, str):
            raise TypeError(f"code is a str, not {type(code).__name__}")
        request: Dict[str, Any] = {
            "code": code,
            "sandbox_config": protocol.sandbox_limits(self.sandbox_config),
            "enable_syntax_validation": self.enable_syntax_validation,
            "enable_ast_validation": self.enable_ast_validation,
            "enable_output_validation": self.enable_output_validation,
            # Redaction is a part of output validation; the broker refuses one without the other.
            "redact_sensitive_output": self.redact_sensitive_output and self.enable_output_validation,
            "log_executions": self.log_executions,
        }
        merged = {**self.sandbox_config.execution_context, **(context or {})}
        if merged:
            request["context"] = merged
        if stdin:
            request["stdin"] = stdin
        if files:
            request["files"] = protocol.file_list(files)
        if deterministic:
            request["deterministic"] = True
        if self.priority:
            request["priority"] = self.priority
        for name in protocol.FORBIDDEN:
            if getattr(self, name) is not None:
                request[name] = getattr(self, name)
        if self.user_id is not None:
            request["user_id"] = self.user_id
        if self.sandbox_type.broker_type is not None:
            request["sandbox_type"] = self.sandbox_type.broker_type
        image = self.image or self.settings.image
        if image:
            request["image"] = image
        if self.policy:
            request["policy"] = self.policy
        elif self.enable_ast_validation:
            if self.settings.policy:
                request["policy"] = self.settings.policy
        elif self.sandbox_config.allowed_imports is not None:
            # The module holds a program to allowed_imports also without AST checks. The broker has the list checked
            # by a policy, and `trusted` is the one that checks hardly anything else.
            request["enable_ast_validation"] = True
            request["policy"] = "trusted"
        return request

    def _call(
        self, request: Mapping[str, Any], idempotency_key: Optional[str] = None, streams: bool = False
    ) -> protocol.Call:
        """Under a key it may be sent again: the broker runs it once."""
        if idempotency_key is None and self.idempotent and not streams:
            idempotency_key = str(uuid.uuid4())
        return protocol.Call(
            "POST",
            protocol.EXECUTIONS,
            protocol.encode(request),
            self._seconds(self.sandbox_config.timeout_seconds),
            repeatable=idempotency_key is not None,
            streams=streams,
            headers=protocol.key_header(idempotency_key),
        )

    def _streaming_call(self, request: Mapping[str, Any]) -> protocol.Call:
        self._needs_brokers_sandbox()
        return self._call(request, streams=True)

    def _seconds(self, timeout_seconds: float) -> float:
        """For a call that runs something for so long."""
        return timeout_seconds + self.settings.overhead_seconds

    def _needs_brokers_sandbox(self) -> None:
        if self.sandbox_type.broker_type is None:
            raise TypeError("a sandbox of one's own runs in execute alone")

    def _result(self, reply: protocol.Reply) -> ExecutionResult:
        return self._result_of(protocol.decode(self.settings, reply, protocol.EXECUTED), reply.status)

    def _result_of(self, body: Mapping[str, Any], status: int) -> ExecutionResult:
        try:
            return ExecutionResult.from_reply(body, self.sandbox_config.timeout_seconds)
        except (AttributeError, KeyError, TypeError) as error:
            raise protocol.no_broker(self.settings, status) from error

    def _seen(self, event: StreamEvent) -> StreamEvent:
        """An event of a run that goes on, with its result where it is the last."""
        if event.type == "error":
            raise unserved(self.settings, event)
        if event.type != "result":
            return event
        return dataclasses.replace(event, result=self._result_of(event.data, 200))

    def _started(self, code: str) -> None:
        if self.log_executions:
            logger.info(
                "Code execution requested", extra={"user_id": self.user_id, "code_length": len(code)}
            )

    def _ended(self, code: str, result: ExecutionResult) -> None:
        if self.log_executions:
            self._log(result)
        self._record(code, result)

    def _record(self, code: str, result: ExecutionResult) -> None:
        """For subclasses that keep executions."""

    def _log(self, result: ExecutionResult) -> None:
        about = {"user_id": self.user_id, "execution_id": result.id}
        if not result.success:
            logger.warning("Code execution failed", extra={**about, "error_type": result.error_type})
        severe = [v for v in result.validation_violations if v.get("severity") in ("high", "critical")]
        if severe and any(v.get("type") != "syntax" for v in severe):
            logger.warning(
                "High-severity security violations detected", extra={**about, "violations": severe}
            )


def validation_call(request: Mapping[str, Any]) -> protocol.Call:
    return protocol.Call("POST", protocol.VALIDATE, protocol.encode(request), _VERDICT_SECONDS, repeatable=True)


def redaction_call(text: str, redact: bool, user_id: Optional[UserId] = None) -> protocol.Call:
    request: Dict[str, Any] = {"text": text, "redact": redact}
    if user_id is not None:
        request["user_id"] = user_id
    body = protocol.encode(request)
    return protocol.Call("POST", protocol.REDACT, body, _VERDICT_SECONDS, repeatable=True)
