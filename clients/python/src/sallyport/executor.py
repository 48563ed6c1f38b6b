"""The synchronous executor."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from typing import Any, Dict, Generator, Mapping, Optional

from . import _http
from . import _protocol as protocol
from ._execution import Executor, redaction_call, validation_call
from .events import StreamEvent
from .exceptions import CodeExecutionError
from .result import ExecutionResult

__all__ = ["CodeExecutor"]


class CodeExecutor(Executor):
    """Runs code in the broker's sandboxes.

    Threads may share one. Executors with the same settings share their connections, so one may live as short as
    a request.

        result = CodeExecutor(user_id=7).execute("print(6 * 7)")

    Whatever becomes of the code, and also where the broker is away, there is a result; with `raise_on_failure` each
    failure is an exception instead. A mistake in the call itself is a `TypeError` or `ValueError` in both styles.
    """

    def execute(
        self,
        code: str,
        context: Optional[Mapping[str, Any]] = None,
        *,
        stdin: str = "",
        files: Optional[Mapping[str, protocol.FileContent]] = None,
        deterministic: bool = False,
    ) -> ExecutionResult:
        """Runs `code` and waits for its end.

        `context` is in the code as the variable `context`, and has to be JSON. `files` are placed in the working
        directory. `deterministic` says that the same call has the same result, so that the broker may give an earlier
        one of the same user again, if its operator permits. Takes at most the configuration's `timeout_seconds` and the settings' `overhead_seconds`.
        """
        result = self._execute(code, context, stdin, files, deterministic)
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
    ) -> Generator[StreamEvent, None, None]:
        """Runs `code` and gives its events while they happen; arguments as of `execute`.

            for event in executor.execute_streaming(code):
                print(event.text, end="")
            print(event.result)

        The last event is "result", and has the result. Nothing is sent before the first event is asked for. To close
        the iterator, or to drop it, ends the run.

        What is not served is an exception in both styles: `BrokerUnavailableError`, `RequestRefusedError`, and
        `StreamCutError` where the stream breaks off. With `raise_on_failure`, the exception of a failure comes behind
        the last event.
        """
        return self._stream(code, self._streaming_call(self._request(code, context, stdin, files, deterministic)))

    def _stream(self, code: str, call: protocol.Call) -> Generator[StreamEvent, None, None]:
        self._started(code)
        result = None
        with contextlib.closing(self._transport().events(call)) as events:
            try:
                for event in events:
                    seen = self._seen(code, event)
                    result = seen.result
                    yield seen
            except CodeExecutionError as error:
                self._ended(code, ExecutionResult.from_error(error))
                raise
        if self.raise_on_failure and result is not None:
            result.raise_for_failure()

    def _execute(
        self,
        code: str,
        context: Optional[Mapping[str, Any]],
        stdin: str = "",
        files: Optional[Mapping[str, protocol.FileContent]] = None,
        deterministic: bool = False,
    ) -> ExecutionResult:
        """In the style of results, whatever `raise_on_failure` says."""
        request = self._request(code, context, stdin, files, deterministic)
        self._started(code)
        try:
            if self.sandbox_type.broker_type is None:
                result = self._execute_here(code, request)
            else:
                result = self._result(self._transport().send(self._call(request)))
        except CodeExecutionError as error:
            result = ExecutionResult.from_error(error)
        self._ended(code, result)
        return result

    def _transport(self) -> _http.Transport:
        return _http.shared(self.settings)

    def _execute_here(self, code: str, request: Dict[str, Any]) -> ExecutionResult:
        """With a sandbox of the caller's own between the broker's two doors."""
        begin = time.monotonic()
        if "stdin" in request or "files" in request:
            raise TypeError("a sandbox of one's own takes neither stdin nor files")
        result = self._validate(request)
        if result is None:
            result = self._run_own_sandbox(code, request)
            if self.enable_output_validation and result.error is None:
                self._redact(result)
        result.conclude(self.sandbox_config.timeout_seconds)
        result.total_time_seconds = time.monotonic() - begin
        return result

    def _run_own_sandbox(self, code: str, request: Mapping[str, Any]) -> ExecutionResult:
        config = dataclasses.replace(
            self.sandbox_config, execution_context=request.get("context", {}), user_id=self.user_id
        )
        try:
            seen = self.sandbox_type().execute(code, config)
        except CodeExecutionError as error:
            return ExecutionResult.from_error(error, was_served=True)
        return ExecutionResult(
            success=seen.success,
            stdout=seen.stdout,
            stderr=seen.stderr,
            error_message=seen.error_message,
            error_type=seen.error_type,
            execution_time_seconds=seen.execution_time_seconds,
            exit_code=seen.exit_code,
        )

    def _validate(self, request: Mapping[str, Any]) -> Optional[ExecutionResult]:
        """None if the code may run."""
        if not request["enable_syntax_validation"] and not request["enable_ast_validation"]:
            return None
        reply = protocol.decode(
            self.settings, self._transport().send(validation_call(request)), protocol.VALIDATED
        )
        if reply["is_valid"]:
            return None
        return ExecutionResult(
            success=False,
            error_type=reply["error_type"],
            error_message=reply["error_message"],
            error_line=reply["error_line"],
            validation_violations=reply["validation_violations"],
        )

    def _redact(self, result: ExecutionResult) -> None:
        blocked = False
        for name in ("stdout", "stderr", "error_message"):
            text = getattr(result, name)
            if not text:
                continue
            call = redaction_call(text, self.redact_sensitive_output, self.user_id)
            reply = protocol.decode(self.settings, self._transport().send(call), protocol.REDACTED)
            setattr(result, name, reply["sanitized_output"])
            blocked = blocked or not reply["is_valid"]
            result.was_output_redacted = result.was_output_redacted or reply["was_redacted"]
            result.output_violations.extend({**violation, "stream": name} for violation in reply["violations"])
        if blocked:
            result.success = False
            result.stdout = result.stderr = ""
            result.error_type = "OutputValidationError"
            result.error_message = "an output rule lets nothing of this output out"
