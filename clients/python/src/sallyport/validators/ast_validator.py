"""Whether a program keeps to a policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Mapping, Optional

from .. import _protocol as protocol
from .._execution import validation_call
from ..settings import ClientSettings, current_settings
from ._ask import ask

__all__ = ["ASTValidator", "Violation"]


@dataclass(frozen=True)
class Violation:
    """One cause. Lines and columns count from 1, the end is exclusive; None where not known."""

    type: str
    severity: str
    message: str
    line_number: Optional[int] = None
    column: Optional[int] = None
    end_line_number: Optional[int] = None
    end_column: Optional[int] = None
    rule: Optional[str] = None
    hint: Optional[str] = None

    @classmethod
    def from_reply(cls, found: Mapping[str, Any]) -> "Violation":
        return cls(
            type=found["type"],
            severity=found["severity"],
            message=found["message"],
            line_number=found["line"],
            column=found["column"],
            end_line_number=found["end_line"],
            end_column=found["end_column"],
            rule=found["rule"],
            hint=found["hint"],
        )

    def to_dict(self) -> Dict[str, Any]:
        return dict(self.__dict__)


class ASTValidator:
    """The lists only take away from the policy, as in a request to the broker: `forbidden_functions` has builtins
    and functions with their module, `allowed_imports` the modules that remain."""

    def __init__(
        self,
        *,
        policy: Optional[str] = None,
        allowed_imports: Optional[Iterable[str]] = None,
        forbidden_functions: Optional[Iterable[str]] = None,
        forbidden_modules: Optional[Iterable[str]] = None,
        forbidden_attributes: Optional[Iterable[str]] = None,
        settings: Optional[ClientSettings] = None,
    ) -> None:
        self.policy = policy
        self.allowed_imports = protocol.names(allowed_imports)
        self.forbidden_functions = protocol.names(forbidden_functions)
        self.forbidden_modules = protocol.names(forbidden_modules)
        self.forbidden_attributes = protocol.names(forbidden_attributes)
        self.settings = settings

    def validate(self, code: str) -> List[Violation]:
        """In the order of the source, warnings too. A program that is not Python has one of type `syntax`."""
        request: Dict[str, Any] = {"code": code}
        policy = self.policy or (self.settings or current_settings()).policy
        if policy:
            request["policy"] = policy
        if self.allowed_imports is not None:
            request["sandbox_config"] = {"allowed_imports": self.allowed_imports}
        for name in protocol.FORBIDDEN:
            if getattr(self, name) is not None:
                request[name] = getattr(self, name)
        reply = ask(self.settings, validation_call(request), protocol.VALIDATED)
        return [Violation.from_reply(found) for found in reply["validation_violations"]]
