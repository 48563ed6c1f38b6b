"""System checks: `manage.py check` says what is wrong with SALLYPORT before a request does."""

from __future__ import annotations

import ipaddress
import urllib.parse
from typing import Any, List

from django.core.checks import CheckMessage, Error, Warning

from . import conf


def check_settings(**_: Any) -> List[CheckMessage]:
    messages: List[CheckMessage] = [
        Error(message, hint=hint, id="sallyport.E001") for message, hint in conf.mistakes()
    ]
    if messages:
        return messages
    settings = conf.client_settings()
    parts = urllib.parse.urlsplit(settings.base_url)
    if parts.scheme == "http" and settings.api_key and not _is_this_machine(parts.hostname or ""):
        messages.append(
            Warning(
                "SALLYPORT sends its API_KEY unencrypted to another machine.",
                hint="Use an https:// BASE_URL.",
                id="sallyport.W001",
            )
        )
    if conf.executor_options().get("enable_output_validation") is False:
        messages.append(
            Warning(
                "SALLYPORT switches output validation off for every execution.",
                hint="Switch it off where it is not wanted: get_executor(request, enable_output_validation=False).",
                id="sallyport.W002",
            )
        )
    return messages


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
