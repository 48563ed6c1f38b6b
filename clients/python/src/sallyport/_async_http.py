"""Keep-alive connections to the broker for asyncio: as much of HTTP/1.1 as a client of one service needs."""

from __future__ import annotations

import asyncio
import contextlib
import string
import time
from typing import AsyncGenerator, Dict, Iterator, List, Mapping, Optional, Union

from . import _protocol as protocol
from ._events import EventStream
from .events import StreamEvent
from .settings import ClientSettings

_MAX_LINE = 64 * 1024
_MAX_HEADERS = 100
_PIECE = 256 * 1024


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


class AsyncPieces:
    """`_http.Pieces` for one task."""

    def __init__(self, owner: "AsyncTransport", connection: _Connection, body: "_Body", keep: bool) -> None:
        self._owner = owner
        self._connection = connection
        self._body = body
        self._keep = keep
        self._is_open = True

    async def read(self, deadline: float) -> bytes:
        with _as_no_reply():
            piece = await asyncio.wait_for(self._body.read(), max(0.0, deadline - time.monotonic()))
        if not piece:
            self._is_open = False
            self._owner._end_with(self._connection, self._keep)
        return piece

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._connection.close()


class AsyncTransport:
    """For tasks of one event loop at a time; connections of another loop are dropped."""

    def __init__(self, settings: ClientSettings) -> None:
        self.settings = settings
        self._endpoint = protocol.Endpoint(settings)
        self._idle: List[_Connection] = []

    async def send(self, call: protocol.Call) -> protocol.Reply:
        """As `_http.Transport.send`."""
        answer = await self.begin(call)
        assert isinstance(answer, protocol.Reply)
        return answer

    async def begin(self, call: protocol.Call) -> Union[protocol.Reply, AsyncPieces]:
        """As `_http.Transport.begin`."""
        deadline = time.monotonic() + call.seconds
        retries = protocol.Retries(self.settings, call)
        while True:
            try:
                answer = await self._attempt(call, deadline)
                if isinstance(answer, AsyncPieces):
                    return answer
                pause = retries.pause(answer, deadline - time.monotonic())
                if pause is None:
                    return answer
            except (protocol.NotSent, protocol.NoReply) as error:
                pause = retries.pause(error, deadline - time.monotonic())
                if pause is None:
                    raise protocol.unavailable(self.settings, call, error) from error
            await asyncio.sleep(pause)

    async def events(self, call: protocol.Call) -> AsyncGenerator[StreamEvent, None]:
        """As `_http.Transport.events`."""
        answer = await self.begin(call)
        if isinstance(answer, protocol.Reply):
            if answer.status == 204:
                return  # Nothing follows the event that the reader had.
            raise protocol.no_stream(self.settings, answer)
        stream = EventStream(self.settings, call)
        try:
            while not stream.has_ended:
                events = stream.take(await answer.read(stream.deadline()))
                if stream.has_ended:
                    await _read_end(answer)
                for event in events:
                    if event.type == "cut":
                        raise stream.cut(event)
                    yield event
        except protocol.NoReply as error:
            raise stream.broken(error) from error
        finally:
            answer.close()

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            if connection.loop is asyncio.get_running_loop():
                connection.close()
        await asyncio.sleep(0)  # Lets the transports see it before the loop may end.

    async def _attempt(self, call: protocol.Call, deadline: float) -> Union[protocol.Reply, AsyncPieces]:
        connection = self._take() or await self._connect(deadline)
        is_done = False
        try:
            with _as_no_reply():
                exchange = self._exchange(connection, call)
                answer = await asyncio.wait_for(exchange, max(0.0, deadline - time.monotonic()))
                is_done = True
                return answer
        finally:
            # Also when the task is cancelled: the broker takes a closed connection for a cancelled submission.
            if not is_done:
                connection.close()

    async def _exchange(self, connection: _Connection, call: protocol.Call) -> Union[protocol.Reply, AsyncPieces]:
        head = self._head(call)
        connection.writer.write(head + call.body if call.body else head)
        await connection.writer.drain()
        status_line = (await _line(connection.reader)).split(" ", 2)
        if len(status_line) < 2 or not status_line[0].startswith("HTTP/1.") or not status_line[1].isdigit():
            raise ValueError("the answer is not HTTP/1.1")
        headers = await _headers(connection.reader)
        status = int(status_line[1])
        keep = headers.get("connection", "").lower() != "close" and status_line[0] == "HTTP/1.1"
        body = _Body(connection.reader, status, headers)
        if body.is_chunked and protocol.is_stream(call, status, headers):
            return AsyncPieces(self, connection, body, keep)
        data = await body.whole()
        self._end_with(connection, keep)
        return protocol.Reply(status, headers, data)

    def _end_with(self, connection: _Connection, keep: bool) -> None:
        if keep and len(self._idle) < self.settings.max_idle_connections:
            connection.since = time.monotonic()
            self._idle.append(connection)
        else:
            connection.close()

    async def _connect(self, deadline: float) -> _Connection:
        host, port = self._endpoint.host, self._endpoint.port
        seconds = max(0.0, min(self.settings.connect_timeout_seconds, deadline - time.monotonic()))
        try:
            opening = asyncio.open_connection(host, port, ssl=self._endpoint.tls, limit=_MAX_LINE)
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
        headers = self._endpoint.headers(call)
        lines = [f"{call.method} {self._endpoint.target(call)} HTTP/1.1", f"Host: {self._endpoint.host_header}"]
        if call.body is not None:
            headers["Content-Length"] = str(len(call.body))
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


class _Body:
    """The body of one answer, chunked or with a length."""

    def __init__(self, reader: asyncio.StreamReader, status: int, headers: Mapping[str, str]) -> None:
        self._reader = reader
        self._left = 0  # Of the chunk, or of the body.
        self._has_begun = False
        self._has_ended = False
        self.is_chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        if self.is_chunked:
            return
        length = headers.get("content-length", "0" if status == 204 else "")
        if not (length.isascii() and length.isdigit()):
            raise ValueError("the answer has no length")
        self._left = _bounded(int(length))

    async def read(self) -> bytes:
        """What has come, as soon as there is something; nothing at the end."""
        if self._left == 0 and self.is_chunked and not self._has_ended:
            await self._next_chunk()
        if self._left == 0:
            return b""
        piece = await self._reader.read(min(self._left, _PIECE))
        if not piece:
            raise EOFError("the connection ended")
        self._left -= len(piece)
        return piece

    async def whole(self) -> bytes:
        pieces: List[bytes] = []
        size = 0
        while True:
            piece = await self.read()
            if not piece:
                return b"".join(pieces)
            size = _bounded(size + len(piece))
            pieces.append(piece)

    async def _next_chunk(self) -> None:
        if self._has_begun:
            await _line(self._reader)
        self._has_begun = True
        size = (await _line(self._reader)).split(";", 1)[0].strip()
        if not size or not all(digit in string.hexdigits for digit in size):
            raise ValueError("a chunk has no size")
        self._left = int(size, 16)
        if self._left == 0:
            self._has_ended = True
            await _headers(self._reader)


async def _read_end(answer: AsyncPieces) -> None:
    with contextlib.suppress(protocol.NoReply):
        await answer.read(time.monotonic() + protocol.MAX_END_SECONDS)


@contextlib.contextmanager
def _as_no_reply() -> Iterator[None]:
    try:
        yield
    except asyncio.TimeoutError as error:
        raise protocol.Late("timed out") from error
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
        raise protocol.NoReply(str(error) or type(error).__name__) from error


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


def _bounded(size: int) -> int:
    if size > protocol.MAX_REPLY_BYTES:
        raise ValueError(f"the answer is longer than {protocol.MAX_REPLY_BYTES} bytes")
    return size
