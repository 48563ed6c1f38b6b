"""The synchronous executor."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import time
from typing import Any, Dict, Generator, Iterable, List, Mapping, Optional, Union

from . import _http
from . import _protocol as protocol
from ._execution import redaction_call, validation_call
from ._jobs import JobExecutor, list_parameters, submissions_of
from ._sessions import SessionCalls
from ._steps import Steps, T, run
from .events import StreamEvent
from .exceptions import CodeExecutionError
from .jobs import Job, JobStatus, Submission
from .result import ExecutionResult
from .sandboxes.base import UserId
from .sessions import Session

__all__ = ["CodeExecutor"]


class CodeExecutor(JobExecutor):
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
        idempotency_key: Optional[str] = None,
    ) -> ExecutionResult:
        """Runs `code` and waits for its end.

        `context` is in the code as the variable `context`, and has to be JSON. `files` are placed in the working
        directory. `deterministic` says that the same call has the same result, so that the broker may give an earlier
        one of the same user again, if its operator permits. Takes at most the configuration's `timeout_seconds` and
        the settings' `overhead_seconds`.

        Under an `idempotency_key` the broker runs it once, however often it is sent: by a retry after a lost connection,
        or by the caller, who gets the first result again for a day. It then runs to its end even if the caller leaves.
        """
        result = self._execute(code, context, stdin, files, deterministic, idempotency_key)
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
                    seen = self._seen(event)
                    if seen.result is not None:
                        result = seen.result
                        self._ended(code, result)
                    yield seen
            except CodeExecutionError as error:
                self._ended(code, ExecutionResult.from_error(error))
                raise
        if self.raise_on_failure and result is not None:
            result.raise_for_failure()

    def submit(
        self,
        code: str,
        context: Optional[Mapping[str, Any]] = None,
        *,
        stdin: str = "",
        files: Optional[Mapping[str, protocol.FileContent]] = None,
        deterministic: bool = False,
        callback_url: Optional[str] = None,
        idempotency_key: Optional[str] = None,
    ) -> Job:
        """Hands `code` over and returns as soon as the broker has it on its disk; arguments as of `execute`.

            job = executor.submit(code)
            result = job.wait(timeout=60)

        `callback_url` is called when the job has ended (`sallyport.webhooks`). Every submission has a key, the
        caller's or one of its own, so that it is one job even where it has to be sent again. Raises in both styles
        where the broker does not take it: there is no job then.
        """
        submission = Submission(code, context, stdin, files, deterministic)
        call = self._submission(submission, callback_url, idempotency_key)
        return Job(self, self._run(self._submit(call, code)), code)

    def wait(self, job: Union[Job, str], timeout: Optional[float] = None) -> ExecutionResult:
        """The result of a job, or of the one with this id, once it has ended; also from another process.

        Raises `JobNotEndedError` in both styles when `timeout` seconds are over: the job goes on. With 0 it asks once.
        A job that was cancelled or could not be served has a result whose `was_served` is false.
        """
        handle = Job(self, JobStatus(job, "unknown")) if isinstance(job, str) else job
        return self._run(self._finish(handle, timeout))

    def job(self, job_id: str) -> Job:
        """The job with this id, as it is now. Raises `RequestRefusedError` (status 404) if there is none."""
        return Job(self, self._run(self._show(job_id)))

    def executions(
        self,
        *,
        state: Optional[str] = None,
        user_id: Optional[UserId] = None,
        created_after: Optional[datetime.datetime] = None,
        created_before: Optional[datetime.datetime] = None,
        page_size: int = 100,
    ) -> Generator[JobStatus, None, None]:
        """The jobs of this API key, newest first, without their results; pages are asked for as they are needed."""
        parameters = list_parameters(state, user_id, created_after, created_before, page_size)
        return self._pages(parameters)

    def _pages(self, parameters: Mapping[str, Optional[str]]) -> Generator[JobStatus, None, None]:
        cursor = None
        while True:
            jobs, cursor = self._run(self._page(parameters, cursor))
            yield from jobs
            if cursor is None:
                return

    def execute_batch(
        self, submissions: Iterable[Union[str, Submission]], *, idempotency_key: Optional[str] = None
    ) -> List[ExecutionResult]:
        """Runs several programs in one request, side by side as the broker has room, and waits for all.

        A result for each, in order; one that the broker refused by itself has `was_served` false, and changes nothing
        for the others. `raise_on_failure` raises only where the batch as a whole is not served. The broker bounds the
        number (`jobs.max_batch`, 32).
        """
        return self._run(self._batch(submissions_of(submissions), idempotency_key))

    def session(
        self,
        *,
        context: Optional[Mapping[str, Any]] = None,
        idle_seconds: Optional[float] = None,
        lifetime_seconds: Optional[float] = None,
        session_id: Optional[str] = None,
    ) -> Session:
        """An interpreter that stays between cells, with this executor's options; it begins with its `with` statement.

        `session_id` is of one that has begun, for an executor with the same `user_id`; the other arguments have no
        meaning then. Without them, the broker says how long it may be idle, and live.
        """
        return Session(self, SessionCalls(self, context, idle_seconds, lifetime_seconds), session_id)

    def _run(self, steps: Steps[T]) -> T:
        return run(steps, self._transport())

    def _execute(
        self,
        code: str,
        context: Optional[Mapping[str, Any]],
        stdin: str = "",
        files: Optional[Mapping[str, protocol.FileContent]] = None,
        deterministic: bool = False,
        idempotency_key: Optional[str] = None,
    ) -> ExecutionResult:
        """In the style of results, whatever `raise_on_failure` says."""
        request = self._request(code, context, stdin, files, deterministic)
        if idempotency_key is not None:
            self._needs_brokers_sandbox()
        self._started(code)
        try:
            if self.sandbox_type.broker_type is None:
                result = self._execute_here(code, request)
            else:
                result = self._result(self._transport().send(self._call(request, idempotency_key)))
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
