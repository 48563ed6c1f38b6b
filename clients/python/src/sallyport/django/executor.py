"""Executors as SALLYPORT says."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from django.http import HttpRequest

from .._execution import Executor, logger
from ..executor import CodeExecutor
from ..jobs import JobStatus
from ..result import ExecutionResult
from ..sandboxes.base import UserId
from . import conf
from .signals import execution_finished

__all__ = ["DjangoCodeExecutor", "get_executor"]


class DjangoCodeExecutor(CodeExecutor):
    """Tells `execution_finished` of each execution, unless `log_executions` is off."""

    def _record(self, code: str, result: ExecutionResult) -> None:
        tell_finished(self, code, result)


def get_executor(request: Optional[HttpRequest] = None, **options: Any) -> DjangoCodeExecutor:
    """For the user of `request`, if somebody is logged in. `options` are `CodeExecutor`'s, and win over SALLYPORT."""
    return DjangoCodeExecutor(**options_for(request, options))


def options_for(request: Optional[HttpRequest], options: Mapping[str, Any]) -> Dict[str, Any]:
    """Arguments of an executor."""
    merged = {
        "settings": conf.client_settings(),
        "sandbox_config": conf.sandbox_config(),
        **conf.executor_options(),
        **options,
    }
    if "user_id" not in merged:  # To look at the request's user may ask the database, which async views must not.
        merged["user_id"] = user_id_of(request)
    return merged


def tell_finished(executor: Executor, code: str, result: ExecutionResult) -> None:
    """Sends `execution_finished`, unless the executor does not log."""
    if executor.log_executions:
        send_finished(type(executor), code, result, executor.user_id)


def send_finished(
    sender: type, code: str, result: ExecutionResult, user_id: Optional[UserId], job: Optional[JobStatus] = None
) -> bool:
    """Whether all receivers took it; the log says what happened to one that did not."""
    answers = execution_finished.send_robust(sender, code=code, result=result, user_id=user_id, job=job)
    failed = [(receiver, answer) for receiver, answer in answers if isinstance(answer, Exception)]
    for receiver, error in failed:
        logger.error("%r failed after an execution", receiver, exc_info=error)
    return not failed


def user_id_of(request: Optional[HttpRequest]) -> Optional[UserId]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    return user.pk if isinstance(user.pk, int) else str(user.pk)
