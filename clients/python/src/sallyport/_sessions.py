"""What executors do with sessions, written once for threads and tasks."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from . import _protocol as protocol
from ._execution import Executor, logger
from ._steps import Steps, ask
from .exceptions import CodeExecutionError, RequestRefusedError, SessionEndedError
from .result import Artifact
from .sessions import CellResult, SessionStatus

#: What holds for all cells is said when the session begins; these are a cell's own.
_CELLS_OWN = ("code", "stdin", "files", "deterministic")


class SessionCalls:
    """The sessions of one executor."""

    def __init__(
        self,
        executor: Executor,
        context: Optional[Mapping[str, Any]],
        idle_seconds: Optional[float],
        lifetime_seconds: Optional[float],
    ) -> None:
        executor._needs_brokers_sandbox()
        self._executor = executor
        self._settings = executor.settings
        whole = executor._request("", context, "", None, False)
        self._asked = {name: value for name, value in whole.items() if name not in _CELLS_OWN}
        for name, seconds in (("idle_seconds", idle_seconds), ("lifetime_seconds", lifetime_seconds)):
            if seconds is not None:
                self._asked[name] = seconds

    def begin(self) -> Steps[SessionStatus]:
        """A reply that is lost leaves a session behind, which its idle time ends: it is not begun twice."""
        body = protocol.encode(self._asked)
        call = protocol.Call("POST", protocol.SESSIONS, body, self._seconds(0.0), repeatable=False)
        return self._status(protocol.decode(self._settings, (yield from ask(call)), protocol.SESSION, 201))

    def cell(
        self,
        session_id: str,
        code: str,
        stdin: str,
        files: Optional[Mapping[str, protocol.FileContent]],
        timeout_seconds: Optional[float],
    ) -> Steps[CellResult]:
        if not isinstance(code, str):
            raise TypeError(f"code is a str, not {type(code).__name__}")
        request: Dict[str, Any] = {"code": code}
        if stdin:
            request["stdin"] = stdin
        if files:
            request["files"] = protocol.file_list(files)
        if timeout_seconds is not None:
            request["timeout_seconds"] = timeout_seconds
        seconds = self._executor.sandbox_config.timeout_seconds if timeout_seconds is None else timeout_seconds
        self._executor._started(code)
        try:
            result = yield from self._run(session_id, "POST", "/cells", request, seconds)
        except CodeExecutionError as error:
            result = CellResult.from_error(error)
        self._executor._ended(code, result)
        if self._executor.raise_on_failure:
            result.raise_for_failure()
        return result

    def put_files(self, session_id: str, files: Mapping[str, protocol.FileContent]) -> Steps[None]:
        request = {"files": protocol.file_list(files)}
        result = yield from self._run(session_id, "PUT", "/files", request, self._default_seconds())
        result.raise_for_failure()

    def files(self, session_id: str, path: Optional[str]) -> Steps[List[Artifact]]:
        target = "/files" + protocol.query({"path": path, "user_id": self._user()})
        result = yield from self._run(session_id, "GET", target, None, self._default_seconds())
        result.raise_for_failure()
        return result.artifacts

    def show(self, session_id: str) -> Steps[SessionStatus]:
        path = self._path(session_id, protocol.query({"user_id": self._user()}))
        call = protocol.Call("GET", path, None, protocol.ANSWER_SECONDS, repeatable=True)
        reply = yield from ask(call)
        return self._status(self._decode(reply, protocol.SESSION))

    def end(self, session_id: str) -> Steps[None]:
        path = self._path(session_id, protocol.query({"user_id": self._user()}))
        reply = yield from ask(protocol.Call("DELETE", path, None, protocol.ANSWER_SECONDS, repeatable=True))
        if reply.status not in (204, 404, 410):
            self._decode(reply, ())

    def leave(self, session_id: str) -> Steps[None]:
        """At the end of a `with` statement, where an exception would hide that of the statement."""
        try:
            yield from self.end(session_id)
        except CodeExecutionError as error:
            logger.warning("A session could not be ended; it ends by itself: %s", error.message)

    def _run(
        self, session_id: str, method: str, rest: str, request: Optional[Dict[str, Any]], timeout_seconds: float
    ) -> Steps[CellResult]:
        """A cell, or what the broker does like one."""
        if request is not None and self._executor.user_id is not None:
            request["user_id"] = self._executor.user_id
        body = None if request is None else protocol.encode(request)
        seconds = self._seconds(timeout_seconds)
        call = protocol.Call(method, self._path(session_id, rest), body, seconds, repeatable=False)
        reply = yield from ask(call)
        view = self._decode(reply, protocol.CELL)
        try:
            return CellResult.from_reply(view, timeout_seconds)
        except (AttributeError, KeyError, TypeError) as error:
            raise protocol.no_broker(self._settings, reply.status) from error

    def _decode(self, reply: protocol.Reply, fields: Sequence[str]) -> Dict[str, Any]:
        try:
            return protocol.decode(self._settings, reply, fields)
        except RequestRefusedError as error:
            if reply.status in (404, 410):
                raise SessionEndedError(error.message, error.details) from error
            raise

    def _status(self, view: Mapping[str, Any]) -> SessionStatus:
        return SessionStatus.from_view(view)

    def _path(self, session_id: str, rest: str = "") -> str:
        return protocol.below(protocol.SESSIONS, session_id, rest)

    def _user(self) -> Optional[str]:
        """For a query, where a text that looks like a number stands in quotes."""
        user = self._executor.user_id
        return f'"{user}"' if isinstance(user, str) else None if user is None else str(user)

    def _seconds(self, timeout_seconds: float) -> float:
        return self._executor._seconds(timeout_seconds)

    def _default_seconds(self) -> float:
        return self._executor.sandbox_config.timeout_seconds
