from __future__ import annotations

from typing import Any, Dict

import pytest

import sallyport
from fake_broker import FakeBroker, answer
from sallyport.validators import ASTValidator, OutputValidator, SyntaxValidator

FOUND: Dict[str, Any] = {
    "type": "syntax", "rule": "SyntaxError", "severity": "high", "message": "invalid syntax", "line": 2, "column": 3,
    "end_line": 2, "end_column": 3, "hint": "h",
}


def verdict(*found: Dict[str, Any], is_valid: bool = False) -> Dict[str, Any]:
    return {
        "is_valid": is_valid, "error_type": None if is_valid else "ValidationError", "error_message": "shown",
        "error_line": 2, "validation_violations": list(found),
    }


def test_syntax(broker: FakeBroker) -> None:
    broker.says(answer(verdict(FOUND)))
    result = SyntaxValidator(settings=broker.settings()).validate("x")
    assert (result.is_valid, result.line_number, result.column) == (False, 2, 3)
    assert (result.error_message, result.error_type, result.hint) == ("invalid syntax", "SyntaxError", "h")
    assert result.display == "shown" and result.to_dict()["line_number"] == 2


def test_a_warning_or_the_policy_does_not_make_syntax_invalid(broker: FakeBroker) -> None:
    warning = {**FOUND, "severity": "low"}
    other = {**FOUND, "type": "forbidden_import"}
    broker.says(answer(verdict(warning, is_valid=True)), answer(verdict(warning, other)))
    for _ in range(2):
        assert SyntaxValidator(settings=broker.settings()).validate("x").is_valid


def test_ast(broker: FakeBroker) -> None:
    broker.says(answer(verdict(FOUND)))
    validator = ASTValidator(
        policy="strict", allowed_imports=["math"], forbidden_functions={"print", "open"},
        settings=broker.settings(),
    )
    (violation,) = validator.validate("x")
    assert (violation.severity, violation.message, violation.line_number) == ("high", "invalid syntax", 2)
    assert violation.to_dict()["hint"] == "h"
    assert broker.last.body == {
        "code": "x", "policy": "strict", "sandbox_config": {"allowed_imports": ["math"]},
        "forbidden_functions": ["open", "print"],
    }


def test_output(broker: FakeBroker) -> None:
    found = {"type": "sensitive_data", "rule": "r"}
    broker.says(
        answer({"is_valid": False, "sanitized_output": "[REDACTED]", "violations": [found], "was_redacted": True}),
        answer({"is_valid": True, "sanitized_output": "aé", "violations": [], "was_redacted": False}),
    )
    result = OutputValidator(redact=True, settings=broker.settings()).validate("secret")
    assert (result.is_valid, result.sanitized_output, result.violations) == (False, "[REDACTED]", [found])
    result = OutputValidator(False, max_output_bytes=4, settings=broker.settings()).validate("aéé")
    assert broker.last.body == {"text": "aé", "redact": False}
    assert not result.is_valid and [v["type"] for v in result.violations] == ["excessive_output"]


def test_a_validator_without_a_broker_has_no_verdict(broker: FakeBroker) -> None:
    broker.says(answer({"error_type": "NotFoundError", "message": "no such path", "details": {}}, 404))
    with pytest.raises(sallyport.RequestRefusedError):
        OutputValidator(settings=broker.settings()).validate("x")
