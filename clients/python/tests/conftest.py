from __future__ import annotations

from typing import Iterator

import pytest

from fake_broker import FakeBroker


@pytest.fixture
def broker() -> Iterator[FakeBroker]:
    with FakeBroker() as fake:
        yield fake
