"""Sallyport for Django: put `sallyport.django` into INSTALLED_APPS, and what differs from the defaults into SALLYPORT.

    from sallyport.django import get_executor

    result = get_executor(request).execute(code)
"""

from .executor import DjangoCodeExecutor, get_executor
from .signals import execution_finished
from .streaming import stream_execution

__all__ = ["DjangoCodeExecutor", "execution_finished", "get_executor", "stream_execution"]
