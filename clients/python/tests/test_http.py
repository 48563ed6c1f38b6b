from __future__ import annotations

import http.client
import os
import socket
import threading
import time
from typing import Any, Dict, List

import pytest

import sallyport
from fake_broker import FakeBroker, _Handler, answer, hang_up, raw
from sallyport import ClientSettings, CodeExecutor, _http, _protocol
from sallyport.validators import SyntaxValidator

VALID: Dict[str, Any] = {
    "is_valid": True, "error_type": None, "error_message": None, "error_line": None, "validation_violations": [],
}
UNAVAILABLE: Dict[str, Any] = {"error_type": "UnavailableError", "message": "the queue is full", "details": {}}


def run(settings: ClientSettings, code: str = "1") -> sallyport.ExecutionResult:
    return CodeExecutor(settings=settings).execute(code)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        assert isinstance(port, int)
        return port


def test_executors_with_the_same_settings_share_a_connection(broker: FakeBroker) -> None:
    for _ in range(5):
        assert run(broker.settings()).success
    assert len({request.connection for request in broker.requests}) == 1


def test_threads_do_not_mix_their_replies(broker: FakeBroker) -> None:
    wrong: List[str] = []

    def worker(number: int) -> None:
        executor = CodeExecutor(settings=settings)
        for turn in range(20):
            text = f"{number}-{turn}"
            if executor.execute("1", stdin=text).stdout != text:
                wrong.append(text)

    class Echo(list):  # type: ignore[type-arg]
        def __bool__(self) -> bool:
            return True

        def pop(self, index: Any = -1) -> Any:
            stdin = broker.requests[-1].body["stdin"]
            return answer({"success": True, "stdout": stdin})

    broker.script = Echo()
    settings = broker.settings(max_idle_connections=4)
    threads = [threading.Thread(target=worker, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == [] and len(broker.requests) == 160
    assert len(_http.shared(settings)._idle) <= 4


def test_a_connection_that_the_broker_closed_while_idle_is_not_used(broker: FakeBroker) -> None:
    broker.says(answer(Connection="close"), answer(), hang_up_after(answer()), answer())
    for _ in range(4):
        assert run(broker.settings()).success
        time.sleep(0.05)
    assert len(broker.requests) == 4


def hang_up_after(action: Any) -> Any:
    def act(handler: _Handler) -> None:
        action(handler)
        handler.close_connection = True  # Without having said so.

    return act


def test_an_idle_connection_is_dropped_before_the_broker_would(
    broker: FakeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_protocol, "MAX_IDLE_SECONDS", 0.0)
    run(broker.settings())
    time.sleep(0.01)
    run(broker.settings())
    assert len({request.connection for request in broker.requests}) == 2


def test_no_broker_is_said_clearly_in_both_styles() -> None:
    settings = ClientSettings(base_url=f"http://127.0.0.1:{free_port()}", max_retries=1)
    result = run(settings)
    assert (result.success, result.was_served, result.error_type) == (False, False, "BrokerUnavailableError")
    assert settings.base_url in (result.error_message or "")
    with pytest.raises(sallyport.SandboxError) as raised:
        CodeExecutor(settings=settings, raise_on_failure=True).execute("1")
    assert raised.value.details["sent"] is False


def test_a_broker_that_comes_back_is_found(broker: FakeBroker) -> None:
    port = free_port()
    settings = ClientSettings(base_url=f"http://127.0.0.1:{port}", max_retries=5)

    def late() -> None:
        time.sleep(0.3)
        with socket.create_server(("127.0.0.1", port)) as server:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"success":true}')

    thread = threading.Thread(target=late)
    thread.start()
    result = run(settings)
    thread.join()
    assert result.success


def test_an_execution_is_never_sent_again_once_it_may_have_arrived(broker: FakeBroker) -> None:
    broker.says(hang_up)
    result = run(broker.settings())
    assert result.error_type == "BrokerUnavailableError" and len(broker.requests) == 1
    assert result.error is not None and result.error.details["sent"] is True


def test_a_question_is_asked_again(broker: FakeBroker) -> None:
    broker.says(hang_up, answer(VALID))
    assert SyntaxValidator(settings=broker.settings()).validate("1").is_valid
    assert len(broker.requests) == 2


def test_503_with_advice_is_tried_again_within_bounds(broker: FakeBroker) -> None:
    broker.says(answer(UNAVAILABLE, 503, Retry_After="1"), answer())
    begin = time.monotonic()
    assert run(broker.settings()).success
    assert time.monotonic() - begin >= 1

    broker.says(answer(UNAVAILABLE, 503, Retry_After="60"))
    result = run(broker.settings())
    assert result.error is not None and result.error.details["retry_after_seconds"] == 60
    assert result.error_message == "the queue is full"

    broker.says(*[answer(UNAVAILABLE, 503, Retry_After="0")] * 3)
    assert not run(broker.settings()).was_served
    broker.says(answer(UNAVAILABLE, 503))
    assert not run(broker.settings()).was_served
    assert len(broker.requests) == 2 + 1 + 3 + 1


def test_a_late_reply_ends_the_call_and_the_connection(broker: FakeBroker) -> None:
    left = threading.Event()

    def wait(handler: _Handler) -> None:
        if handler.rfile.read(1) == b"":
            left.set()
        handler.close_connection = True

    broker.says(wait)
    config = sallyport.SandboxConfig(timeout_seconds=0.1)
    executor = CodeExecutor(sandbox_config=config, settings=broker.settings(overhead_seconds=0.2))
    result = executor.execute("1")
    assert "did not answer within 0.3 seconds" in (result.error_message or "")
    assert left.wait(10)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 502 Bad\r\nContent-Length: 2\r\n\r\nhi", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{", b"",
    ],
)
def test_what_is_no_broker_is_an_unavailable_broker(broker: FakeBroker, data: bytes) -> None:
    broker.says(raw(data))
    result = run(broker.settings())
    assert (result.success, result.was_served, result.error_type) == (False, False, "BrokerUnavailableError")


def test_a_chunked_reply_is_read(broker: FakeBroker) -> None:
    broker.says(raw(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"succes\r\n8\r\ns":true}\r\n0\r\n\r\n'))
    assert run(broker.settings()).success


def test_a_reply_without_end_is_bounded(broker: FakeBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_protocol, "MAX_REPLY_BYTES", 1000)
    broker.says(answer(b" " * 2000))
    assert not run(broker.settings()).was_served


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without fork has nothing to share")
def test_a_child_process_does_not_share_connections(broker: FakeBroker) -> None:
    settings = broker.settings()
    run(settings)
    child = os.fork()
    if child == 0:
        ok = False
        try:
            ok = run(settings).success
        finally:
            os._exit(0 if ok else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert run(settings).success
    first, in_child, after = [request.connection for request in broker.requests]
    assert first == after != in_child


def test_a_reply_that_is_half_a_brokers(broker: FakeBroker) -> None:
    broker.says(answer({"success": True, "artifacts": [{"path": "a"}]}), answer({"success": True, "artifacts": 1}))
    for _ in range(2):
        assert run(broker.settings()).error_type == "BrokerUnavailableError"


def test_an_interrupted_call_closes_its_connection(broker: FakeBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    left = threading.Event()

    def wait(handler: _Handler) -> None:
        if handler.rfile.read(1) == b"":
            left.set()
        handler.close_connection = True

    def interrupt(_: http.client.HTTPConnection) -> http.client.HTTPResponse:
        raise KeyboardInterrupt

    broker.says(wait)
    settings = broker.settings()
    with monkeypatch.context() as patch:
        patch.setattr(http.client.HTTPConnection, "getresponse", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(settings)
    assert left.wait(10)
    assert run(settings).success


def test_a_path_in_the_url_is_kept(broker: FakeBroker) -> None:
    run(ClientSettings(base_url=broker.url + "/broker/"))
    assert broker.last.path == "/broker/v1/executions"
