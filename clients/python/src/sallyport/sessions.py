"""Interpreters that stay between cells."""

from __future__ import annotations

import base64
import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Type, TypeVar

from . import _protocol as protocol
from .result import Artifact, ExecutionResult

if TYPE_CHECKING:
    from ._sessions import SessionCalls
    from .aio import AsyncCodeExecutor
    from .executor import CodeExecutor

__all__ = ["AsyncSession", "CellResult", "Display", "Session", "SessionStatus"]

_Exception = TypeVar("_Exception", bound=BaseException)


@dataclass(frozen=True)
class Display:
    """A value as a notebook shows it, in one or several forms."""

    #: Texts by media type, those of pictures in base64.
    data: Mapping[str, str] = field(repr=False)

    @property
    def text(self) -> str:
        """Its `repr()`; empty if there is none."""
        return self.data.get("text/plain", "")

    @property
    def html(self) -> Optional[str]:
        """Made by the program: to be shown in a frame of its own, or cleaned."""
        return self.data.get("text/html")

    @property
    def png(self) -> Optional[bytes]:
        picture = self.data.get("image/png")
        return None if picture is None else base64.b64decode(picture)


@dataclass
class CellResult(ExecutionResult):
    """What became of a cell; `artifacts` are the files in `output` that are new or have changed."""

    #: The value of the last expression, unless it is None.
    value: Optional[Display] = None
    #: What the cell gave to `display`, and its figures.
    displays: List[Display] = field(default_factory=list)
    session_id: Optional[str] = None
    #: Counts from 1 in its session.
    cell: Optional[int] = None
    #: "idle", or "ended" where the cell was the session's last.
    session_state: Optional[str] = None
    why_ended: Optional[str] = None

    def to_dict(self) -> Dict[str, Any]:
        values = super().to_dict()
        values["value"] = None if self.value is None else dict(self.value.data)
        values["displays"] = [dict(display.data) for display in self.displays]
        return values

    @classmethod
    def from_reply(cls, reply: Mapping[str, Any], timeout_seconds: Optional[float] = None) -> "CellResult":
        session, value = reply["session"], reply.get("result")
        shared = ExecutionResult.from_reply({k: v for k, v in reply.items() if k != "displays"}, timeout_seconds)
        return cls(
            **{each.name: getattr(shared, each.name) for each in dataclasses.fields(ExecutionResult)},
            value=None if value is None else _display(value),
            displays=[_display(each) for each in reply.get("displays") or ()],
            session_id=session["id"],
            cell=session["cell"],
            session_state=session["state"],
            why_ended=session["why_ended"],
        )


def _display(data: Mapping[str, str]) -> Display:
    if not isinstance(data, dict) or not all(isinstance(text, str) for text in data.values()):
        raise TypeError("a display is texts by media type")
    return Display(data)


@dataclass(frozen=True)
class SessionStatus:
    """A session as the broker described it at one time."""

    id: str
    #: "starting", "idle", "busy" or "ended".
    state: str
    why_ended: Optional[str] = None
    image: Optional[str] = None
    policy: Optional[str] = None
    #: That have run.
    cells: int = 0
    idle_seconds: Optional[float] = None
    lifetime_seconds: Optional[float] = None

    @classmethod
    def from_view(cls, view: Mapping[str, Any]) -> "SessionStatus":
        known = {each.name for each in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in view.items() if name in known})


class SessionHandle:
    """What `Session` and `AsyncSession` share."""

    def __init__(self, calls: "SessionCalls", session_id: Optional[str]) -> None:
        self._calls = calls
        self._id = session_id

    @property
    def id(self) -> str:
        """Finds the session again (`executor.session(session_id=id)`), from another process too."""
        if self._id is None:
            raise RuntimeError("the session has not begun: use it in a with statement, or call begin()")
        return self._id

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._id or 'not begun'}>"


class Session(SessionHandle):
    """One interpreter at the broker: cells run in it one after the other, and variables and files persist.

        with executor.session() as session:
            session.execute("x = 20")
            print(session.execute("x + 1").value.text)

    It ends with the `with` statement, after a time without cells, or with its lifetime. One cell runs at a time; a second
    one is refused meanwhile. Both error styles are those of the executor; only to begin it raises in both.
    """

    def __init__(self, executor: "CodeExecutor", calls: "SessionCalls", session_id: Optional[str]) -> None:
        super().__init__(calls, session_id)
        self._executor = executor

    def begin(self) -> "Session":
        """Begins it, unless it has begun; whoever does this without a `with` statement ends it by `close`."""
        if self._id is None:
            self._id = self._executor._run(self._calls.begin()).id
        return self

    def execute(
        self,
        code: str,
        *,
        stdin: str = "",
        files: Optional[Mapping[str, protocol.FileContent]] = None,
        timeout_seconds: Optional[float] = None,
    ) -> CellResult:
        """Runs a cell, within `timeout_seconds` or the configuration's, and waits for its end."""
        return self._executor._run(self._calls.cell(self.id, code, stdin, files, timeout_seconds))

    def put_files(self, files: Mapping[str, protocol.FileContent]) -> None:
        """Puts files into the working directory, in place of what is there. Raises what is wrong in both styles."""
        self._executor._run(self._calls.put_files(self.id, files))

    def files(self, path: Optional[str] = None) -> List[Artifact]:
        """The working directory's files, or one file, or what is below one folder. Raises what is wrong in both styles.

        The broker bounds their number and size; `SandboxConfig` has `max_artifacts`, `max_artifact_bytes`.
        """
        return self._executor._run(self._calls.files(self.id, path))

    def status(self) -> SessionStatus:
        """Asks the broker."""
        return self._executor._run(self._calls.show(self.id))

    def close(self) -> None:
        """Ends it, and a cell that runs. Nothing where it has ended."""
        if self._id is not None:
            self._executor._run(self._calls.end(self._id))

    def __enter__(self) -> "Session":
        return self.begin()

    def __exit__(self, kind: Optional[Type[_Exception]], error: Optional[_Exception], trace: object) -> None:
        self._executor._run(self._calls.leave(self.id))


class AsyncSession(SessionHandle):
    """`Session` for asyncio: `async with executor.session() as session`."""

    def __init__(self, executor: "AsyncCodeExecutor", calls: "SessionCalls", session_id: Optional[str]) -> None:
        super().__init__(calls, session_id)
        self._executor = executor

    async def begin(self) -> "AsyncSession":
        if self._id is None:
            self._id = (await self._executor._run(self._calls.begin())).id
        return self

    async def execute(
        self,
        code: str,
        *,
        stdin: str = "",
        files: Optional[Mapping[str, protocol.FileContent]] = None,
        timeout_seconds: Optional[float] = None,
    ) -> CellResult:
        """As `Session.execute`. Cancelling the task interrupts the cell; the session goes on if the cell yields."""
        return await self._executor._run(self._calls.cell(self.id, code, stdin, files, timeout_seconds))

    async def put_files(self, files: Mapping[str, protocol.FileContent]) -> None:
        await self._executor._run(self._calls.put_files(self.id, files))

    async def files(self, path: Optional[str] = None) -> List[Artifact]:
        return await self._executor._run(self._calls.files(self.id, path))

    async def status(self) -> SessionStatus:
        return await self._executor._run(self._calls.show(self.id))

    async def close(self) -> None:
        if self._id is not None:
            await self._executor._run(self._calls.end(self._id))

    async def __aenter__(self) -> "AsyncSession":
        return await self.begin()

    async def __aexit__(self, kind: Optional[Type[_Exception]], error: Optional[_Exception], trace: object) -> None:
        await self._executor._run(self._calls.leave(self.id))
