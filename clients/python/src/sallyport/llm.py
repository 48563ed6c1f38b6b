"""For those who let a language model write the code: correction rounds, and the tool's description."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional

from .executor import CodeExecutor
from .result import ExecutionResult

__all__ = ["anthropic_tool", "error_context", "execute_with_retry", "openai_tool", "run_tool_call", "tool_reply"]

#: Gets the code and what is wrong with it, gives better code.
Fix = Callable[[str, Dict[str, Any]], str]

_NAME = "run_python"
_DESCRIPTION = (
    "Runs a Python program in a sealed sandbox and returns what it printed. There is no network, and nothing remains "
    "between calls: send a complete program. Print what you want to see. Files that the program writes to the folder "
    "output/, pictures for example, are returned. A program that is refused or fails comes back with the reason, the "
    "line and a hint: correct it and call again."
)


def error_context(result: ExecutionResult, attempt: int) -> Dict[str, Any]:
    """What a model needs to know of a failure. `attempt` counts from 1."""
    return {
        "error_type": result.error_type,
        "error_message": result.error_message,
        "violations": result.validation_violations,
        "attempt": attempt,
    }


def execute_with_retry(
    code: str,
    fix: Fix,
    max_retries: int = 3,
    *,
    executor: Optional[CodeExecutor] = None,
    context: Optional[Mapping[str, Any]] = None,
) -> ExecutionResult:
    """Executes at most `max_retries` times, with `fix(code, error_context)` between, and returns the last result.

    `fix` is not asked about what is no fault of the code: a broker that is away, a request that it refuses. An executor
    with `raise_on_failure` raises after the last attempt only.
    """
    if max_retries < 1:
        raise ValueError("max_retries has to be 1 or more")
    runner = executor or CodeExecutor()
    attempt = 0
    while True:
        attempt += 1
        result = runner._execute(code, context)
        if result.success or not result.was_served or attempt == max_retries:
            if runner.raise_on_failure:
                result.raise_for_failure()
            return result
        code = fix(code, error_context(result, attempt))


def openai_tool(name: str = _NAME, description: str = _DESCRIPTION) -> Dict[str, Any]:
    """The tool as an entry of `tools` in the form of OpenAI's chat completions."""
    return {"type": "function", "function": {"name": name, "description": description, "parameters": _parameters()}}


def anthropic_tool(name: str = _NAME, description: str = _DESCRIPTION) -> Dict[str, Any]:
    """The tool as an entry of `tools` in the form of Anthropic's messages."""
    return {"name": name, "description": description, "input_schema": _parameters()}


def _parameters() -> Dict[str, Any]:
    return {
        "type": "object",
        "properties": {"code": {"type": "string", "description": "The complete Python program."}},
        "required": ["code"],
        "additionalProperties": False,
    }


def run_tool_call(arguments: Mapping[str, Any], executor: Optional[CodeExecutor] = None) -> Dict[str, Any]:
    """Executes a call of the tool. Arguments that are not as described come back as an error for the model."""
    code = arguments.get("code")
    if not isinstance(code, str) or set(arguments) != {"code"}:
        message = "the tool takes one argument, code, a string with the complete Python program"
        return {"success": False, "error_type": "ValidationError", "error_message": message}
    return tool_reply((executor or CodeExecutor())._execute(code, None))


def tool_reply(result: ExecutionResult) -> Dict[str, Any]:
    """What a model should see of a result: short, and JSON."""
    reply: Dict[str, Any] = {"success": result.success, "stdout": result.stdout}
    if result.stderr:
        reply["stderr"] = result.stderr
    if not result.success:
        reply["error_type"] = result.error_type
        reply["error_message"] = result.error_message
        if result.error_line is not None:
            reply["error_line"] = result.error_line
    if result.artifacts:
        reply["files"] = [{"path": a.path, "size": a.size, "media_type": a.media_type} for a in result.artifacts]
    if result.was_output_redacted:
        reply["note"] = "Parts of the output that look like secrets were replaced."
    return reply
