from __future__ import annotations

import datetime
import json
import threading
import types
from typing import Any, Callable, Dict, List

import pytest

import sallyport
from both import Threads
from fake_broker import (
    FAILED, REPLY, STREAM_HEAD, FakeBroker, _Handler, answer, chunk, event, hang_up, no_content, stream,
)
from sallyport import Submission, _http, _jobs, _protocol
from sallyport.sandboxes import BaseSandbox, SandboxResult

UNKNOWN: Dict[str, Any] = {"error_type": "NotFoundError", "message": "no such execution", "details": {}}
BUSY: Dict[str, Any] = {"error_type": "UnavailableError", "message": "the queue is full", "details": {}}
CREATED = "2026-11-25T18:42:00.123Z"


def view(state: str, **fields: Any) -> Dict[str, Any]:
    return {"id": "019ab", "state": state, "user_id": None, "created_at": CREATED, "started_at": None,
            "ended_at": None, "result": None, "error": None, **fields}


def head(state: str) -> Dict[str, Any]:
    return {name: value for name, value in view(state).items() if name not in ("result", "error")}


ACCEPTED = answer({"id": "019ab", "state": "queued"}, 202, Location="/v1/executions/019ab")
SUCCEEDED = answer(view("succeeded", result=REPLY, started_at=CREATED, ended_at=CREATED))


def test_submit_and_wait(broker: FakeBroker, way: Threads) -> None:
    broker.says(ACCEPTED, answer(view("queued")), answer(view("running")), SUCCEEDED)
    executor = way.executor(broker, user_id=3)
    job = way.do(executor.submit("print(42)", {"a": 1}, stdin="in", callback_url="https://example.org/hook"))
    assert (job.id, job.state) == ("019ab", "queued") and "019ab queued" in repr(job)
    sent = broker.last
    assert (sent.method, sent.path) == ("POST", "/v1/executions")
    assert sent.body["mode"] == "async" and sent.body["callback_url"] == "https://example.org/hook"
    assert (sent.body["context"], sent.body["stdin"], sent.body["user_id"]) == ({"a": 1}, "in", 3)
    assert len(sent.headers["Idempotency-Key"]) == 36
    result = way.do(job.wait(timeout=30))
    assert result.success and result.stdout == "42\n" and job.state == "succeeded"
    assert [(request.method, request.path) for request in broker.requests[1:]] == [("GET", "/v1/executions/019ab")] * 3
    assert job.status.created_at == datetime.datetime(2026, 11, 25, 18, 42, 0, 123000, datetime.timezone.utc)
    assert way.do(job.wait()) == result and len(broker.requests) == 4  # It is known.


def test_every_submission_has_a_key_of_its_own_and_is_sent_again_under_it(broker: FakeBroker, way: Threads) -> None:
    broker.says(hang_up, ACCEPTED, ACCEPTED, ACCEPTED)
    executor = way.executor(broker)
    way.do(executor.submit("1"))
    way.do(executor.submit("1"))
    way.do(executor.submit("1", idempotency_key="mine"))
    keys = [request.headers["Idempotency-Key"] for request in broker.requests]
    assert keys[0] == keys[1] != keys[2] and keys[3] == "mine"


def test_a_submission_that_is_not_taken_is_an_exception_in_both_styles(broker: FakeBroker, way: Threads) -> None:
    broker.says(answer({"error_type": "RequestError", "message": "no", "details": {"field": "x"}}, 422),
                answer(BUSY, 503), answer(REPLY))
    executor = way.executor(broker)
    with pytest.raises(sallyport.RequestRefusedError):
        way.do(executor.submit("1"))
    for _ in range(2):
        with pytest.raises(sallyport.BrokerUnavailableError):
            way.do(executor.submit("1"))


def test_waiting_has_a_time_and_can_be_done_again(broker: FakeBroker, way: Threads) -> None:
    executor = way.executor(broker)
    broker.says(ACCEPTED, *[answer(view("running"))] * 200)
    job = way.do(executor.submit("1"))
    with pytest.raises(sallyport.JobNotEndedError, match="1.5 seconds") as raised:
        way.do(job.wait(timeout=1.5))
    assert raised.value.details["job_id"] == "019ab" and raised.value.details["state"] == "running"
    assert 1 <= len(broker.requests) - 1 <= 40
    del broker.script[:]
    broker.says(SUCCEEDED)
    assert way.do(executor.wait(job, timeout=0)).success
    broker.says(answer(view("running")))
    with pytest.raises(sallyport.JobNotEndedError):
        way.do(executor.wait("019ab", timeout=0))


def test_a_job_is_found_by_its_id(broker: FakeBroker, way: Threads) -> None:
    executor = way.executor(broker)
    broker.says(SUCCEEDED, answer(view("running")), SUCCEEDED, answer(UNKNOWN, 404), answer(UNKNOWN, 404))
    assert way.do(executor.wait("019ab")).stdout == "42\n"
    job = way.do(executor.job("019ab"))
    assert job.state == "running" and not job.status.has_ended
    assert way.do(job.refresh()).result.success and job.state == "succeeded"
    with pytest.raises(sallyport.RequestRefusedError, match="no such execution"):
        way.do(executor.job("x"))
    lost = way.do(executor.wait("a/b?c"))
    assert (lost.error_type, lost.was_served) == ("RequestRefusedError", False)
    assert broker.last.path == "/v1/executions/a%2Fb%3Fc"


def test_cancelling(broker: FakeBroker, way: Threads) -> None:
    broker.says(ACCEPTED, answer(head("cancelled")))
    job = way.do(way.executor(broker).submit("1"))
    assert way.do(job.cancel()).state == "cancelled" == job.state
    assert (broker.last.method, broker.last.path) == ("DELETE", "/v1/executions/019ab")
    result = way.do(job.wait())
    assert (result.error_type, result.was_served) == ("JobCancelledError", False)
    assert len(broker.requests) == 2


def test_cancelling_what_has_ended_leaves_its_result(broker: FakeBroker, way: Threads) -> None:
    broker.says(ACCEPTED, answer(head("succeeded")), SUCCEEDED)
    job = way.do(way.executor(broker).submit("1"))
    assert way.do(job.cancel()).has_ended
    assert way.do(job.wait()).stdout == "42\n"


def test_ends_without_a_result(broker: FakeBroker, way: Threads) -> None:
    error = {"status": 503, "error_type": "UnavailableError", "message": "no engine", "details": {}}
    broker.says(answer(view("expired")), answer(view("failed", error=error)), answer(view("failed", result=FAILED)),
                answer(view("cancelled")))
    executor = way.executor(broker)
    assert "did not come in time" in way.do(executor.wait("a")).error_message
    assert way.do(executor.wait("a")).error_message == "no engine"
    assert way.do(executor.wait("a")).was_served
    with pytest.raises(sallyport.JobCancelledError):
        way.do(way.executor(broker, raise_on_failure=True).wait("a"))


def test_waiting_outlasts_a_broker_that_is_away(broker: FakeBroker, way: Threads) -> None:
    executor = way.executor(broker, settings=broker.settings(max_retries=0))
    broker.says(hang_up, answer(BUSY, 503), answer(view("running")), hang_up, SUCCEEDED)
    assert way.do(executor.wait("019ab")).success
    executor = way.executor(broker, settings=broker.settings(max_retries=0, overhead_seconds=0.5))
    broker.says(*[hang_up] * 200)
    result = way.do(executor.wait("019ab"))
    assert (result.error_type, result.was_served) == ("BrokerUnavailableError", False)


def test_lists_page_by_page(broker: FakeBroker, way: Threads) -> None:
    pages: List[Dict[str, Any]] = [
        {"executions": [{**head("succeeded"), "id": "3"}, {**head("running"), "id": "2"}], "next_cursor": "2"},
        {"executions": [{**head("queued"), "id": "1", "user_id": "u"}], "next_cursor": None},
    ]
    broker.says(*map(answer, pages))
    when = datetime.datetime(2026, 1, 1, 13, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    listed = way.all(way.executor(broker).executions(state="queued", user_id=7, created_after=when, page_size=2))
    assert [job.id for job in listed] == ["3", "2", "1"] and listed[2].user_id == "u" and listed[0].has_ended
    query = "?state=queued&user_id=7&created_after=2026-01-01T12%3A00%3A00.000000Z&limit=2"
    assert [request.path for request in broker.requests] == [
        "/v1/executions" + query, "/v1/executions" + query + "&cursor=2",
    ]
    with pytest.raises(ValueError):
        way.executor(broker).executions(created_before=datetime.datetime(2026, 1, 1))


def test_batches(broker: FakeBroker, way: Threads) -> None:
    refused = {"id": None, "state": "refused", "result": None,
               "error": {"status": 422, "error_type": "RequestError", "message": "code is missing", "details": {}}}
    large = {"id": "big", "state": None, "result": None,
             "error": {"status": 413, "error_type": "RequestError", "message": "too large", "details": {}}}
    broker.says(answer({"executions": [view("succeeded", result=REPLY), refused, large]}),
                answer(view("succeeded", id="big", result={**REPLY, "stdout": "long"})))
    results = way.do(way.executor(broker).execute_batch(["1", Submission("2", {"a": 1}, stdin="x"), "3"]))
    assert [result.stdout for result in results] == ["42\n", "", "long"]
    assert [result.was_served for result in results] == [True, False, True]
    assert results[1].error_message == "code is missing"
    assert broker.requests[0].path == "/v1/executions/batch" and broker.requests[1].path == "/v1/executions/big"
    sent = broker.requests[0].body["executions"]
    assert [entry["code"] for entry in sent] == ["1", "2", "3"] and sent[1]["context"] == {"a": 1}
    assert "Idempotency-Key" not in broker.requests[0].headers


def test_a_part_of_a_batch_that_does_not_end_leaves_the_others_their_results(broker: FakeBroker, way: Threads) -> None:
    late = {"id": "late", "state": None, "result": None,
            "error": {"status": 503, "error_type": "UnavailableError", "message": "late", "details": {}}}
    broker.says(answer({"executions": [view("succeeded", result=REPLY), late]}), *[answer(view("running"))] * 100)
    results = way.do(way.executor(broker, settings=broker.settings(overhead_seconds=0.3)).execute_batch(["1", "2"]))
    assert [result.error_type for result in results] == [None, "JobNotEndedError"]


def test_a_batch_that_is_not_served(broker: FakeBroker, way: Threads) -> None:
    broker.says(answer(BUSY, 503), answer(BUSY, 503), hang_up, hang_up, answer({"executions": []}),
                answer({"executions": [1]}))
    results = way.do(way.executor(broker).execute_batch(["1", "2"]))
    assert [result.error_message for result in results] == ["the queue is full"] * 2
    with pytest.raises(sallyport.BrokerUnavailableError):
        way.do(way.executor(broker, raise_on_failure=True).execute_batch(["1"]))
    assert not way.do(way.executor(broker).execute_batch(["1"]))[0].was_served
    assert len(broker.requests) == 3  # Without a key it is not sent again.
    way.do(way.executor(broker).execute_batch(["1"], idempotency_key="k"))
    assert len(broker.requests) == 5
    assert not way.do(way.executor(broker).execute_batch(["1"]))[0].was_served
    assert way.do(way.executor(broker).execute_batch([])) == [] and len(broker.requests) == 6
    with pytest.raises(TypeError):
        way.do(way.executor(broker).execute_batch("1"))


def test_an_execution_under_a_key_is_sent_again(broker: FakeBroker, way: Threads) -> None:
    broker.says(hang_up, answer(), hang_up, answer(), hang_up)
    assert way.do(way.executor(broker).execute("1", idempotency_key="mine")).success
    assert way.do(way.executor(broker, idempotent=True).execute("1")).success
    keys = [request.headers["Idempotency-Key"] for request in broker.requests]
    assert keys[:2] == ["mine"] * 2 and keys[2] == keys[3] and len(keys[2]) == 36
    assert not way.do(way.executor(broker).execute("1")).was_served
    assert "Idempotency-Key" not in broker.last.headers


@pytest.mark.parametrize("key", ["", "k" * 256, "ä", "a\nb", 7])
def test_keys_that_are_none(broker: FakeBroker, way: Threads, key: Any) -> None:
    with pytest.raises(ValueError):
        way.do(way.executor(broker).execute("1", idempotency_key=key))
    with pytest.raises(ValueError):
        way.do(way.executor(broker).submit("1", idempotency_key=key))
    assert broker.requests == []


def test_events_of_a_job(broker: FakeBroker, way: Threads) -> None:
    broker.says(ACCEPTED, stream(event("queued", 1, id="019ab"), event("stdout", 2, text="4"), event("result", 3, **REPLY)))
    job = way.do(way.executor(broker).submit("1"))
    events = way.all(job.events())
    assert [seen.type for seen in events] == ["queued", "stdout", "result"] and events[2].result.success
    assert broker.last.path == "/v1/executions/019ab/events" and broker.last.method == "GET"
    assert "Last-Event-ID" not in broker.last.headers and broker.last.headers["Accept"] == "application/x-ndjson"


def test_events_go_on_where_the_connection_broke(broker: FakeBroker, way: Threads) -> None:
    broker.says(ACCEPTED, stream(event("queued", 1), event("stdout", 2, text="4"), end=b""), hang_up,
                stream(event("stdout", 3, text="2"), end=b""), stream(event("result", 4, **REPLY)))
    job = way.do(way.executor(broker).submit("1"))
    assert [seen.id for seen in way.all(job.events())] == [1, 2, 3, 4]
    assert [request.headers.get("Last-Event-ID") for request in broker.requests[1:]] == [None, "2", "2", "3"]


def test_events_from_a_number_on(broker: FakeBroker, way: Threads) -> None:
    broker.says(SUCCEEDED, stream(event("result", 8, **REPLY)), no_content, SUCCEEDED)
    job = way.do(way.executor(broker).job("019ab"))
    assert [seen.id for seen in way.all(job.events(after=7))] == [8]
    assert way.all(job.events(after=8)) == []
    assert broker.last.headers["Last-Event-ID"] == "8"
    assert way.do(job.refresh()).has_ended
    assert len({request.connection for request in broker.requests}) == 1


def test_events_that_are_lost_are_an_exception(broker: FakeBroker, way: Threads) -> None:
    cut = json.dumps({"event": "cut", "data": {"reason": "fell_behind", "message": "gone"}}).encode() + b"\n"
    broken = stream(event("queued", 1), end=b"")
    broker.says(SUCCEEDED, stream(cut), broken, *[stream(end=b"")] * 9)
    job = way.do(way.executor(broker).job("019ab"))
    with pytest.raises(sallyport.StreamCutError, match="gone"):
        way.all(job.events())
    with pytest.raises(sallyport.StreamCutError, match="broke off"):
        way.all(job.events())
    assert len(broker.requests) == 2 + 1 + 2  # As often as the settings say.


def test_events_of_a_job_that_was_cancelled(broker: FakeBroker, way: Threads) -> None:
    error = {"error_type": "CancelledError", "message": "the execution was cancelled", "details": {}}
    broker.says(SUCCEEDED, stream(event("error", 1, **error)))
    job = way.do(way.executor(broker).job("019ab"))
    with pytest.raises(sallyport.JobCancelledError):
        way.all(job.events())


def test_events_may_last_longer_than_a_call(broker: FakeBroker, way: Threads) -> None:
    def slow(handler: _Handler) -> None:
        handler.wfile.write(STREAM_HEAD)
        for _ in range(5):
            handler.wfile.write(chunk(b'{"event":"heartbeat"}\n'))
            handler.wfile.flush()
            threading.Event().wait(0.5)
        handler.wfile.write(chunk(event("result", 1, **REPLY)) + b"0\r\n\r\n")

    def silent(handler: _Handler) -> None:
        handler.wfile.write(STREAM_HEAD)
        handler.wfile.flush()
        handler.rfile.read(1)
        handler.close_connection = True

    broker.says(SUCCEEDED, slow, silent)
    job = way.do(way.executor(broker, settings=broker.settings(overhead_seconds=2, max_retries=0)).job("019ab"))
    assert len(way.all(job.events())) == 1
    with pytest.raises(sallyport.StreamCutError, match="nothing came within 2 seconds"):
        way.all(job.events())


def test_the_end_of_a_job_is_recorded_once_by_who_submitted_it(broker: FakeBroker) -> None:
    recorded: List[str] = []

    class Recording(sallyport.CodeExecutor):
        def _record(self, code: str, result: sallyport.ExecutionResult) -> None:
            recorded.append(code)

    broker.says(ACCEPTED, SUCCEEDED, SUCCEEDED, answer({"executions": [view("succeeded", result=REPLY)] * 2}))
    executor = Recording(settings=broker.settings())
    job = executor.submit("first")
    job.wait()
    job.wait()
    executor.wait("019ab")
    executor.execute_batch(["a", "b"])
    assert recorded == ["first", "a", "b"]


@pytest.mark.parametrize("body", [{}, {"id": 1, "state": "queued"}, {"id": "a", "state": None}, [], {"id": "a"}])
def test_what_is_no_job(broker: FakeBroker, way: Threads, body: Any) -> None:
    broker.says(answer(body, 202), answer(body))
    executor = way.executor(broker)
    with pytest.raises(sallyport.BrokerUnavailableError, match="not a Sallyport broker"):
        way.do(executor.submit("1"))
    with pytest.raises(sallyport.BrokerUnavailableError, match="not a Sallyport broker"):
        way.do(executor.job("1"))


def test_sandboxes_of_ones_own_have_no_jobs(broker: FakeBroker) -> None:
    class Own(BaseSandbox):
        def execute(self, code: str, config: sallyport.SandboxConfig) -> SandboxResult:
            return SandboxResult(True)

    executor = sallyport.CodeExecutor(sandbox_type=Own, settings=broker.settings())
    calls: List[Callable[[], Any]] = [
        lambda: executor.submit("1"), executor.session, lambda: executor.execute_batch(["1"]),
        lambda: executor.execute("1", idempotency_key="k"),
    ]
    for call in calls:
        with pytest.raises(TypeError):
            call()


def test_connections_of_jobs_are_reused(broker: FakeBroker) -> None:
    broker.says(ACCEPTED, SUCCEEDED, stream(event("result", 3, **REPLY)), no_content)
    executor = sallyport.CodeExecutor(settings=broker.settings())
    job = executor.submit("1")
    job.wait()
    list(job.events())
    list(job.events(after=3))
    executor.execute("1")
    assert len({request.connection for request in broker.requests}) == 1
    assert len(_http.shared(executor.settings)._idle) == 1


def test_pauses_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(_jobs, "time", types.SimpleNamespace(monotonic=lambda: now[0]))
    steps = sallyport.CodeExecutor(settings=sallyport.ClientSettings())._wait("a", 60.0)
    pauses = []
    step: Any = next(steps)
    with pytest.raises(sallyport.JobNotEndedError):
        while True:
            reply = _protocol.Reply(200, {}, json.dumps(view("running")).encode())
            step = steps.send(reply)
            pauses.append(step.seconds)
            now[0] += step.seconds
            step = steps.send(None)
    assert pauses[0] == 0.02 and max(pauses) == 1.0 and abs(sum(pauses) - 60) < 0.01 and len(pauses) < 100


