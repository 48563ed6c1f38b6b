"""Sent after each execution of a `DjangoCodeExecutor` that logs and of `stream_execution`, successful or not, and for each
job whose end a webhook told.

Arguments: `code` (empty of a webhook, which does not have it), `result` (an `ExecutionResult`), `user_id`, and `job` (the
`JobStatus` that a webhook brought, else None). A receiver that raises does not disturb the execution; a webhook comes
again then.
"""

from django.dispatch import Signal

execution_finished = Signal()
