from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import time
from typing import Any, Dict, Optional

import pytest

import sallyport
from fake_broker import FAILED, REPLY
from sallyport.webhooks import WebhookError, verify

SECRET = "a secret of some length that nobody guesses"
JOB: Dict[str, Any] = {
    "id": "019ab", "state": "succeeded", "user_id": 7, "created_at": "2026-11-25T18:42:00.123Z",
    "started_at": "2026-11-25T18:42:01Z", "ended_at": "2026-11-25T18:42:02.500Z", "result": REPLY, "error": None,
}


def signed(
    body: bytes, secret: str = SECRET, at: Optional[float] = None, identity: str = "019ab"
) -> Dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    code = hmac.new(secret.encode(), f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": identity, "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(code).decode(),
    }


BODY = json.dumps(JOB).encode()


def test_a_call_of_the_broker() -> None:
    event = verify(BODY, signed(BODY), SECRET)
    assert event.id == event.job.id == "019ab" and abs(event.timestamp - time.time()) < 60
    assert (event.job.state, event.job.user_id, event.job.has_ended) == ("succeeded", 7, True)
    assert event.job.created_at == datetime.datetime(2026, 11, 25, 18, 42, 0, 123000, datetime.timezone.utc)
    assert event.job.result is not None and event.job.result.stdout == "42\n"
    assert event.job.outcome() is event.job.result


def test_a_known_answer() -> None:
    # Computed with openssl dgst -sha256 -hmac.
    headers = {
        "webhook-id": "id", "webhook-timestamp": "1700000000",
        "webhook-signature": "v1,F1lydYm/rFJxUJEWEbEy2hOFZA/RbNoD4zr4+zVw8pg=",
    }
    event = verify(b'{"id":"id","state":"queued"}', headers, b"0123456789abcdef01234567", tolerance=float("inf"))
    assert event.timestamp == 1_700_000_000 and not event.job.has_ended


def test_names_in_any_case_and_several_signatures() -> None:
    headers = {name.title(): value for name, value in signed(BODY).items()}
    headers["Webhook-Signature"] = "v1,AAAA v2,zzz " + headers["Webhook-Signature"]
    assert verify(BODY, {"Content-Type": "application/json", **headers}, SECRET.encode()).job.state == "succeeded"


def test_what_is_not_signed_is_refused() -> None:
    good = signed(BODY)
    for body, headers in [
        (BODY + b" ", good),
        (BODY, signed(BODY, "another secret")),
        (BODY, {**good, "webhook-id": "019ac"}),
        (BODY, {**good, "webhook-timestamp": str(int(good["webhook-timestamp"]) + 1)}),
        (BODY, {**good, "webhook-signature": good["webhook-signature"].replace("v1,", "v2,")}),
        (BODY, {**good, "webhook-signature": good["webhook-signature"][3:]}),
        (BODY, {**good, "webhook-signature": "v1,"}),
        (BODY, {**good, "webhook-signature": " "}),
        (BODY, {**good, "webhook-signature": "v1,ä\ud800\udcff"}),
        (BODY, {**good, "webhook-signature": "v1,AAAA " * 20 + good["webhook-signature"]}),
    ]:
        with pytest.raises(WebhookError, match="signature"):
            verify(body, headers, SECRET)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_what_lacks_a_field_or_has_it_twice(name: str) -> None:
    headers = signed(BODY)
    with pytest.raises(WebhookError, match="twice"):
        verify(BODY, {**headers, name.upper(): headers[name]}, SECRET)
    for without in ({**headers, name: ""}, {key: value for key, value in headers.items() if key != name}):
        with pytest.raises(WebhookError, match=name + " is missing"):
            verify(BODY, without, SECRET)


@pytest.mark.parametrize("stamp", ["soon", "-1", "1.5", "9" * 5000, "１２３", "0x10"])
def test_times_that_are_none(stamp: str) -> None:
    with pytest.raises(WebhookError, match="no number"):
        verify(BODY, {**signed(BODY), "webhook-timestamp": stamp}, SECRET)


def test_old_calls_and_those_of_the_future_are_refused() -> None:
    for away in (-400, 400):
        headers = signed(BODY, at=time.time() + away)
        with pytest.raises(WebhookError, match="300 seconds"):
            verify(BODY, headers, SECRET)
        assert verify(BODY, headers, SECRET, tolerance=500).job.id == "019ab"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"id":1,"state":"failed"}', b'{"id":"019ab","state":null}',
        b'{"id":"019ab","state":"failed","result":1}', b'{"id":"019ab","state":"failed","error":{}}',
        b'{"id":"019ab","state":"failed","created_at":"today"}', b'{"id":"other","state":"succeeded"}',
    ],
)
def test_signed_nonsense(body: bytes) -> None:
    with pytest.raises(WebhookError, match="job"):
        verify(body, signed(body), SECRET)


def test_mistakes_of_the_caller_are_no_webhook_errors() -> None:
    with pytest.raises(ValueError):
        verify(BODY, signed(BODY, ""), "")
    with pytest.raises(TypeError):
        verify(BODY.decode(), signed(BODY), SECRET)  # type: ignore[arg-type]


def outcome(**changes: Any) -> sallyport.ExecutionResult:
    body = json.dumps({**JOB, "result": None, **changes}).encode()
    return verify(body, signed(body), SECRET).job.outcome()


def test_every_end_of_a_job_is_a_result() -> None:
    failed = {**FAILED, "error_type": "ValueError", "error_message": "ValueError: x", "exit_code": 1}
    assert outcome(state="failed", result=failed).error_type == "ValueError"
    cancelled = outcome(state="cancelled")
    assert (cancelled.error_type, cancelled.was_served) == ("JobCancelledError", False)
    expired = outcome(state="expired")
    assert (expired.error_type, expired.was_served) == ("BrokerUnavailableError", False)
    unserved = outcome(state="failed", error={"status": 503, "error_type": "UnavailableError", "message": "no engine"})
    assert (unserved.error_type, unserved.error_message) == ("BrokerUnavailableError", "no engine")
    refused = outcome(state="failed", error={"status": 422, "message": "no", "details": {"field": "image"}})
    assert refused.error is not None and refused.error.details["field"] == "image"
    assert outcome(state="failed").was_served is False
