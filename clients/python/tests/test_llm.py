from __future__ import annotations

import json
from typing import Any, Dict, List, Tuple

import pytest

import sallyport
from fake_broker import FAILED, REPLY, FakeBroker, answer
from sallyport import CodeExecutor, execute_with_retry, llm

BAD: Dict[str, Any] = {**FAILED, "error_type": "NameError", "error_message": "no x", "exit_code": 1, "error_line": 2}


class Fix:
    def __init__(self) -> None:
        self.asked: List[Tuple[str, Dict[str, Any]]] = []

    def __call__(self, code: str, context: Dict[str, Any]) -> str:
        self.asked.append((code, context))
        return code + "+"


def test_it_stops_at_the_first_success(broker: FakeBroker) -> None:
    fix = Fix()
    broker.says(answer(BAD), answer(REPLY))
    result = execute_with_retry("a", fix, executor=CodeExecutor(settings=broker.settings()), context={"n": 1})
    assert result.success
    assert fix.asked == [
        ("a", {"error_type": "NameError", "error_message": "no x", "violations": [], "attempt": 1})
    ]
    assert [(r.body["code"], r.body["context"]) for r in broker.requests] == [("a", {"n": 1}), ("a+", {"n": 1})]


def test_it_gives_up_with_the_last_result(broker: FakeBroker) -> None:
    fix = Fix()
    broker.says(*[answer(BAD)] * 6)
    assert not execute_with_retry("a", fix, 3, executor=CodeExecutor(settings=broker.settings())).success
    assert len(broker.requests) == 3 and [context["attempt"] for _, context in fix.asked] == [1, 2]
    with pytest.raises(sallyport.CodeExecutionError):
        raising = CodeExecutor(settings=broker.settings(), raise_on_failure=True)
        execute_with_retry("a", fix, 3, executor=raising)
    assert len(broker.requests) == 6


def test_the_model_is_not_asked_about_the_broker(broker: FakeBroker) -> None:
    fix = Fix()
    broker.says(answer({"error_type": "UnavailableError", "message": "full", "details": {}}, 503))
    assert not execute_with_retry("a", fix, executor=CodeExecutor(settings=broker.settings())).was_served
    assert fix.asked == []
    with pytest.raises(ValueError):
        execute_with_retry("a", fix, 0)


def test_the_tool_in_both_forms() -> None:
    openai, anthropic = llm.openai_tool(), llm.anthropic_tool("python")
    assert openai["type"] == "function" and openai["function"]["name"] == "run_python"
    assert openai["function"]["parameters"] == anthropic["input_schema"]
    assert anthropic["name"] == "python" and anthropic["input_schema"]["required"] == ["code"]
    json.dumps([openai, anthropic])


def test_a_call_of_the_tool(broker: FakeBroker) -> None:
    executor = CodeExecutor(settings=broker.settings(), raise_on_failure=True)
    artifact = {"path": "a.png", "size": 2, "media_type": "image/png", "content_base64": "MTI="}
    broker.says(answer({**REPLY, "artifacts": [artifact], "was_output_redacted": True}), answer(BAD))
    reply = llm.run_tool_call({"code": "1"}, executor)
    assert reply["stdout"] == "42\n" and reply["files"] == [{"path": "a.png", "size": 2, "media_type": "image/png"}]
    assert "note" in reply
    assert llm.run_tool_call({"code": "1"}, executor) == {
        "success": False, "stdout": "", "error_type": "NameError", "error_message": "no x", "error_line": 2,
    }
    for wrong in ({}, {"code": 1}, {"code": "1", "language": "perl"}):
        assert llm.run_tool_call(wrong, executor)["success"] is False
    assert len(broker.requests) == 2
