"""The setting SALLYPORT, a dictionary. Keys are those of the tables below; each may be left out."""

from __future__ import annotations

import dataclasses
import difflib
from typing import Any, Dict, List, Mapping, Tuple

from django.conf import settings

from ..sandboxes import SandboxConfig
from ..settings import ClientSettings

#: Key of SALLYPORT to field of `ClientSettings`.
CLIENT_KEYS: Dict[str, str] = {field.name.upper(): field.name for field in dataclasses.fields(ClientSettings)}

#: Keys that are the executors' arguments.
EXECUTOR_KEYS: Dict[str, str] = {
    name.upper(): name
    for name in (
        "enable_syntax_validation",
        "enable_ast_validation",
        "enable_output_validation",
        "redact_sensitive_output",
        "log_executions",
        "raise_on_failure",
        "idempotent",
    )
}

#: Others, with their defaults.
OTHER_KEYS: Dict[str, Any] = {
    # Arguments of `SandboxConfig`.
    "SANDBOX_CONFIG": {},
    # What `sallyport.django.history` keeps.
    "HISTORY_KEEP_CODE": True,
    "HISTORY_MAX_CHARACTERS": 10_000,
    # Of the view `sallyport.django.webhooks.webhook`: what it shares with the broker; how old a request may be; and its
    # size, which by the broker's defaults for output and artifacts has room.
    "WEBHOOK_SECRET": "",
    "WEBHOOK_TOLERANCE_SECONDS": 300,
    "WEBHOOK_MAX_BYTES": 32 * 1024 * 1024,
}

#: The broker takes no shorter secret.
LEAST_SECRET = 24


def configured() -> Mapping[str, Any]:
    value = getattr(settings, "SALLYPORT", {})
    return value if isinstance(value, dict) else {}


def client_settings() -> ClientSettings:
    """Of SALLYPORT; what it does not name, of the environment."""
    values = configured()
    changes = {field: values[key] for key, field in CLIENT_KEYS.items() if key in values}
    return dataclasses.replace(ClientSettings.from_environment(), **changes)


def executor_options() -> Dict[str, Any]:
    values = configured()
    return {name: values[key] for key, name in EXECUTOR_KEYS.items() if key in values}


def sandbox_config() -> SandboxConfig:
    return SandboxConfig(**other("SANDBOX_CONFIG"))


def other(key: str) -> Any:
    return configured().get(key, OTHER_KEYS[key])


def mistakes() -> List[Tuple[str, str]]:
    """Each as a message and a hint."""
    value = getattr(settings, "SALLYPORT", {})
    if not isinstance(value, dict):
        return [("SALLYPORT is not a dictionary.", 'Write SALLYPORT = {"BASE_URL": "http://127.0.0.1:8080"}.')]
    found: List[Tuple[str, str]] = []
    known = [*CLIENT_KEYS, *EXECUTOR_KEYS, *OTHER_KEYS]
    for key in value:
        if key not in known:
            near = difflib.get_close_matches(str(key).upper(), known, 1)
            found.append((f"SALLYPORT has no key {key!r}.", f"Did you mean {near[0]!r}?" if near else f"Known: {known}"))
    for key in [*EXECUTOR_KEYS, "HISTORY_KEEP_CODE"]:
        if key in value and not isinstance(value[key], bool):
            found.append((f"SALLYPORT[{key!r}] is not a bool.", "Write True or False."))
    size = other("HISTORY_MAX_CHARACTERS")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        found.append(("SALLYPORT['HISTORY_MAX_CHARACTERS'] is not a number of characters.", "Write an int, 0 or more."))
    secret = other("WEBHOOK_SECRET")
    if not isinstance(secret, str) or 0 < len(secret) < LEAST_SECRET:
        found.append(
            (
                f"SALLYPORT['WEBHOOK_SECRET'] is not a text of {LEAST_SECRET} characters or more.",
                "Write the first line of the broker's webhooks.secret_file.",
            )
        )
    for key in ("WEBHOOK_TOLERANCE_SECONDS", "WEBHOOK_MAX_BYTES"):
        number = other(key)
        if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
            found.append((f"SALLYPORT[{key!r}] is not a number above 0.", "Write an int."))
    for what, make in (("", client_settings), ("['SANDBOX_CONFIG']", sandbox_config)):
        try:
            make()
        except (TypeError, ValueError, AttributeError) as error:
            found.append((f"SALLYPORT{what} is wrong: {error}", "See the table of keys in the client's documentation."))
    return found
