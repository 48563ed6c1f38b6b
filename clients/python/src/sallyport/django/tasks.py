"""A task for Celery, which finds it by itself where it is installed and `autodiscover_tasks()` is called."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from celery import shared_task

from ..sandboxes import SandboxConfig
from ..sandboxes.base import UserId
from .executor import get_executor


@shared_task(name="sallyport.execute")
def execute_code(
    code: str,
    context: Optional[Mapping[str, Any]] = None,
    user_id: Optional[UserId] = None,
    sandbox_config: Optional[Mapping[str, Any]] = None,
    **options: Any,
) -> Dict[str, Any]:
    """`ExecutionResult.to_dict()`. Arguments are JSON, as Celery's default serializer wants them: `sandbox_config` has
    those of `SandboxConfig`, `options` those of `CodeExecutor`."""
    if sandbox_config is not None:
        options["sandbox_config"] = SandboxConfig(**sandbox_config)
    result = get_executor(user_id=user_id, **options).execute(code, context)
    return result.to_dict()
