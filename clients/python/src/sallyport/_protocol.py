"""Requests and replies of the broker's HTTP API, without I/O: what the synchronous and the asynchronous side share."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.parse
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from .exceptions import BrokerUnavailableError, CodeExecutionError, RequestRefusedError
from .sandboxes.base import SandboxConfig
from .settings import ClientSettings

EXECUTIONS = "/v1/executions"
BATCH = "/v1/executions/batch"
SESSIONS = "/v1/sessions"
VALIDATE = "/v1/validate"
REDACT = "/v1/redact"

#: The form in which streams of events are asked for.
STREAM = "application/x-ndjson"

#: What a reply has to have to be one.
EXECUTED = ("success",)
VALIDATED = ("is_valid", "error_type", "error_message", "error_line", "validation_violations")
REDACTED = ("is_valid", "sanitized_output", "violations", "was_redacted")

JOB = ("id", "state")
LISTED = ("executions",)
SESSION = ("id", "state")
CELL = ("success", "session")

#: For questions about jobs and sessions: what an unloaded broker answers in milliseconds.
ANSWER_SECONDS = 30.0

#: The lists that take away from the policy.
FORBIDDEN = ("forbidden_functions", "forbidden_modules", "forbidden_attributes")

#: Answers in memory are bounded: above what the broker's highest ceilings can make in practice.
MAX_REPLY_BYTES = 256 * 1024 * 1024

#: Less than the broker's `server.idle_timeout_seconds`, so that a connection is rarely closed under a request.
MAX_IDLE_SECONDS = 45.0

#: For the end of a stream whose last event has come.
MAX_END_SECONDS = 1.0

FileContent = Union[str, bytes]


@dataclass(frozen=True)
class Call:
    """One request, with what its sender has to know about it."""

    method: str
    path: str
    body: Optional[bytes]
    #: For all of it, attempts and waiting included.
    seconds: float
    #: Whether it may be sent again when it is not known whether the broker got it.
    repeatable: bool
    #: Whether events are asked for, while they happen.
    streams: bool = False
    #: Whether a stream may last: `seconds` are for its begin, and for each silence in it.
    lasts: bool = False
    #: Beyond those of every request.
    headers: Tuple[Tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Reply:
    status: int
    #: Names in lower case.
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class NotSent(Exception):
    """The connection could not be made: the broker has seen nothing."""


class NoReply(Exception):
    """The request may have arrived; a reply did not."""


class Late(NoReply):
    """… within the time of the call."""


def encode(value: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError) as error:
        raise TypeError(f"context and configuration have to be JSON: {error}") from error


def sandbox_limits(config: SandboxConfig) -> Dict[str, Any]:
    limits: Dict[str, Any] = {
        "timeout_seconds": config.timeout_seconds,
        "max_memory_mb": config.max_memory_mb,
        "max_output_bytes": config.max_output_bytes,
        "enable_network": config.enable_network,
    }
    if config.allowed_imports is not None:
        limits["allowed_imports"] = list(config.allowed_imports)
    for name in (
        "max_cpu_seconds", "cpus", "max_processes", "max_file_mb", "max_artifacts", "max_artifact_bytes",
    ):
        if getattr(config, name) is not None:
            limits[name] = getattr(config, name)
    return limits


def names(given: Optional[Iterable[str]]) -> Optional[List[str]]:
    """As JSON has them: sets are welcome, one name by itself is a mistake."""
    if isinstance(given, str):
        raise TypeError(f"a list of names is wanted; for one, write [{given!r}]")
    return None if given is None else sorted(given)


def file_list(files: Mapping[str, FileContent]) -> Any:
    return [
        {"path": path, "content": content}
        if isinstance(content, str)
        else {"path": path, "content_base64": base64.b64encode(content).decode("ascii")}
        for path, content in files.items()
    ]


class Endpoint:
    """The address of the settings in its parts, and what every request to it has."""

    def __init__(self, settings: ClientSettings) -> None:
        parts = urllib.parse.urlsplit(settings.base_url)
        self.host = parts.hostname or ""
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.host_header = parts.netloc
        self.tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._prefix = parts.path.rstrip("/")
        self._headers = {"Accept": "application/json", "User-Agent": "sallyport-python"}
        if settings.api_key:
            self._headers["Authorization"] = "Bearer " + settings.api_key

    def target(self, call: Call) -> str:
        return self._prefix + call.path

    def headers(self, call: Call) -> Dict[str, str]:
        headers = dict(self._headers)
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        if call.streams:
            headers["Accept"] = STREAM
        headers.update(call.headers)
        return headers


def is_stream(call: Call, status: int, headers: Mapping[str, str]) -> bool:
    form = headers.get("content-type", "").split(";")[0].strip().lower()
    return call.streams and status == 200 and form == STREAM


def below(path: str, identity: str, rest: str = "") -> str:
    """The path of one thing, whatever stands in its id."""
    if not isinstance(identity, str) or not identity:
        raise TypeError("an id is a text")
    return f"{path}/{urllib.parse.quote(identity, safe='')}{rest}"


def query(parameters: Mapping[str, Optional[str]]) -> str:
    """With its question mark; what is None is left out."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return "?" + urllib.parse.urlencode(given) if given else ""


def key_header(idempotency_key: Optional[str]) -> Tuple[Tuple[str, str], ...]:
    if idempotency_key is None:
        return ()
    fits = isinstance(idempotency_key, str) and idempotency_key.isascii() and idempotency_key.isprintable()
    if not (fits and 1 <= len(idempotency_key) <= 255):
        raise ValueError("an idempotency key has 1 to 255 printable ASCII characters")
    return (("Idempotency-Key", idempotency_key),)


def retry_after(reply: Reply) -> Optional[float]:
    """In seconds. The broker writes whole seconds; the form with a date is not its own."""
    text = reply.headers.get("retry-after", "").strip()
    return float(text) if text.isascii() and text.isdigit() else None


class Retries:
    """When to try again. Only where it is certain that nothing ran, or where running again changes nothing."""

    def __init__(self, settings: ClientSettings, call: Call) -> None:
        self._settings = settings
        self._call = call
        self._done = 0

    def pause(self, outcome: Union[Reply, Exception], remaining: float) -> Optional[float]:
        """How long to wait before the next attempt, or None if there shall be none."""
        if self._done >= self._settings.max_retries:
            return None
        if isinstance(outcome, Reply):
            if outcome.status not in (429, 503):
                return None
            advice = retry_after(outcome)
            if advice is None:
                return None
            wait = advice
        elif isinstance(outcome, NotSent):
            wait = 0.1 * 2.0**self._done
        elif isinstance(outcome, NoReply) and not isinstance(outcome, Late) and self._call.repeatable:
            wait = 0.0
        else:
            return None
        if wait > self._settings.max_retry_wait_seconds or wait >= remaining:
            return None
        self._done += 1
        return wait


def unavailable(settings: ClientSettings, call: Call, error: Exception) -> BrokerUnavailableError:
    details: Dict[str, Any] = {"base_url": settings.base_url, "sent": not isinstance(error, NotSent)}
    if isinstance(error, Late):
        details["waited_seconds"] = call.seconds
        return BrokerUnavailableError(
            f"the broker at {settings.base_url} did not answer within {call.seconds:g} seconds", details
        )
    if isinstance(error, NotSent):
        return BrokerUnavailableError(f"no broker can be reached at {settings.base_url}: {error}", details)
    return BrokerUnavailableError(f"the broker at {settings.base_url} ended the connection: {error}", details)


def decode(settings: ClientSettings, reply: Reply, fields: Sequence[str], status: int = 200) -> Dict[str, Any]:
    """The body of an answer with `status`, which has `fields`. Raises what another status stands for."""
    body = _object(reply)
    if reply.status == status and body is not None and all(name in body for name in fields):
        return body
    raise refusal(settings, reply, body or {})


def _object(reply: Reply) -> Optional[Dict[str, Any]]:
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def no_stream(settings: ClientSettings, reply: Reply) -> CodeExecutionError:
    """What an answer stands for that came in place of a stream."""
    return refusal(settings, reply, _object(reply) or {})


def refusal(settings: ClientSettings, reply: Reply, body: Mapping[str, Any]) -> CodeExecutionError:
    message = body.get("message")
    if not isinstance(message, str):
        return no_broker(settings, reply.status)
    about: Dict[str, Any] = {"base_url": settings.base_url, "retry_after_seconds": retry_after(reply)}
    return refused(reply.status, body, about if _is_unavailable(reply.status) else {})


def refused(status: int, body: Mapping[str, Any], about: Mapping[str, Any]) -> CodeExecutionError:
    """What the broker's error with this status stands for; `about` is added to its details."""
    theirs = body.get("details")
    details: Dict[str, Any] = {**(theirs if isinstance(theirs, dict) else {}), **about}
    details["status"] = status
    details["broker_error_type"] = body.get("error_type")
    message = str(body.get("message"))
    if _is_unavailable(status):
        details["sent"] = status not in (429, 503)
        return BrokerUnavailableError(message, details)
    return RequestRefusedError(message, details)


def _is_unavailable(status: int) -> bool:
    return status == 429 or status >= 500


def no_broker(settings: ClientSettings, status: int) -> BrokerUnavailableError:
    return BrokerUnavailableError(
        f"what answers at {settings.base_url} with status {status} is not a Sallyport broker",
        {"base_url": settings.base_url, "status": status, "sent": True},
    )
