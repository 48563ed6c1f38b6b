"""What executors do with jobs and batches, written once for threads and tasks."""

from __future__ import annotations

import datetime
import time
import uuid
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple, Union

from . import _protocol as protocol
from ._execution import Executor
from ._steps import Pause, Steps, ask
from .exceptions import BrokerUnavailableError, CodeExecutionError, JobNotEndedError
from .jobs import JobHandle, JobStatus, Submission
from .result import ExecutionResult
from .sandboxes.base import UserId

#: How often a job that is waited for is asked about: after a part of the time that it took up to now, within bounds.
_PART = 0.2
_SHORTEST = 0.02
_LONGEST = 1.0
#: What one question may take also when the time of `wait` is over: its answer may be the end.
_QUESTION = 5.0

Page = Tuple[List[JobStatus], Optional[str]]


class JobExecutor(Executor):
    def _submission(
        self,
        submission: Submission,
        callback_url: Optional[str],
        idempotency_key: Optional[str],
    ) -> protocol.Call:
        """Always under a key, for a job is on the broker's disk in any case."""
        if idempotency_key is None:
            idempotency_key = str(uuid.uuid4())
        request = self._request_of(submission)
        request["mode"] = "async"
        if callback_url is not None:
            request["callback_url"] = callback_url
        return protocol.Call(
            "POST", protocol.EXECUTIONS, protocol.encode(request), protocol.ANSWER_SECONDS, repeatable=True,
            headers=protocol.key_header(idempotency_key),
        )

    def _request_of(self, submission: Submission) -> Dict[str, Any]:
        self._needs_brokers_sandbox()
        return self._request(
            submission.code, submission.context, submission.stdin, submission.files, submission.deterministic
        )

    def _submit(self, call: protocol.Call, code: str) -> Steps[JobStatus]:
        self._started(code)
        return self._job(protocol.decode(self.settings, (yield from ask(call)), protocol.JOB, 202))

    def _show(self, job_id: str, seconds: float = protocol.ANSWER_SECONDS) -> Steps[JobStatus]:
        return self._about("GET", job_id, seconds)

    def _cancel(self, job_id: str) -> Steps[JobStatus]:
        return self._about("DELETE", job_id, protocol.ANSWER_SECONDS)

    def _about(self, method: str, job_id: str, seconds: float) -> Steps[JobStatus]:
        path = protocol.below(protocol.EXECUTIONS, job_id)
        reply = yield from ask(protocol.Call(method, path, None, seconds, repeatable=True))
        return self._job(protocol.decode(self.settings, reply, protocol.JOB))

    def _wait(self, job_id: str, timeout: Optional[float]) -> Steps[JobStatus]:
        """A broker that is away may come back with the job: it is asked again for as long as a call may take."""
        begin = answered = time.monotonic()
        state = None
        while True:
            now = time.monotonic()
            remaining = float("inf") if timeout is None else timeout - (now - begin)
            try:
                status = yield from self._show(job_id, max(_QUESTION, min(protocol.ANSWER_SECONDS, remaining)))
                if status.has_ended:
                    return status
                state, answered = status.state, time.monotonic()
            except BrokerUnavailableError:
                if time.monotonic() - answered > self.settings.overhead_seconds:
                    raise
            waited = time.monotonic() - begin
            if timeout is not None and waited >= timeout:
                raise JobNotEndedError(
                    f"the job {job_id} has not ended within {timeout:g} seconds",
                    {"job_id": job_id, "state": state, "waited_seconds": waited},
                )
            pause = min(max(_SHORTEST, _PART * waited), _LONGEST)
            yield Pause(pause if timeout is None else min(pause, timeout - waited))

    def _finish(self, job: JobHandle, timeout: Optional[float]) -> Steps[ExecutionResult]:
        """`wait`."""
        try:
            if job.status.result is None and job.status.error is None:
                job.status = yield from self._wait(job.id, timeout)
            result = job.status.outcome()
            code, job._code = job._code, None
            if code is not None:
                self._ended(code, result)
        except JobNotEndedError:
            raise
        except CodeExecutionError as error:
            result = ExecutionResult.from_error(error)
        if self.raise_on_failure:
            result.raise_for_failure()
        return result

    def _left_out(self, job_id: str) -> Steps[ExecutionResult]:
        """Of a batch whose reply left this one out: its result would have been too large, or it had not ended."""
        try:
            return (yield from self._wait(job_id, self.settings.overhead_seconds)).outcome()
        except CodeExecutionError as error:
            return ExecutionResult.from_error(error)

    def _page(self, parameters: Mapping[str, Optional[str]], cursor: Optional[str]) -> Steps[Page]:
        path = protocol.EXECUTIONS + protocol.query({**parameters, "cursor": cursor})
        reply = yield from ask(protocol.Call("GET", path, None, protocol.ANSWER_SECONDS, repeatable=True))
        body = protocol.decode(self.settings, reply, protocol.LISTED)
        next_cursor = body.get("next_cursor")
        return [self._job(view) for view in _entries(self, body)], next_cursor if next_cursor else None

    def _batch(self, submissions: List[Submission], idempotency_key: Optional[str]) -> Steps[List[ExecutionResult]]:
        requests = [self._request_of(submission) for submission in submissions]
        if not requests:
            return []
        if idempotency_key is None and self.idempotent:
            idempotency_key = str(uuid.uuid4())
        for submission in submissions:
            self._started(submission.code)
        seconds = self._seconds(self.sandbox_config.timeout_seconds * len(requests))
        call = protocol.Call(
            "POST", protocol.BATCH, protocol.encode({"executions": requests}), seconds,
            repeatable=idempotency_key is not None, headers=protocol.key_header(idempotency_key),
        )
        try:
            results = yield from self._run_batch(call, len(requests))
        except CodeExecutionError as error:
            if self.raise_on_failure:
                raise
            results = [ExecutionResult.from_error(error) for _ in requests]
        for submission, result in zip(submissions, results):
            self._ended(submission.code, result)
        return results

    def _run_batch(self, call: protocol.Call, size: int) -> Steps[List[ExecutionResult]]:
        body = protocol.decode(self.settings, (yield from ask(call)), protocol.LISTED)
        entries = _entries(self, body)
        if len(entries) != size:
            raise protocol.no_broker(self.settings, 200)
        results = []
        for entry in entries:
            if entry.get("state") is None and entry.get("id"):
                results.append((yield from self._left_out(entry["id"])))
            else:
                results.append(self._job({**entry, "id": entry.get("id") or ""}).outcome())
        return results

    def _job(self, view: Mapping[str, Any]) -> JobStatus:
        try:
            return JobStatus.from_view(view, self.sandbox_config.timeout_seconds)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise protocol.no_broker(self.settings, 200) from error


def _entries(executor: JobExecutor, body: Mapping[str, Any]) -> List[Dict[str, Any]]:
    entries = body["executions"]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise protocol.no_broker(executor.settings, 200)
    return entries


def submissions_of(entries: Iterable[Union[str, Submission]]) -> List[Submission]:
    if isinstance(entries, str):
        raise TypeError("a batch is a list of programs")
    return [Submission(entry) if isinstance(entry, str) else entry for entry in entries]


def list_parameters(
    state: Optional[str],
    user_id: Optional[UserId],
    created_after: Optional[datetime.datetime],
    created_before: Optional[datetime.datetime],
    page_size: int,
) -> Dict[str, Optional[str]]:
    return {
        "state": state,
        "user_id": None if user_id is None else str(user_id),
        "created_after": _moment(created_after),
        "created_before": _moment(created_before),
        "limit": str(page_size),
    }


def _moment(when: Optional[datetime.datetime]) -> Optional[str]:
    if when is None:
        return None
    if when.tzinfo is None:
        raise ValueError("a time without a zone says nothing to a broker elsewhere")
    return when.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
