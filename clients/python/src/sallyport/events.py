"""What a run says while it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Optional

from .result import ExecutionResult

__all__ = ["StreamEvent"]


@dataclass(frozen=True)
class StreamEvent:
    """One event of a stream, as the broker sent it.

    `type` is "queued", "started", "stdout", "stderr", "violation", or last "result"; types of newer brokers come through
    as they are. `data` is the event's own; what it holds for which type, docs/api/streaming.md says.
    """

    type: str
    data: Mapping[str, Any]
    #: Counts from 1 without a gap.
    id: Optional[int] = None
    #: Of the event "result"; None for all others.
    result: Optional[ExecutionResult] = field(default=None, repr=False, compare=False)

    @property
    def text(self) -> str:
        """The output of "stdout" and "stderr"; empty for all others."""
        text = self.data.get("text") if self.type in ("stdout", "stderr") else None
        return text if isinstance(text, str) else ""
