"""Sent after each execution of a `DjangoCodeExecutor` that logs, successful or not.

Arguments: `code`, `result` (an `ExecutionResult`), `user_id`. A receiver that raises does not disturb the execution.
"""

from django.dispatch import Signal

execution_finished = Signal()
