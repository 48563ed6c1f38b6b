"""A caller that is prepared for exceptions, and one that would see none of them."""

from apps.ai.code_execution import CodeExecutor, TimeoutError, ValidationError
from apps.ai.code_execution.sandboxes import SandboxConfig


def attempt(executor, code):
    try:
        result = executor.execute(code)
        if not result.success:
            return "result " + result.error_type
        return "fine " + result.stdout.strip()
    except ValidationError as error:
        return "invalid " + error.message.splitlines()[0] + " " + str(bool(error.details))
    except TimeoutError as error:
        return f"late after {error.details['timeout_seconds']}"


executor = CodeExecutor(sandbox_config=SandboxConfig(timeout_seconds=2))
for code in ("print(1)", "import socket", "while True: pass"):
    print(attempt(executor, code))
