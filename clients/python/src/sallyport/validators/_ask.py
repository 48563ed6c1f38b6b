"""One question to the broker, for the validators."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence

from .. import _http
from .. import _protocol as protocol
from ..settings import ClientSettings, current_settings


def ask(settings: Optional[ClientSettings], call: protocol.Call, fields: Sequence[str]) -> Dict[str, Any]:
    """Raises `BrokerUnavailableError` or `RequestRefusedError`: a validator that cannot ask has no verdict."""
    chosen = settings or current_settings()
    return protocol.decode(chosen, _http.shared(chosen).send(call), fields)
