"""Calls of the broker that tell of the end of a job, for whatever receives them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Dict, Mapping, Union

from .jobs import JobStatus

__all__ = ["WebhookError", "WebhookEvent", "verify"]

_ID, _TIMESTAMP, _SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"

#: A broker signs once; more than a few signatures are somebody's attempt to make us work.
_MAX_SIGNATURES = 8


class WebhookError(Exception):
    """What came is no call of the broker that holds the secret, or an old one. To be answered with 400."""


@dataclass(frozen=True)
class WebhookEvent:
    """The end of a job."""

    #: The same in every attempt to deliver it: the id of the job.
    id: str
    #: When it was sent, in seconds since 1970.
    timestamp: int
    job: JobStatus


def verify(
    body: bytes,
    headers: Mapping[str, str],
    secret: Union[str, bytes],
    tolerance: float = 300.0,
) -> WebhookEvent:
    """The event that a request brings. Raises `WebhookError` unless the broker signed it within `tolerance` seconds.

    `body` are the bytes as they came, `headers` any mapping, their names in upper or lower case. `secret` is the first
    line of the broker's `webhooks.secret_file`. The comparison takes constant time. A delivery may come more than
    once: who acts on it remembers ids.
    """
    if not isinstance(body, bytes):
        raise TypeError("body is the bytes of the request, as they came")
    key = secret.encode() if isinstance(secret, str) else secret
    if not key:
        raise ValueError("the secret is empty")
    fields = _fields(headers)
    stamp = fields[_TIMESTAMP]
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise WebhookError(f"{_TIMESTAMP} is no number of seconds")
    signed = f"{fields[_ID]}.{stamp}.".encode("utf-8", "surrogatepass") + body
    wanted = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    given = fields[_SIGNATURE].encode("utf-8", "surrogatepass").split()[:_MAX_SIGNATURES]
    if not any([hmac.compare_digest(wanted, each) for each in given]):
        raise WebhookError("the signature is not that of the body under this secret")
    if not abs(time.time() - int(stamp)) <= tolerance:
        raise WebhookError(f"it was sent more than {tolerance:g} seconds ago, or the clocks differ")
    return WebhookEvent(fields[_ID], int(stamp), _job(fields[_ID], body))


def _fields(headers: Mapping[str, str]) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for name, value in headers.items():
        lower = name.lower()
        if lower not in (_ID, _TIMESTAMP, _SIGNATURE):
            continue
        if lower in found:
            raise WebhookError(f"{lower} comes twice")
        found[lower] = value
    for name in (_ID, _TIMESTAMP, _SIGNATURE):
        if not found.get(name):
            raise WebhookError(f"{name} is missing")
    return found


def _job(identity: str, body: bytes) -> JobStatus:
    try:
        view = json.loads(body)
        if not isinstance(view, dict):
            raise TypeError("no object")
        job = JobStatus.from_view(view)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise WebhookError("the body is signed, and not a job") from error
    if job.id != identity:
        raise WebhookError(f"the body is of another job than {_ID} says")
    return job
