from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Optional

import django
import pytest

from fake_broker import FAILED, REPLY
from test_webhooks import JOB, SECRET, signed

django.setup()

from django.core.checks import run_checks  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client, override_settings  # noqa: E402

from sallyport import ExecutionResult, JobStatus  # noqa: E402
from sallyport.django import execution_finished  # noqa: E402
from sallyport.django.history.models import Execution  # noqa: E402

URL = "/hooks/sallyport/"


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    call_command("migrate", verbosity=0)
    Execution.objects.all().delete()
    with override_settings(ROOT_URLCONF="django_webhook_urls", SALLYPORT={"WEBHOOK_SECRET": SECRET}):
        yield


@pytest.fixture
def told() -> Iterator[List[Dict[str, Any]]]:
    seen: List[Dict[str, Any]] = []

    def receiver(**arguments: Any) -> None:
        seen.append(arguments)

    execution_finished.connect(receiver)
    yield seen
    execution_finished.disconnect(receiver)


def post(job: Any, headers: Optional[Dict[str, str]] = None, **options: Any) -> HttpResponse:
    body = job if isinstance(job, bytes) else json.dumps(job).encode()
    identity = job["id"] if isinstance(job, dict) else "019ab"
    fields = signed(body, identity=identity) if headers is None else headers
    extra = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in fields.items()}
    client = Client(enforce_csrf_checks=True)
    answer: Any = client.generic("POST", URL, body, content_type="application/json", **{**extra, **options})
    return answer  # type: ignore[no-any-return]


def test_the_end_of_a_job_is_a_signal_and_a_row(told: List[Dict[str, Any]]) -> None:
    answer = post({**JOB, "id": "job-1", "result": {**REPLY, "id": "job-1"}})
    assert (answer.status_code, answer.content) == (204, b"")
    (seen,) = told
    assert isinstance(seen["result"], ExecutionResult) and seen["result"].stdout == "42\n"
    assert isinstance(seen["job"], JobStatus) and seen["job"].state == "succeeded"
    assert (seen["user_id"], seen["code"]) == (7, "")
    row = Execution.objects.get()
    assert (row.execution_id, row.user_id, row.success, row.stdout) == ("job-1", "7", True, "42\n")


def test_the_same_job_again_makes_no_second_row(told: List[Dict[str, Any]]) -> None:
    for _ in range(2):
        assert post(JOB).status_code == 204
    assert len(told) == 2 and Execution.objects.count() == 1


@pytest.mark.parametrize(
    "state, error, expected",
    [
        ("cancelled", None, "JobCancelledError"),
        ("expired", None, "BrokerUnavailableError"),
        ("failed", {"status": 503, "error_type": "SandboxError", "message": "no engine", "details": {}},
         "BrokerUnavailableError"),
    ],
)
def test_jobs_without_a_result(state: str, error: Any, expected: str) -> None:
    assert post({**JOB, "state": state, "result": None, "error": error}).status_code == 204
    row = Execution.objects.get()
    assert (row.execution_id, row.success, row.error_type) == ("019ab", False, expected)


def test_a_failed_program() -> None:
    reply = {**FAILED, "error_type": "ValueError", "error_message": "ValueError: no", "exit_code": 1}
    assert post({**JOB, "state": "failed", "result": reply}).status_code == 204
    assert Execution.objects.get().error_message == "ValueError: no"


def test_what_is_not_the_brokers_is_refused(told: List[Dict[str, Any]]) -> None:
    body = json.dumps(JOB).encode()
    for headers, words in [
        ({}, b"webhook-id is missing"),
        (signed(body, secret="x" * 24), b"the signature is not that of the body"),
        (signed(body + b" "), b"the signature is not that of the body"),
        (signed(body, at=1_700_000_000), b"more than 300 seconds ago"),
        (signed(body, identity="other"), b"another job"),
    ]:
        answer = post(body, headers)
        assert answer.status_code == 400 and words in answer.content, headers
    assert post(b"[]").status_code == 400
    assert b"has not ended" in post({**JOB, "state": "running", "result": None}).content
    assert told == [] and Execution.objects.count() == 0


def test_post_alone_and_bounded(told: List[Dict[str, Any]]) -> None:
    assert Client().get(URL).status_code == 405
    assert post(JOB, CONTENT_LENGTH="").status_code == 411
    assert post(JOB, CONTENT_LENGTH="-1").status_code == 411
    body = json.dumps(JOB).encode()
    with override_settings(SALLYPORT={"WEBHOOK_SECRET": SECRET, "WEBHOOK_MAX_BYTES": len(body) - 1}):
        assert post(body).status_code == 413
        assert post(body, CONTENT_LENGTH="0000000000000" + str(len(body))).status_code == 413
    with override_settings(SALLYPORT={"WEBHOOK_SECRET": SECRET, "WEBHOOK_MAX_BYTES": len(body)}):
        assert post(body).status_code == 204
    assert len(told) == 1


def test_results_may_be_larger_than_forms() -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100):
        assert post({**JOB, "result": {**REPLY, "stdout": "x" * 200_000}}).status_code == 204


def test_a_receiver_that_fails_has_it_come_again() -> None:
    def broken(**_: Any) -> None:
        raise RuntimeError("of the receiver")

    execution_finished.connect(broken)
    try:
        assert post(JOB).status_code == 500
    finally:
        execution_finished.disconnect(broken)
    assert post(JOB).status_code == 204
    assert Execution.objects.count() == 1


def test_without_a_secret_nothing_is_taken() -> None:
    with override_settings(SALLYPORT={}):
        answer = post(JOB, signed(json.dumps(JOB).encode(), secret=""))
        assert answer.status_code == 503 and b"WEBHOOK_SECRET" in answer.content
        (found,) = [message for message in run_checks() if message.id == "sallyport.E002"]
        assert "WEBHOOK_SECRET" in found.msg
    assert [message for message in run_checks() if str(message.id).startswith("sallyport")] == []
    with override_settings(SALLYPORT={}, ROOT_URLCONF="django_urls"):
        assert [message for message in run_checks() if message.id == "sallyport.E002"] == []


@pytest.mark.parametrize(
    "changes",
    [{"WEBHOOK_SECRET": "short"}, {"WEBHOOK_SECRET": 5}, {"WEBHOOK_MAX_BYTES": 0}, {"WEBHOOK_MAX_BYTES": True},
     {"WEBHOOK_TOLERANCE_SECONDS": "300"}],
)
def test_mistakes_in_settings_are_told(changes: Dict[str, Any]) -> None:
    with override_settings(SALLYPORT={"WEBHOOK_SECRET": SECRET, **changes}):
        (found,) = [message for message in run_checks() if message.id == "sallyport.E001"]
    assert next(iter(changes)) in found.msg
