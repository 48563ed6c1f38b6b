"""From a result to a row."""

from __future__ import annotations

from typing import Any, Optional

from ...jobs import JobStatus
from ...result import ExecutionResult
from ...sandboxes.base import UserId
from .. import conf
from .models import Execution


def record_execution(
    sender: Any,
    code: str,
    result: ExecutionResult,
    user_id: Optional[UserId],
    job: Optional[JobStatus] = None,
    **_: Any,
) -> Execution:
    """Receiver of `execution_finished`. Texts are cut at HISTORY_MAX_CHARACTERS; artifacts are not kept."""
    if job is not None:
        known = Execution.objects.filter(execution_id=job.id).first()
        if known is not None:  # Webhooks come at least once.
            return known
    size = conf.other("HISTORY_MAX_CHARACTERS")
    row: Execution = Execution.objects.create(
        execution_id=result.id or "",
        user_id="" if user_id is None else str(user_id),
        code=_text(code, size) if conf.other("HISTORY_KEEP_CODE") else "",
        success=result.success,
        error_type=_text(result.error_type or "", 255),
        error_message=_text(result.error_message or "", size),
        stdout=_text(result.stdout, size),
        stderr=_text(result.stderr, size),
        validation_violations=result.validation_violations,
        output_violations=result.output_violations,
        was_output_redacted=result.was_output_redacted,
        execution_time_seconds=result.execution_time_seconds,
        total_time_seconds=result.total_time_seconds,
    )
    return row


def _text(text: str, size: int) -> str:
    """What every database takes: PostgreSQL has no NUL in a text, and no database lone surrogates."""
    return text[:size].replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
