"""System checks: `manage.py check` says what is wrong with SALLYPORT before a request does."""

from __future__ import annotations

import ipaddress
import urllib.parse
from typing import Any, Iterable, List

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.urls import get_resolver

from . import conf


def check_settings(**_: Any) -> List[CheckMessage]:
    messages: List[CheckMessage] = [
        Error(message, hint=hint, id="sallyport.E001") for message, hint in conf.mistakes()
    ]
    if messages:
        return messages
    client = conf.client_settings()
    parts = urllib.parse.urlsplit(client.base_url)
    if parts.scheme == "http" and client.api_key and not _is_this_machine(parts.hostname or ""):
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


def check_webhook(**_: Any) -> List[CheckMessage]:
    from .webhooks import webhook

    if conf.other("WEBHOOK_SECRET") or not getattr(settings, "ROOT_URLCONF", None):
        return []
    if not _has_view(get_resolver().url_patterns, webhook):
        return []
    return [
        Error(
            "The URLs have the view of webhooks, and SALLYPORT has no WEBHOOK_SECRET to know them by.",
            hint="Write the first line of the broker's webhooks.secret_file.",
            id="sallyport.E002",
        )
    ]


def _has_view(patterns: Iterable[Any], view: Any) -> bool:
    return any(
        _has_view(pattern.url_patterns, view) if hasattr(pattern, "url_patterns") else pattern.callback is view
        for pattern in patterns
    )


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
