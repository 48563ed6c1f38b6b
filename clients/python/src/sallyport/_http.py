"""Keep-alive connections to the broker that threads share."""

from __future__ import annotations

import atexit
import contextlib
import http.client
import os
import select
import socket
import threading
import time
from typing import Dict, Generator, Iterator, List, Optional, Tuple, Union

from . import _protocol as protocol
from ._events import EventStream
from .events import StreamEvent
from .settings import ClientSettings

_PIECE = 256 * 1024


class Pieces:
    """The body of an answer as it comes, in the hands of one thread. What is not read to its end costs the connection."""

    def __init__(
        self, owner: "Transport", connection: http.client.HTTPConnection, response: http.client.HTTPResponse
    ) -> None:
        self._owner = owner
        self._connection = connection
        self._response = response
        self._is_open = True

    def read(self, deadline: float) -> bytes:
        """What has come, as soon as there is something; nothing at the end. Raises `NoReply`."""
        with _as_no_reply():
            _set_timeout(self._connection, deadline)
            piece = self._response.read1(_PIECE)
        if not piece:
            self._is_open = False
            self._owner._end_with(self._connection, self._response)
        return piece

    def close(self) -> None:
        """The broker takes a closed connection for a cancelled submission."""
        if self._is_open:
            self._is_open = False
            self._response.close()
            self._connection.close()


class Transport:
    """Sends calls. Safe to use from several threads, and after a fork."""

    def __init__(self, settings: ClientSettings) -> None:
        self.settings = settings
        self._endpoint = protocol.Endpoint(settings)
        self._lock = threading.Lock()
        self._idle: List[Tuple[http.client.HTTPConnection, float]] = []
        self._process = os.getpid()

    def send(self, call: protocol.Call) -> protocol.Reply:
        """The broker's reply of whatever status. Raises `BrokerUnavailableError` where there is none."""
        answer = self.begin(call)
        assert isinstance(answer, protocol.Reply)
        return answer

    def begin(self, call: protocol.Call) -> Union[protocol.Reply, Pieces]:
        """As `send`; of a call that streams, the stream, where the broker begins one."""
        deadline = time.monotonic() + call.seconds
        retries = protocol.Retries(self.settings, call)
        while True:
            try:
                answer = self._attempt(call, deadline)
                if isinstance(answer, Pieces):
                    return answer
                pause = retries.pause(answer, deadline - time.monotonic())
                if pause is None:
                    return answer
            except (protocol.NotSent, protocol.NoReply) as error:
                pause = retries.pause(error, deadline - time.monotonic())
                if pause is None:
                    raise protocol.unavailable(self.settings, call, error) from error
            time.sleep(pause)

    def events(self, call: protocol.Call) -> Generator[StreamEvent, None, None]:
        """Of a call that streams, to the last one. To close it before ends the call."""
        answer = self.begin(call)
        if isinstance(answer, protocol.Reply):
            if answer.status == 204:
                return  # Nothing follows the event that the reader had.
            raise protocol.no_stream(self.settings, answer)
        stream = EventStream(self.settings, call)
        try:
            while not stream.has_ended:
                events = stream.take(answer.read(stream.deadline()))
                if stream.has_ended:
                    _read_end(answer)
                for event in events:
                    if event.type == "cut":
                        raise stream.cut(event)
                    yield event
        except protocol.NoReply as error:
            raise stream.broken(error) from error
        finally:
            answer.close()

    def close(self) -> None:
        """Closes what is idle; the transport can be used again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def _attempt(self, call: protocol.Call, deadline: float) -> Union[protocol.Reply, Pieces]:
        connection = self._take() or self._connect(deadline)
        is_done = False
        try:
            with _as_no_reply():
                _set_timeout(connection, deadline)
                connection.request(call.method, self._endpoint.target(call), call.body, self._endpoint.headers(call))
                response = connection.getresponse()
                headers: Dict[str, str] = {name.lower(): value for name, value in response.getheaders()}
                if response.chunked and protocol.is_stream(call, response.status, headers):
                    is_done = True
                    return Pieces(self, connection, response)
                body = _read(connection, response, deadline)
                is_done = True
                self._end_with(connection, response)
                return protocol.Reply(response.status, headers, body)
        finally:
            # Also when the caller is interrupted: the broker takes a closed connection for a cancelled submission.
            if not is_done:
                connection.close()

    def _end_with(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        """Keeps a connection whose answer has been read, if it can be used again."""
        if not response.will_close:
            with self._lock:
                if self._process == os.getpid() and len(self._idle) < self.settings.max_idle_connections:
                    self._idle.append((connection, time.monotonic()))
                    return
        connection.close()

    def _connect(self, deadline: float) -> http.client.HTTPConnection:
        seconds = max(0.001, min(self.settings.connect_timeout_seconds, deadline - time.monotonic()))
        host, port, tls = self._endpoint.host, self._endpoint.port, self._endpoint.tls
        connection = (
            http.client.HTTPSConnection(host, port, timeout=seconds, context=tls)
            if tls
            else http.client.HTTPConnection(host, port, timeout=seconds)
        )
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise protocol.NotSent(str(error) or type(error).__name__) from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _take(self) -> Optional[http.client.HTTPConnection]:
        oldest = time.monotonic() - protocol.MAX_IDLE_SECONDS
        while True:
            with self._lock:
                if self._process != os.getpid():
                    # Of a parent process, which goes on using them: two processes on one connection would read each
                    # other's replies. Closing our descriptors leaves the parent's open.
                    stale, self._idle, self._process = self._idle, [], os.getpid()
                else:
                    stale = []
                item = self._idle.pop() if self._idle else None
            for connection, _ in stale:
                connection.close()
            if item is None:
                return None
            connection, since = item
            if since >= oldest and _is_quiet(connection.sock):
                return connection
            connection.close()


def _read_end(answer: Pieces) -> None:
    """Of a stream whose last event has come, so that its connection serves again."""
    with contextlib.suppress(protocol.NoReply):
        answer.read(time.monotonic() + protocol.MAX_END_SECONDS)


@contextlib.contextmanager
def _as_no_reply() -> Iterator[None]:
    try:
        yield
    except socket.timeout as error:
        raise protocol.Late(str(error)) from error
    except (OSError, http.client.HTTPException) as error:
        raise protocol.NoReply(str(error) or type(error).__name__) from error


def _set_timeout(connection: http.client.HTTPConnection, deadline: float) -> None:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise socket.timeout("timed out")
    if connection.sock is not None:  # None where the reply was read and the broker closes.
        connection.sock.settimeout(remaining)


def _read(connection: http.client.HTTPConnection, response: http.client.HTTPResponse, deadline: float) -> bytes:
    pieces = []
    size = 0
    while True:
        piece = response.read(_PIECE)
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
        if size > protocol.MAX_REPLY_BYTES:
            raise http.client.HTTPException(f"the reply is longer than {protocol.MAX_REPLY_BYTES} bytes")
        if response.isclosed():
            break
        _set_timeout(connection, deadline)
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(pieces)


def _is_quiet(sock: Optional[socket.socket]) -> bool:
    """Whether nothing has arrived on an idle connection: what does is the broker's end of it."""
    if sock is None:
        return False
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return not poll.poll(0)
    return not select.select([sock], [], [], 0)[0]


_shared_lock = threading.Lock()
_shared: Dict[ClientSettings, Transport] = {}
_MAX_SHARED = 64


def shared(settings: ClientSettings) -> Transport:
    """One for all that have the same settings, so that executors which live for one request reuse connections."""
    oldest = None
    with _shared_lock:
        transport = _shared.get(settings)
        if transport is None:
            if len(_shared) >= _MAX_SHARED:
                oldest = _shared.pop(next(iter(_shared)))
            transport = _shared[settings] = Transport(settings)
    if oldest is not None:
        oldest.close()
    return transport


def _after_fork_in_child() -> None:
    """The lock may have been held by a thread that the child does not have."""
    global _shared_lock
    _shared_lock = threading.Lock()
    for transport in _shared.values():
        transport._lock = threading.Lock()


@atexit.register
def _close_all() -> None:
    for transport in list(_shared.values()):
        transport.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
