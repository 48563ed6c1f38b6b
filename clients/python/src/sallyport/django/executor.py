"""Executors as SALLYPORT says."""

from __future__ import annotations

from typing import Any, Optional

from django.http import HttpRequest

from .._execution import logger
from ..executor import CodeExecutor
from ..result import ExecutionResult
from ..sandboxes.base import UserId
from . import conf
from .signals import execution_finished

__all__ = ["DjangoCodeExecutor", "get_executor"]


class DjangoCodeExecutor(CodeExecutor):
    """Tells `execution_finished` of each execution, unless `log_executions` is off."""

    def _record(self, code: str, result: ExecutionResult) -> None:
        if not self.log_executions:
            return
        answers = execution_finished.send_robust(type(self), code=code, result=result, user_id=self.user_id)
        for receiver, answer in answers:
            if isinstance(answer, Exception):
                logger.error("%r failed after an execution", receiver, exc_info=answer)


def get_executor(request: Optional[HttpRequest] = None, **options: Any) -> DjangoCodeExecutor:
    """For the user of `request`, if somebody is logged in. `options` are `CodeExecutor`'s, and win over SALLYPORT."""
    merged = {
        "settings": conf.client_settings(),
        "sandbox_config": conf.sandbox_config(),
        "user_id": user_id_of(request),
        **conf.executor_options(),
        **options,
    }
    return DjangoCodeExecutor(**merged)


def user_id_of(request: Optional[HttpRequest]) -> Optional[UserId]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    return user.pk if isinstance(user.pk, int) else str(user.pk)
