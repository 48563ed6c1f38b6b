from __future__ import annotations

import json
import logging
from typing import Any, Dict, Type

import pytest

import sallyport
from fake_broker import FAILED, REPLY, FakeBroker, answer
from sallyport import CodeExecutor, SandboxConfig
from sallyport.sandboxes import BaseSandbox, SandboxResult


def test_a_plain_request_says_every_default(broker: FakeBroker) -> None:
    CodeExecutor(settings=broker.settings()).execute("print(42)")
    assert broker.last.path == "/v1/executions"
    assert broker.last.body == {
        "code": "print(42)",
        "sandbox_type": "gvisor",
        "sandbox_config": {
            "timeout_seconds": 30.0, "max_memory_mb": 512, "max_output_bytes": 1_000_000, "enable_network": False,
        },
        "enable_syntax_validation": True,
        "enable_ast_validation": True,
        "enable_output_validation": True,
        "redact_sensitive_output": True,
        "log_executions": True,
    }


def test_everything_that_is_given_is_sent(broker: FakeBroker) -> None:
    config = SandboxConfig(
        timeout_seconds=5, max_memory_mb=256, max_output_bytes=1000, allowed_imports=("math",), cpus=0.5,
        execution_context={"a": 1, "b": 1}, user_id=3,
    )
    executor = CodeExecutor(
        sandbox_config=config, redact_sensitive_output=False, image="python-data", policy="strict",
        forbidden_functions={"sorted", "print"}, priority="low", settings=broker.settings(api_key="key"),
    )
    executor.execute("1", {"b": 2}, stdin="in", files={"t.txt": "text", "b.bin": b"\xff"}, deterministic=True)
    body = broker.last.body
    assert body["context"] == {"a": 1, "b": 2}
    assert (body["user_id"], body["image"], body["policy"], body["stdin"]) == (3, "python-data", "strict", "in")
    assert body["files"] == [{"path": "t.txt", "content": "text"}, {"path": "b.bin", "content_base64": "/w=="}]
    assert body["sandbox_config"]["allowed_imports"] == ["math"] and body["sandbox_config"]["cpus"] == 0.5
    assert body["redact_sensitive_output"] is False
    assert body["forbidden_functions"] == ["print", "sorted"] and "forbidden_modules" not in body
    assert (body["priority"], body["deterministic"]) == ("low", True)
    assert broker.last.headers["Authorization"] == "Bearer key"


def test_without_output_validation_no_redaction_is_asked_for(broker: FakeBroker) -> None:
    CodeExecutor(enable_output_validation=False, settings=broker.settings()).execute("1")
    assert broker.last.body["redact_sensitive_output"] is False


def test_allowed_imports_hold_without_ast_validation_too(broker: FakeBroker) -> None:
    config = SandboxConfig(allowed_imports=("math",))
    CodeExecutor(sandbox_config=config, enable_ast_validation=False, settings=broker.settings()).execute("1")
    assert broker.last.body["enable_ast_validation"] is True and broker.last.body["policy"] == "trusted"
    CodeExecutor(enable_ast_validation=False, settings=broker.settings(policy="strict")).execute("1")
    assert broker.last.body["enable_ast_validation"] is False and "policy" not in broker.last.body


def test_a_result_has_what_the_broker_said_and_is_json(broker: FakeBroker) -> None:
    artifact = {"path": "a.png", "size": 2, "media_type": "image/png", "content_base64": "MTI="}
    broker.says(answer({**REPLY, "artifacts": [artifact], "a_field_of_tomorrow": 1}))
    result = CodeExecutor(settings=broker.settings()).execute("1")
    assert result.success and result.was_served and result.stdout == "42\n"
    assert result.artifacts[0].content == b"12"
    as_dict = json.loads(json.dumps(result.to_dict()))
    assert as_dict["artifacts"] == [artifact] and as_dict["usage"] == REPLY["usage"]
    assert "error" not in as_dict
    result.raise_for_failure()


ENDS = [
    (dict(error_type="ValidationError", execution_time_seconds=None), sallyport.ValidationError),
    (dict(error_type="TimeoutError", timed_out=True, signal="SIGKILL"), sallyport.TimeoutError),
    (dict(error_type="ResourceLimitError", oom_killed=True), sallyport.ResourceLimitError),
    (dict(error_type="SandboxError"), sallyport.SandboxError),
    (dict(error_type="SecurityViolationError", exit_code=1), sallyport.SecurityViolationError),
    (dict(error_type="OutputValidationError", output_violations=[{"rule": "r"}]), sallyport.OutputValidationError),
    (dict(error_type="ZeroDivisionError", exit_code=1), sallyport.CodeExecutionError),
    # Classes of the program's own, with names of ours.
    (dict(error_type="TimeoutError", exit_code=1), sallyport.CodeExecutionError),
    (dict(error_type="ValidationError", exit_code=1), sallyport.CodeExecutionError),
    (dict(error_type="ResourceLimitError", exit_code=1), sallyport.CodeExecutionError),
    (dict(error_type="SandboxError", exit_code=1), sallyport.CodeExecutionError),
    (dict(error_type="OutputValidationError", exit_code=1), sallyport.CodeExecutionError),
]


@pytest.mark.parametrize("fields, kind", ENDS)
def test_each_end_has_its_exception(
    broker: FakeBroker, fields: Dict[str, Any], kind: Type[sallyport.CodeExecutionError]
) -> None:
    reply = {**FAILED, "error_message": "why", **fields}
    broker.says(answer(reply), answer(reply))
    config = SandboxConfig(timeout_seconds=7)
    result = CodeExecutor(settings=broker.settings(), sandbox_config=config).execute("1")
    assert not result.success and result.error_type == fields["error_type"] and result.was_served
    with pytest.raises(kind) as raised:
        CodeExecutor(settings=broker.settings(), sandbox_config=config, raise_on_failure=True).execute("1")
    assert type(raised.value) is kind
    assert raised.value.message == "why"
    assert raised.value.to_dict()["error_type"] == kind.__name__
    if kind is sallyport.TimeoutError:
        assert raised.value.details["timeout_seconds"] == 7


def test_a_refused_request_is_told_from_a_refused_program(broker: FakeBroker) -> None:
    refusal = {"error_type": "ValidationError", "message": "1000 is above the ceiling of 300",
               "details": {"field": "sandbox_config.timeout_seconds", "ceiling": 300}}
    broker.says(answer(refusal, 422), answer(refusal, 422))
    result = CodeExecutor(settings=broker.settings()).execute("1")
    assert (result.success, result.was_served, result.error_type) == (False, False, "RequestRefusedError")
    with pytest.raises(sallyport.RequestRefusedError) as raised:
        CodeExecutor(settings=broker.settings(), raise_on_failure=True).execute("1")
    assert raised.value.details["ceiling"] == 300 and raised.value.details["status"] == 422
    assert len(broker.requests) == 2


def test_mistakes_in_the_call_raise_in_both_styles(broker: FakeBroker) -> None:
    executor = CodeExecutor(settings=broker.settings())
    with pytest.raises(TypeError):
        executor.execute("1", {"a": object()})
    with pytest.raises(TypeError):
        executor.execute("1", {"a": float("nan")})
    with pytest.raises(TypeError):
        executor.execute(b"1")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        SandboxConfig(allowed_imports="math")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        CodeExecutor(forbidden_functions="print")
    with pytest.raises(TypeError):
        CodeExecutor(sandbox_type=str)  # type: ignore[arg-type]
    assert broker.requests == []


def test_executions_are_logged_without_code(broker: FakeBroker, caplog: pytest.LogCaptureFixture) -> None:
    violation = {"type": "forbidden_import", "rule": "import", "severity": "critical", "message": "m"}
    broker.says(answer({**FAILED, "error_type": "ValidationError", "validation_violations": [violation]}), answer())
    with caplog.at_level(logging.INFO, "sallyport"):
        CodeExecutor(5, settings=broker.settings()).execute("SECRET = 1")
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("INFO", "Code execution requested"),
        ("WARNING", "Code execution failed"),
        ("WARNING", "High-severity security violations detected"),
    ]
    assert {vars(r)["user_id"] for r in caplog.records} == {5}
    assert vars(caplog.records[0])["code_length"] == 10
    assert vars(caplog.records[2])["violations"] == [violation]
    caplog.clear()
    with caplog.at_level(logging.INFO, "sallyport"):
        CodeExecutor(log_executions=False, settings=broker.settings()).execute("1")
    assert caplog.records == [] and broker.last.body["log_executions"] is False


class Here(BaseSandbox):
    """One that is not the broker's."""

    def execute(self, code: str, config: SandboxConfig) -> SandboxResult:
        if code == "late":
            raise sallyport.TimeoutError("too late", {"timeout_seconds": config.timeout_seconds})
        return SandboxResult(True, stdout=f"{config.execution_context['n']} {config.user_id}")


VALID: Dict[str, Any] = {"is_valid": True, "error_type": None, "error_message": None, "error_line": None, "validation_violations": []}


def test_a_sandbox_of_ones_own_runs_between_the_brokers_doors(broker: FakeBroker) -> None:
    violation = {"type": "sensitive_data", "rule": "r"}
    broker.says(
        answer(VALID),
        answer({"is_valid": True, "sanitized_output": "[REDACTED]", "violations": [violation], "was_redacted": True}),
    )
    result = CodeExecutor(9, Here, settings=broker.settings()).execute("x", {"n": 1})
    assert [request.path for request in broker.requests] == ["/v1/validate", "/v1/redact"]
    assert broker.last.body == {"text": "1 9", "redact": True, "user_id": 9}
    assert result.success and result.stdout == "[REDACTED]" and result.was_output_redacted
    assert result.output_violations == [{**violation, "stream": "stdout"}]


def test_output_of_a_sandbox_of_ones_own_can_be_blocked(broker: FakeBroker) -> None:
    violation = {"type": "sensitive_data", "rule": "r"}
    broker.says(
        answer(VALID),
        answer({"is_valid": False, "sanitized_output": "", "violations": [violation], "was_redacted": False}),
    )
    result = CodeExecutor(9, Here, settings=broker.settings()).execute("x", {"n": 1})
    assert (result.success, result.stdout, result.error_type) == (False, "", "OutputValidationError")
    assert isinstance(result.error, sallyport.OutputValidationError)


def test_a_sandbox_of_ones_own_gets_no_refused_program(broker: FakeBroker) -> None:
    broker.says(answer({**VALID, "is_valid": False, "error_type": "ValidationError", "error_message": "no"}))
    result = CodeExecutor(None, Here, settings=broker.settings()).execute("x")
    assert (result.success, result.error_type, result.error_message) == (False, "ValidationError", "no")
    assert isinstance(result.error, sallyport.ValidationError)


def test_a_sandbox_of_ones_own_may_raise(broker: FakeBroker) -> None:
    broker.says(answer(VALID), answer(VALID))
    result = CodeExecutor(None, Here, settings=broker.settings()).execute("late")
    assert result.error_type == "TimeoutError" and result.was_served
    with pytest.raises(sallyport.TimeoutError):
        CodeExecutor(None, Here, settings=broker.settings(), raise_on_failure=True).execute("late")
