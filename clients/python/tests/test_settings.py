from __future__ import annotations

import pickle
from typing import Any, Dict, Iterator

import pytest

import sallyport
from sallyport import ClientSettings, configure, settings


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = settings._current
    settings._current = None
    yield
    settings._current = before


def test_the_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALLYPORTCLIENT_URL", "http://broker.example:9000")
    monkeypatch.setenv("SALLYPORTCLIENT_API_KEY", "key")
    assert sallyport.CodeExecutor().settings == ClientSettings("http://broker.example:9000", "key")
    assert "key" not in repr(sallyport.CodeExecutor().settings)


def test_configure_changes_what_it_names() -> None:
    configure(ClientSettings("http://a.example"))
    configure(image="python-data")
    assert sallyport.CodeExecutor().settings == ClientSettings("http://a.example", image="python-data")


@pytest.mark.parametrize(
    "wrong",
    [
        dict(base_url="127.0.0.1:8080"), dict(base_url="ftp://a.example"), dict(base_url="http://u:p@a.example"),
        dict(base_url="http://a.example?x=1"), dict(connect_timeout_seconds=0), dict(overhead_seconds=-1),
        dict(max_retries=-1), dict(api_key="a\nb"),
    ],
)
def test_mistakes(wrong: Dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        ClientSettings(**wrong)


def test_exceptions_survive_pickling() -> None:
    error = pickle.loads(pickle.dumps(sallyport.TimeoutError("late", {"timeout_seconds": 5})))
    assert type(error) is sallyport.TimeoutError
    assert error.to_dict() == {"error_type": "TimeoutError", "message": "late", "details": {"timeout_seconds": 5}}


def test_the_configuration_is_immutable() -> None:
    config = sallyport.SandboxConfig(allowed_imports=["math"])  # type: ignore[arg-type]
    assert config.allowed_imports == ("math",)
    hash(config)
    with pytest.raises(AttributeError):
        config.max_memory_mb = 1  # type: ignore[misc]
    with pytest.raises(ValueError):
        sallyport.SandboxConfig(timeout_seconds=0)
