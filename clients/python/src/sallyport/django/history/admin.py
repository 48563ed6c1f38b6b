from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from django.contrib import admin
from django.http import HttpRequest

from .models import Execution

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Execution]
else:
    Base = admin.ModelAdmin


@admin.register(Execution)
class ExecutionAdmin(Base):
    """To look at and to delete; what happened is not edited."""

    date_hierarchy = "created_at"
    list_display = ("created_at", "user_id", "success", "error_type", "total_time_seconds", "was_output_redacted")
    list_filter = ("success", "was_output_redacted", "error_type")
    search_fields = ("execution_id", "user_id", "error_message")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Optional[Any] = None) -> bool:
        return False
