"""Keep-alive connections to the broker for asyncio: as much of HTTP/1.1 as a client of one service needs."""

from __future__ import annotations

import asyncio
import ssl
import time
import urllib.parse
from typing import Dict, List, Optional, Tuple

from . import _protocol as protocol
from .settings import ClientSettings

_MAX_LINE = 64 * 1024
_MAX_HEADERS = 100


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.loop = asyncio.get_running_loop()
        self.since = 0.0

    def close(self) -> None:
        self.writer.transport.abort()

    def is_quiet(self) -> bool:
        return not self.reader.at_eof() and self.reader.exception() is None and not self.writer.is_closing()


class AsyncTransport:
    """For tasks of one event loop at a time; connections of another loop are dropped."""

    def __init__(self, settings: ClientSettings) -> None:
        self.settings = settings
        parts = urllib.parse.urlsplit(settings.base_url)
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._prefix = parts.path.rstrip("/")
        self._host_header = parts.netloc
        self._idle: List[_Connection] = []

    async def send(self, call: protocol.Call) -> protocol.Reply:
        """As `_http.Transport.send`."""
        deadline = time.monotonic() + call.seconds
        retries = protocol.Retries(self.settings, call)
        while True:
            try:
                reply = await self._attempt(call, deadline)
                pause = retries.pause(reply, deadline - time.monotonic())
                if pause is None:
                    return reply
            except (protocol.NotSent, protocol.NoReply) as error:
                pause = retries.pause(error, deadline - time.monotonic())
                if pause is None:
                    raise protocol.unavailable(self.settings, call, error) from error
            await asyncio.sleep(pause)

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            if connection.loop is asyncio.get_running_loop():
                connection.close()
        await asyncio.sleep(0)  # Lets the transports see it before the loop may end.

    async def _attempt(self, call: protocol.Call, deadline: float) -> protocol.Reply:
        connection = self._take() or await self._connect(deadline)
        keep = False
        try:
            exchange = _exchange(connection, self._head(call), call.body)
            reply, keep = await asyncio.wait_for(exchange, max(0.0, deadline - time.monotonic()))
            return reply
        except asyncio.TimeoutError as error:
            raise protocol.Late("timed out") from error
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            raise protocol.NoReply(str(error) or type(error).__name__) from error
        finally:
            # Also when the task is cancelled: the broker takes a closed connection for a cancelled submission.
            if keep and len(self._idle) < self.settings.max_idle_connections:
                connection.since = time.monotonic()
                self._idle.append(connection)
            else:
                connection.close()

    async def _connect(self, deadline: float) -> _Connection:
        seconds = max(0.0, min(self.settings.connect_timeout_seconds, deadline - time.monotonic()))
        try:
            opening = asyncio.open_connection(self._host, self._port, ssl=self._tls, limit=_MAX_LINE)
            reader, writer = await asyncio.wait_for(opening, seconds)
        except asyncio.TimeoutError as error:
            raise protocol.NotSent("timed out") from error
        except OSError as error:
            raise protocol.NotSent(str(error) or type(error).__name__) from error
        return _Connection(reader, writer)

    def _take(self) -> Optional[_Connection]:
        loop = asyncio.get_running_loop()
        oldest = time.monotonic() - protocol.MAX_IDLE_SECONDS
        while self._idle:
            connection = self._idle.pop()
            if connection.loop is not loop:
                continue  # Its loop is not ours to call.
            if connection.since >= oldest and connection.is_quiet():
                return connection
            connection.close()
        return None

    def _head(self, call: protocol.Call) -> bytes:
        headers = protocol.headers_of(self.settings, call.body is not None)
        lines = [f"{call.method} {self._prefix}{call.path} HTTP/1.1", f"Host: {self._host_header}"]
        if call.body is not None:
            headers["Content-Length"] = str(len(call.body))
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


async def _exchange(
    connection: _Connection, head: bytes, body: Optional[bytes]
) -> Tuple[protocol.Reply, bool]:
    """The reply, and whether the connection can be used again."""
    connection.writer.write(head + body if body else head)
    await connection.writer.drain()
    status_line = (await _line(connection.reader)).split(" ", 2)
    if len(status_line) < 2 or not status_line[0].startswith("HTTP/1.") or not status_line[1].isdigit():
        raise ValueError("the answer is not HTTP/1.1")
    headers = await _headers(connection.reader)
    length = headers.get("content-length")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        data = await _chunks(connection.reader)
    elif length is not None:
        if not (length.isascii() and length.isdigit()):
            raise ValueError("the length of the answer is not a number")
        data = await connection.reader.readexactly(_bounded(int(length)))
    else:
        raise ValueError("the answer has no length")
    keep = headers.get("connection", "").lower() != "close" and status_line[0] == "HTTP/1.1"
    return protocol.Reply(int(status_line[1]), headers, data), keep


async def _line(reader: asyncio.StreamReader) -> str:
    line = await reader.readline()
    if not line.endswith(b"\n"):
        raise EOFError("the connection ended")
    return line.decode("latin-1").rstrip("\r\n")


async def _headers(reader: asyncio.StreamReader) -> Dict[str, str]:
    headers: Dict[str, str] = {}
    for _ in range(_MAX_HEADERS):
        line = await _line(reader)
        if not line:
            return headers
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    raise ValueError("the answer has too many headers")


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    pieces: List[bytes] = []
    total = 0
    while True:
        size = int((await _line(reader)).split(";", 1)[0], 16)
        if size < 0:
            raise ValueError("a chunk's size is negative")
        if size == 0:
            await _headers(reader)
            return b"".join(pieces)
        total = _bounded(total + size)
        pieces.append(await reader.readexactly(size))
        await _line(reader)


def _bounded(size: int) -> int:
    if size > protocol.MAX_REPLY_BYTES:
        raise ValueError(f"the answer is longer than {protocol.MAX_REPLY_BYTES} bytes")
    return size
