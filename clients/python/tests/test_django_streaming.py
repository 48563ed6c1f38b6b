from __future__ import annotations

import asyncio
import json
import threading
from typing import Any, Dict, Iterator, List, Mapping

import django
import pytest

from fake_broker import STREAM_HEAD, FakeBroker, _Handler, answer, chunk, event, stream
from test_streaming import END, RUN

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.handlers.asgi import ASGIHandler  # noqa: E402
from django.http import HttpRequest, StreamingHttpResponse  # noqa: E402
from django.test import AsyncRequestFactory, RequestFactory, override_settings  # noqa: E402
from django.urls import path  # noqa: E402

from sallyport.django import execution_finished, stream_execution  # noqa: E402
from sallyport.django import streaming  # noqa: E402
from sallyport.django.history.models import Execution  # noqa: E402


@pytest.fixture(autouse=True)
def site(broker: FakeBroker) -> Iterator[FakeBroker]:
    call_command("migrate", verbosity=0)
    Execution.objects.all().delete()
    with override_settings(SALLYPORT={"BASE_URL": broker.url, "MAX_RETRIES": 0, "RAISE_ON_FAILURE": True}):
        yield broker


def answered(code: str = "print(42)", **options: Any) -> StreamingHttpResponse:
    request = RequestFactory().post("/")
    request.user = get_user_model()(pk=17)
    return stream_execution(request, code, **options)


def lines(response: Any) -> List[Dict[str, Any]]:
    return without_heartbeats(b"".join(response.streaming_content).splitlines())


def without_heartbeats(content: List[bytes]) -> List[Dict[str, Any]]:
    """On a busy machine there may be a second of silence anywhere."""
    return [json.loads(line) for line in content if line.strip() != streaming._HEARTBEAT.strip()]


def test_events_come_as_lines_and_are_recorded(site: FakeBroker) -> None:
    site.says(stream(*RUN, END))
    response = answered(context={"n": 1}, policy="strict")
    assert response["Content-Type"] == "application/x-ndjson" and response["Cache-Control"] == "no-store"
    seen = lines(response)
    assert [line["event"] for line in seen] == ["queued", "started", "stdout", "result"]
    assert seen[2]["data"] == {"text": "42\n"}
    assert seen[3]["data"]["stdout"] == "42\n" and seen[3]["data"]["was_served"] is True
    body = site.last.body
    assert (body["user_id"], body["context"], body["policy"]) == (17, {"n": 1}, "strict")
    row = Execution.objects.get()
    assert (row.code, row.stdout, row.user_id) == ("print(42)", "42\n", "17")


def test_a_failure_is_a_result_whatever_the_settings_raise(site: FakeBroker) -> None:
    site.says(stream(*RUN, event("result", 4, success=False, error_type="ValueError", error_message="m", exit_code=1)))
    assert [line["event"] for line in lines(answered())] == ["queued", "started", "stdout", "result"]


def test_what_is_not_served_is_an_error(site: FakeBroker) -> None:
    site.says(answer({"error_type": "ValueError", "message": "too much", "details": {"field": "cpus"}}, 422))
    (line,) = lines(answered())
    assert line["event"] == "error" and line["data"]["error_type"] == "RequestRefusedError"
    assert line["data"]["message"] == "too much" and line["data"]["details"]["field"] == "cpus"
    assert Execution.objects.get().error_type == "RequestRefusedError"


def waiting_broker(site: FakeBroker, left: threading.Event) -> None:
    """Sends the beginning of a run, and sets `left` when its client has gone."""

    def act(handler: _Handler) -> None:
        handler.wfile.write(STREAM_HEAD + b"".join(map(chunk, RUN)))
        handler.wfile.flush()
        handler.connection.settimeout(20)
        if handler.connection.recv(1) == b"":
            left.set()

    site.says(act)


def test_a_line_comes_each_second_and_a_browser_that_leaves_ends_the_run(
    site: FakeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "_SILENCE_SECONDS", 0.05)
    left = threading.Event()
    waiting_broker(site, left)
    response = answered()
    content: Any = response.streaming_content
    seen: List[str] = []
    while seen[-2:] != ["heartbeat"] * 2 or "stdout" not in seen:
        seen.append(json.loads(next(content))["event"])
    assert [name for name in seen if name != "heartbeat"] == ["queued", "started", "stdout"]
    response.close()  # As a server does when it cannot write.
    assert left.wait(10)
    assert Execution.objects.count() == 0


def test_a_response_that_nobody_reads_sends_nothing(site: FakeBroker) -> None:
    answered().close()
    assert site.requests == []


def test_a_receiver_may_use_what_a_loop_forbids(site: FakeBroker) -> None:
    loops: List[bool] = []

    def receiver(**_: Any) -> None:
        loops.append(asyncio._get_running_loop() is not None)

    execution_finished.connect(receiver)
    try:
        site.says(stream(*RUN, END))
        lines(answered())
    finally:
        execution_finished.disconnect(receiver)
    assert loops == [False]


def test_under_asgi(site: FakeBroker) -> None:
    told: List[bool] = []

    def receiver(**arguments: Any) -> None:
        told.append(arguments["result"].success)

    async def main() -> List[str]:
        response = stream_execution(AsyncRequestFactory().post("/"), "print(42)", log_executions=True)
        assert response.is_async
        content: Any = response.streaming_content
        return [line["event"] for line in without_heartbeats([line async for line in content])]

    site.says(stream(*RUN, END))
    # The rows of a database in memory are its own thread's.
    execution_finished.disconnect(dispatch_uid="sallyport.django.history")
    execution_finished.connect(receiver)
    try:
        assert asyncio.run(main()) == ["queued", "started", "stdout", "result"]
    finally:
        execution_finished.disconnect(receiver)
        from sallyport.django.history.record import record_execution

        execution_finished.connect(record_execution, dispatch_uid="sallyport.django.history")
    assert told == [True]


def test_under_asgi_a_browser_that_leaves_ends_the_run(site: FakeBroker) -> None:
    left = threading.Event()
    waiting_broker(site, left)

    async def view(request: HttpRequest) -> StreamingHttpResponse:
        return stream_execution(request, "print(42)", user_id=5, log_executions=False)

    async def main() -> None:
        begun = asyncio.Event()
        messages = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Dict[str, Any]:
            if messages:
                return messages.pop()
            await begun.wait()
            return {"type": "http.disconnect"}

        async def send(message: Mapping[str, Any]) -> None:
            if b"stdout" in message.get("body", b""):
                begun.set()

        scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/run",
                 "headers": [(b"host", b"testserver")], "query_string": b""}
        serving = asyncio.ensure_future(ASGIHandler()(scope, receive, send))
        await asyncio.wait_for(begun.wait(), 20)
        if django.VERSION < (5,):  # It does not listen while it sends; its server cancels it at the end.
            serving.cancel()
        await asyncio.wait({serving}, timeout=20)
        assert serving.done()

    with override_settings(ROOT_URLCONF=(path("run", view),)):
        asyncio.run(main())
    assert left.wait(20)
    assert site.last.body["user_id"] == 5


def test_under_asgi_a_cancelled_task_ends_the_run(site: FakeBroker) -> None:
    left = threading.Event()
    waiting_broker(site, left)

    async def main() -> None:
        response = stream_execution(AsyncRequestFactory().post("/"), "print(42)", log_executions=False)
        content: Any = response.streaming_content
        first = asyncio.Event()

        async def read() -> None:
            async for _ in content:
                first.set()

        task = asyncio.ensure_future(read())
        await asyncio.wait_for(first.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert left.wait(10)
