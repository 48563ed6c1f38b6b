"""Keep-alive connections to the broker that threads share."""

from __future__ import annotations

import atexit
import contextlib
import http.client
import os
import select
import socket
import ssl
import threading
import time
import urllib.parse
from typing import Dict, Iterator, List, Optional, Tuple

from . import _protocol as protocol
from .settings import ClientSettings

_PIECE = 256 * 1024


class Transport:
    """Sends calls. Safe to use from several threads, and after a fork."""

    def __init__(self, settings: ClientSettings) -> None:
        self.settings = settings
        parts = urllib.parse.urlsplit(settings.base_url)
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._prefix = parts.path.rstrip("/")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._headers = {has_body: protocol.headers_of(settings, has_body) for has_body in (False, True)}
        self._lock = threading.Lock()
        self._idle: List[Tuple[http.client.HTTPConnection, float]] = []
        self._process = os.getpid()

    def send(self, call: protocol.Call) -> protocol.Reply:
        """The broker's reply of whatever status. Raises `BrokerUnavailableError` where there is none."""
        deadline = time.monotonic() + call.seconds
        retries = protocol.Retries(self.settings, call)
        while True:
            try:
                reply = self._attempt(call, deadline)
                pause = retries.pause(reply, deadline - time.monotonic())
                if pause is None:
                    return reply
            except (protocol.NotSent, protocol.NoReply) as error:
                pause = retries.pause(error, deadline - time.monotonic())
                if pause is None:
                    raise protocol.unavailable(self.settings, call, error) from error
            time.sleep(pause)

    def close(self) -> None:
        """Closes what is idle; the transport can be used again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def _attempt(self, call: protocol.Call, deadline: float) -> protocol.Reply:
        connection = self._take() or self._connect(deadline)
        keep = False
        try:
            with _as_no_reply():
                _set_timeout(connection, deadline)
                connection.request(
                    call.method, self._prefix + call.path, call.body, self._headers[call.body is not None]
                )
                response = connection.getresponse()
                body = _read(connection, response, deadline)
                keep = not response.will_close
                headers: Dict[str, str] = {name.lower(): value for name, value in response.getheaders()}
                return protocol.Reply(response.status, headers, body)
        finally:
            # Also when the caller is interrupted: the broker takes a closed connection for a cancelled submission.
            if keep:
                self._give_back(connection)
            else:
                connection.close()

    def _connect(self, deadline: float) -> http.client.HTTPConnection:
        seconds = max(0.001, min(self.settings.connect_timeout_seconds, deadline - time.monotonic()))
        connection = (
            http.client.HTTPSConnection(self._host, self._port, timeout=seconds, context=self._tls)
            if self._tls
            else http.client.HTTPConnection(self._host, self._port, timeout=seconds)
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

    def _give_back(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if self._process == os.getpid() and len(self._idle) < self.settings.max_idle_connections:
                self._idle.append((connection, time.monotonic()))
                return
        connection.close()


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
