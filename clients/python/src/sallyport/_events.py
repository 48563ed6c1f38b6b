"""Streams of events as JSON lines, without I/O."""

from __future__ import annotations

import json
import time
from typing import Any, Dict, List, Optional

from . import _protocol as protocol
from .events import StreamEvent
from .exceptions import BrokerUnavailableError, CodeExecutionError, JobCancelledError, StreamCutError
from .settings import ClientSettings

_HEARTBEAT = "heartbeat"
#: Nothing comes after these.
_LAST = ("result", "error", "cut")


class EventReader:
    """Puts pieces of a stream together to events."""

    def __init__(self, max_line_bytes: Optional[int] = None) -> None:
        #: The last event is a whole reply, and as long as one.
        self._max = protocol.MAX_REPLY_BYTES if max_line_bytes is None else max_line_bytes
        self._begun: List[bytes] = []
        self._size = 0
        #: Of the event before.
        self.last_id: Optional[int] = None
        self.has_ended = False

    def feed(self, piece: bytes) -> List[StreamEvent]:
        """The events that end in `piece`, without heartbeats. Raises `NoReply` for what is no stream of events."""
        lines = piece.split(b"\n")
        found = []
        for line in lines[:-1]:
            self._add(line)
            event = _event(b"".join(self._begun))
            self._begun, self._size = [], 0
            if self.has_ended:
                raise protocol.NoReply("the stream goes on behind its last event")
            if event is not None:
                self.last_id = event.id if event.id is not None else self.last_id
                self.has_ended = event.type in _LAST
                found.append(event)
        self._add(lines[-1])
        return found

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._max:
            raise protocol.NoReply(f"an event is longer than {self._max} bytes")
        if piece:
            self._begun.append(piece)


def _event(line: bytes) -> Optional[StreamEvent]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise protocol.NoReply("an event is not JSON") from error
    if not isinstance(fields, dict):
        raise protocol.NoReply("an event is not an object")
    name, data, number = fields.get("event"), fields.get("data"), fields.get("id")
    if name == _HEARTBEAT:
        return None
    if not isinstance(name, str) or not isinstance(data, dict) or not (number is None or type(number) is int):
        raise protocol.NoReply("an event has not the form of one")
    return StreamEvent(name, data, number)


class EventStream:
    """One stream's state: how long to wait for its next piece, what a piece says, what its end means."""

    def __init__(self, settings: ClientSettings, call: protocol.Call) -> None:
        self._settings = settings
        self._call = call
        self._reader = EventReader()
        #: The time of the call counts while the broker is waited for, not while the caller makes use of an event.
        self._seconds = call.seconds
        self._asked = 0.0

    @property
    def has_ended(self) -> bool:
        return self._reader.has_ended

    def deadline(self) -> float:
        """Of the read that begins now."""
        self._asked = time.monotonic()
        return self._asked + (self._call.seconds if self._call.lasts else self._seconds)

    def take(self, piece: bytes) -> List[StreamEvent]:
        """What a read gave. Raises `NoReply`."""
        self._seconds -= time.monotonic() - self._asked
        if not piece:
            raise protocol.NoReply("it ended before its last event")
        return self._reader.feed(piece)

    def broken(self, error: protocol.NoReply) -> StreamCutError:
        if isinstance(error, protocol.Late):
            what = "nothing came" if self._call.lasts else "no end"
            why = f"{what} within {self._call.seconds:g} seconds"
        else:
            why = str(error)
        return StreamCutError(
            f"the stream of events of the broker at {self._settings.base_url} broke off: {why}",
            {**self._about(), "reason": "late" if isinstance(error, protocol.Late) else "broken"},
        )

    def cut(self, event: StreamEvent) -> StreamCutError:
        """What the last event "cut" stands for."""
        return StreamCutError(
            _message(event, "the broker ended the stream"), {**self._about(), "reason": event.data.get("reason")}
        )

    def _about(self) -> Dict[str, Any]:
        return {"base_url": self._settings.base_url, "sent": True, "last_event_id": self._reader.last_id}


class Resumption:
    """Where a stream of a job's events goes on after its connection broke, and whether it shall."""

    def __init__(self, settings: ClientSettings, after: Optional[int]) -> None:
        self._settings = settings
        self._left = settings.max_retries
        self.after = after

    def call(self, job_id: str) -> protocol.Call:
        headers = (("Last-Event-ID", str(self.after)),) if self.after is not None else ()
        return protocol.Call(
            "GET", protocol.below(protocol.EXECUTIONS, job_id, "/events"), None, self._settings.overhead_seconds,
            repeatable=True, streams=True, lasts=True, headers=headers,
        )

    def saw(self, event: StreamEvent) -> None:
        self.after = event.id if event.id is not None else self.after
        self._left = self._settings.max_retries

    def pause(self, error: StreamCutError) -> Optional[float]:
        """Before the next attempt; None if there shall be none. Events that are no longer kept do not come back."""
        if self._left <= 0 or error.details["reason"] == "fell_behind":
            return None
        self._left -= 1
        return 0.5


def unserved(settings: ClientSettings, event: StreamEvent) -> CodeExecutionError:
    """What the last event "error" stands for."""
    if event.data.get("error_type") == "CancelledError":
        return JobCancelledError(_message(event, "the job was cancelled"))
    theirs = event.data.get("details")
    details: Dict[str, Any] = dict(theirs) if isinstance(theirs, dict) else {}
    details.update(base_url=settings.base_url, sent=True, broker_error_type=event.data.get("error_type"))
    return BrokerUnavailableError(_message(event, "the broker could not serve it"), details)


def _message(event: StreamEvent, otherwise: str) -> str:
    message = event.data.get("message")
    return message if isinstance(message, str) else otherwise
