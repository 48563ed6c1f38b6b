from __future__ import annotations

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "sallyport.django.history"
    label = "sallyport_history"
    verbose_name = "Sallyport history"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ..signals import execution_finished
        from .record import record_execution

        execution_finished.connect(record_execution, dispatch_uid="sallyport.django.history")
