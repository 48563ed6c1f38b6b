"""A server that answers what a test scripts, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Callable, Dict, List, Optional, Type

from sallyport import ClientSettings

REPLY: Dict[str, Any] = {
    "id": "0", "success": True, "stdout": "42\n", "stderr": "", "error_type": None, "error_message": None,
    "error_line": None, "exit_code": 0, "signal": None, "timed_out": False, "oom_killed": False,
    "execution_time_seconds": 0.01, "total_time_seconds": 0.02, "validation_violations": [], "output_violations": [],
    "was_output_redacted": False, "was_output_truncated": False, "invalid_utf8_replaced": 0,
    "artifacts": [], "notes": [],
    "usage": {"cpu_seconds": 0.0, "peak_memory_mb": 18.5, "start": "warm"}, "timings": {"validation_ms": 0.1},
}

FAILED: Dict[str, Any] = {**REPLY, "success": False, "stdout": "", "exit_code": None}


@dataclass
class Request:
    method: str
    path: str
    headers: Dict[str, str]
    body: Any
    connection: int


Action = Callable[["_Handler"], None]


def answer(body: Any = None, status: int = 200, **headers: str) -> Action:
    """`Retry_After="1"` is the header Retry-After."""

    def act(handler: "_Handler") -> None:
        data = body if isinstance(body, bytes) else json.dumps(REPLY if body is None else body).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return act


def event(name: str, number: int, **data: Any) -> bytes:
    return json.dumps({"event": name, "id": number, "data": data}).encode() + b"\n"


STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
STREAM_END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def stream(*pieces: bytes, end: bytes = STREAM_END) -> Action:
    """A stream of events, a chunk for each piece."""

    def act(handler: "_Handler") -> None:
        handler.wfile.write(STREAM_HEAD + b"".join(map(chunk, pieces)) + end)
        handler.close_connection = end != STREAM_END

    return act


def raw(data: bytes) -> Action:
    def act(handler: "_Handler") -> None:
        handler.wfile.write(data)
        handler.close_connection = True

    return act


def no_content(handler: "_Handler") -> None:
    handler.send_response(204)
    handler.end_headers()


def hang_up(handler: "_Handler") -> None:
    handler.close_connection = True


def wait_for_end(arrived: threading.Event, left: threading.Event, first: bytes = b"") -> Action:
    """Sends `first`, sets `arrived`, and sets `left` when the client has closed the connection."""

    def act(handler: "_Handler") -> None:
        handler.wfile.write(first)
        handler.wfile.flush()
        arrived.set()
        try:
            if handler.rfile.read(1) == b"":
                left.set()
        except ConnectionResetError:
            left.set()
        handler.close_connection = True

    return act


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # One segment an answer.
    disable_nagle_algorithm = True
    server: "_Server"

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length)
        body = json.loads(text) if text else None
        fake = self.server.fake
        with fake.lock:
            fake.requests.append(
                Request(self.command, self.path, dict(self.headers.items()), body, self.client_address[1])
            )
            act = fake.script.pop(0) if fake.script else answer()
        act(self)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    fake: "FakeBroker"

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # A client that leaves is part of the tests.


class FakeBroker:
    def __init__(self) -> None:
        self.script: List[Action] = []
        self.requests: List[Request] = []
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.fake = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> "FakeBroker":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def settings(self, **changes: Any) -> ClientSettings:
        return ClientSettings(base_url=self.url, **changes)

    def says(self, *actions: Action) -> None:
        self.script.extend(actions)

    @property
    def last(self) -> Request:
        return self.requests[-1]
