"""Whether a program is Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Optional

from .. import _protocol as protocol
from .._execution import validation_call
from ..settings import ClientSettings
from ._ask import ask

__all__ = ["SyntaxValidationResult", "SyntaxValidator"]


@dataclass(frozen=True)
class SyntaxValidationResult:
    is_valid: bool
    error_message: Optional[str] = None
    #: From 1; None where that Python names no place.
    line_number: Optional[int] = None
    column: Optional[int] = None
    #: The exception class, such as `IndentationError`.
    error_type: Optional[str] = None
    hint: Optional[str] = None
    #: The message with the line and a caret below it, as the interpreter prints it.
    display: Optional[str] = None

    def to_dict(self) -> Dict[str, Any]:
        return dict(self.__dict__)


class SyntaxValidator:
    """Asks for the Python of a runner image, not for the one that this process runs on."""

    def __init__(self, *, image: Optional[str] = None, settings: Optional[ClientSettings] = None) -> None:
        self.image = image
        self.settings = settings

    def validate(self, code: str) -> SyntaxValidationResult:
        request: Dict[str, Any] = {"code": code}
        if self.image:
            request["image"] = self.image
        # The policy is asked along: a broker may not let callers switch it off. It sees valid programs alone.
        reply = ask(self.settings, validation_call(request), protocol.VALIDATED)
        if reply["is_valid"]:
            return SyntaxValidationResult(True)
        for found in reply["validation_violations"]:
            if found["type"] == "syntax" and found["severity"] != "low":  # Low ones are warnings.
                return SyntaxValidationResult(
                    False,
                    error_message=found["message"],
                    line_number=found["line"],
                    column=found["column"],
                    error_type=found["rule"],
                    hint=found["hint"],
                    display=reply["error_message"],
                )
        return SyntaxValidationResult(True)
