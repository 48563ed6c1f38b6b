from __future__ import annotations

from django.apps import AppConfig
from django.core import checks


class SallyportConfig(AppConfig):
    name = "sallyport.django"
    label = "sallyport"
    verbose_name = "Sallyport"

    def ready(self) -> None:
        from .checks import check_settings

        checks.register(check_settings)
