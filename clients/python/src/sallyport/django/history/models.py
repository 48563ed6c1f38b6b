from __future__ import annotations

from django.db import models


class Execution(models.Model):
    """One execution. The user is kept as text, as the broker's records have it: rows outlive accounts."""

    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    execution_id = models.CharField(max_length=64, blank=True, db_index=True)
    user_id = models.CharField(max_length=255, blank=True, db_index=True)
    code = models.TextField(blank=True)
    success = models.BooleanField()
    error_type = models.CharField(max_length=255, blank=True)
    error_message = models.TextField(blank=True)
    stdout = models.TextField(blank=True)
    stderr = models.TextField(blank=True)
    validation_violations = models.JSONField(default=list, blank=True)
    output_violations = models.JSONField(default=list, blank=True)
    was_output_redacted = models.BooleanField(default=False)
    execution_time_seconds = models.FloatField(null=True, blank=True)
    total_time_seconds = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.execution_id or 'not served'}: {'success' if self.success else self.error_type}"
