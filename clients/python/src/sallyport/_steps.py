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


def run(steps: "Steps[T]", transport: Transport) -> T:
    try:
        step = next(steps)
        while True:
            reply = None
            try:
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                else:
                    reply = transport.send(step)
            except CodeExecutionError as error:
                step = steps.throw(error)
            else:
                step = steps.send(reply)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        steps.close()


async def run_async(steps: "Steps[T]", transport: AsyncTransport) -> T:
    try:
        step = next(steps)
        while True:
            reply = None
            try:
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                else:
                    reply = await transport.send(step)
            except CodeExecutionError as error:
                step = steps.throw(error)
            else:
                step = steps.send(reply)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        steps.close()
