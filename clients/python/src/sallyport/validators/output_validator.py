"""Whether a text may go out, and what of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from .. import _protocol as protocol
from .._execution import redaction_call
from ..settings import ClientSettings
from ._ask import ask

__all__ = ["OutputValidationResult", "OutputValidator"]


@dataclass(frozen=True)
class OutputValidationResult:
    #: False where a rule lets nothing of the text out, or it was too long. A text that was redacted is valid.
    is_valid: bool
    sanitized_output: str
    violations: List[Dict[str, Any]] = field(default_factory=list, hash=False)
    was_redacted: bool = False

    def to_dict(self) -> Dict[str, Any]:
        return dict(self.__dict__)


class OutputValidator:
    """With `redact` false, secrets are reported and left alone."""

    def __init__(
        self,
        redact: bool = True,
        max_output_bytes: int = 1_000_000,
        *,
        settings: Optional[ClientSettings] = None,
    ) -> None:
        self.redact = redact
        self.max_output_bytes = max_output_bytes
        self.settings = settings

    def validate(self, text: str) -> OutputValidationResult:
        """A longer text is cut at `max_output_bytes` of UTF-8 first, as the broker cuts streams."""
        data = text.encode("utf-8", "replace")
        excess = len(data) > self.max_output_bytes
        if excess:
            text = data[: self.max_output_bytes].decode("utf-8", "ignore")
        reply = ask(self.settings, redaction_call(text, self.redact), protocol.REDACTED)
        violations: List[Dict[str, Any]] = list(reply["violations"])
        if excess:
            violations.append(
                {
                    "type": "excessive_output",
                    "rule": "max_output_bytes",
                    "category": "size",
                    "severity": "medium",
                    "message": f"more than {self.max_output_bytes} bytes",
                    "count": 1,
                    "line": None,
                }
            )
        return OutputValidationResult(
            is_valid=bool(reply["is_valid"]) and not excess,
            sanitized_output=reply["sanitized_output"],
            violations=violations,
            was_redacted=bool(reply["was_redacted"]),
        )
