"""The same test for threads and for tasks: what an executor does is driven from a test that does not wait."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, Iterator, List

import pytest

from fake_broker import FakeBroker
from sallyport import AsyncCodeExecutor, CodeExecutor


class Threads:
    def executor(self, broker: FakeBroker, **options: Any) -> Any:
        return CodeExecutor(settings=options.pop("settings", None) or broker.settings(), **options)

    def do(self, value: Any) -> Any:
        """What a call gives, once it has been waited for."""
        return value

    def all(self, iterator: Any) -> List[Any]:
        return list(iterator)


class Tasks(Threads):
    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def executor(self, broker: FakeBroker, **options: Any) -> Any:
        return AsyncCodeExecutor(settings=options.pop("settings", None) or broker.settings(), **options)

    def do(self, value: Any) -> Any:
        return self.loop.run_until_complete(value) if inspect.isawaitable(value) else value

    def all(self, iterator: Any) -> List[Any]:
        async def collect() -> List[Any]:
            return [each async for each in iterator]

        return list(self.do(collect()))


@pytest.fixture(params=["threads", "tasks"])
def way(request: pytest.FixtureRequest) -> Iterator[Threads]:
    if request.param == "threads":
        yield Threads()
        return
    tasks = Tasks()
    yield tasks
    tasks.loop.run_until_complete(tasks.loop.shutdown_asyncgens())
    tasks.loop.close()
