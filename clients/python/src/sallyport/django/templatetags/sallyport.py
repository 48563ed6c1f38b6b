"""`{% load sallyport %}{% sallyport_result result %}` shows a result: output, violations, pictures, figures, and of a cell its
value and displays."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Union

from django import template

from sallyport.result import ExecutionResult

register = template.Library()

#: Shown as data in an <img>, where a browser runs no scripts, those of SVG included.
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")


@register.inclusion_tag("sallyport/result.html")
def sallyport_result(result: Union[ExecutionResult, Mapping[str, Any]]) -> Dict[str, Any]:
    """`result` is an `ExecutionResult` or a `CellResult`, or what its `to_dict()` gave, as Celery hands it back."""
    values = result.to_dict() if isinstance(result, ExecutionResult) else dict(result)
    artifacts: List[Mapping[str, Any]] = values.get("artifacts") or []
    pictures = [
        {**artifact, "url": f"data:{artifact['media_type']};base64,{artifact['content_base64']}"}
        for artifact in artifacts
        if artifact["media_type"] in _PICTURES
    ]
    files = [artifact for artifact in artifacts if artifact["media_type"] not in _PICTURES]
    return {"result": values, "displays": _displays(values), "pictures": pictures, "files": files}


def _displays(values: Mapping[str, Any]) -> List[Dict[str, str]]:
    """Each as a picture, or else as text: their HTML is the program's, and would be part of the page."""
    shown: List[Mapping[str, str]] = [*(values.get("displays") or ())]
    if values.get("value"):
        shown.append(values["value"])
    return [
        {
            "url": f"data:image/png;base64,{display['image/png']}" if "image/png" in display else "",
            "text": display.get("text/plain", ""),
        }
        for display in shown
    ]
