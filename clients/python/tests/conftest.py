from __future__ import annotations

import os
from typing import Iterator

import pytest

from both import way
from fake_broker import FakeBroker

__all__ = ["way"]

os.environ["DJANGO_SETTINGS_MODULE"] = "django_project"


@pytest.fixture
def broker() -> Iterator[FakeBroker]:
    with FakeBroker() as fake:
        yield fake
