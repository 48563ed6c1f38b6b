"""Work of several calls, written once for threads and tasks: a generator that yields what is to be done next.

What does the I/O drives it: it sends a `Call` and gives the reply back, waits for a `Pause`, throws into it what the
transport raises, and returns what it returns.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Generator, Optional, TypeVar, Union

from ._async_http import AsyncTransport
from ._http import Transport
from ._protocol import Call, Reply
from .exceptions import CodeExecutionError

T = TypeVar("T")


@dataclass(frozen=True)
class Pause:
    seconds: float


Step = Union[Call, Pause]
Steps = Generator[Step, Optional[Reply], T]


def ask(call: Call) -> Steps[Reply]:
    """`reply = yield from ask(call)`."""
    reply = yield call
    assert reply is not None
    return reply


#: What came of a step: a call's reply, or what the transport raised; None at the beginning and behind a pause.
_Outcome = Union[None, Reply, CodeExecutionError]


def run(steps: "Steps[T]", transport: Transport) -> T:
    outcome: _Outcome = None
    try:
        while True:
            outcome = _take(_next(steps, outcome), transport)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        steps.close()


async def run_async(steps: "Steps[T]", transport: AsyncTransport) -> T:
    outcome: _Outcome = None
    try:
        while True:
            outcome = await _take_async(_next(steps, outcome), transport)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        steps.close()


def _next(steps: "Steps[T]", outcome: _Outcome) -> Step:
    return steps.throw(outcome) if isinstance(outcome, CodeExecutionError) else steps.send(outcome)


def _take(step: Step, transport: Transport) -> _Outcome:
    if isinstance(step, Pause):
        time.sleep(step.seconds)
        return None
    try:
        return transport.send(step)
    except CodeExecutionError as error:
        return error


async def _take_async(step: Step, transport: AsyncTransport) -> _Outcome:
    if isinstance(step, Pause):
        await asyncio.sleep(step.seconds)
        return None
    try:
        return await transport.send(step)
    except CodeExecutionError as error:
        return error
