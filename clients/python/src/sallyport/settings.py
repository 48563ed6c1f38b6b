"""Where the broker is, and how patient the client is with it."""

from __future__ import annotations

import dataclasses
import os
import urllib.parse
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional

__all__ = ["ClientSettings", "configure", "current_settings"]

# Not SALLYPORT_...: the broker takes every variable of that name for a key of its own configuration, and does not
# start with one that it does not know.
_ENVIRONMENT = {
    "base_url": "SALLYPORTCLIENT_URL",
    "api_key": "SALLYPORTCLIENT_API_KEY",
    "image": "SALLYPORTCLIENT_IMAGE",
    "policy": "SALLYPORTCLIENT_POLICY",
}


@dataclass(frozen=True)
class ClientSettings:
    """Immutable; times are in seconds."""

    base_url: str = "http://127.0.0.1:8080"
    #: Sent as `Authorization: Bearer`.
    api_key: Optional[str] = field(default=None, repr=False)
    #: Runner image, and AST policy, of submissions that name none; None is the broker's default.
    image: Optional[str] = None
    policy: Optional[str] = None
    connect_timeout_seconds: float = 5.0
    #: What a submission may take beyond its own time: queue, start of the sandbox, validation of its output.
    overhead_seconds: float = 75.0
    #: After a refused connection, or a 429 or 503 that says when to come back: nothing has run in either case. After a
    #: lost connection, of what has an idempotency key or changes nothing.
    max_retries: int = 2
    #: Advice to wait longer than this is handed to the caller instead.
    max_retry_wait_seconds: float = 5.0
    #: Idle connections that are kept. How many are in use at one time is the caller's number of threads or tasks.
    max_idle_connections: int = 16

    def __post_init__(self) -> None:
        parts = urllib.parse.urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"base_url has to be http://host[:port] or https://host[:port], not {self.base_url!r}")
        parts.port  # Raises for what is no port.
        if parts.username or parts.query or parts.fragment:
            raise ValueError("base_url takes a host, a port and a path, nothing else")
        if self.api_key is not None and not (self.api_key.isascii() and self.api_key.isprintable()):
            raise ValueError("api_key has to be printable ASCII")
        for name in ("connect_timeout_seconds", "overhead_seconds"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} has to be above 0")
        for name in ("max_retries", "max_retry_wait_seconds", "max_idle_connections"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} has to be 0 or more")

    @classmethod
    def from_environment(cls, environment: Optional[Mapping[str, str]] = None) -> "ClientSettings":
        variables = os.environ if environment is None else environment
        found: Dict[str, Any] = {name: variables[key] for name, key in _ENVIRONMENT.items() if variables.get(key)}
        return cls(**found)


_current: Optional[ClientSettings] = None


def configure(settings: Optional[ClientSettings] = None, **changes: Any) -> ClientSettings:
    """Sets what every executor and validator of this process uses that is not given settings of its own."""
    global _current
    base = settings or _current or ClientSettings.from_environment()
    _current = dataclasses.replace(base, **changes)
    return _current


def current_settings() -> ClientSettings:
    """What `configure` set; without it, the environment's."""
    global _current
    chosen = _current
    if chosen is None:
        chosen = _current = ClientSettings.from_environment()
    return chosen
