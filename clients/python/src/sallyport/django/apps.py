from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.core.signals import setting_changed


class SallyportConfig(AppConfig):
    name = "sallyport.django"
    label = "sallyport"
    verbose_name = "Sallyport"

    def ready(self) -> None:
        from .checks import check_settings, check_webhook

        checks.register(check_settings)
        checks.register(check_webhook, checks.Tags.urls)
        setting_changed.connect(_setting_changed, dispatch_uid="sallyport.django")
        _configure()


def _configure() -> None:
    """Executors and validators that are made without this app find the broker of SALLYPORT too."""
    from ..settings import configure
    from . import conf

    if not conf.mistakes():  # Those are for the system checks to tell.
        configure(conf.client_settings())


def _setting_changed(*, setting: str, **_: Any) -> None:
    if setting == "SALLYPORT":
        _configure()
