"""`manage.py sallyport_doctor`: whether executions would work from here, and what to do if not."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ... import conf
from ...executor import get_executor
from .... import _http
from .... import _protocol as protocol
from ....exceptions import CodeExecutionError


class Command(BaseCommand):
    help = "Checks the settings, asks the broker whether it is ready, and runs a program of one line."
    requires_system_checks: Any = []  # It says the same mistakes itself.

    def handle(self, *args: Any, **options: Any) -> None:
        mistakes = conf.mistakes()
        for message, hint in mistakes:
            self.stdout.write(f"settings   {message} {hint}")
        if mistakes:
            raise CommandError("Correct the settings first.")
        settings = conf.client_settings()
        self.stdout.write(f"settings   fine; the broker is {settings.base_url}")
        try:
            begin = time.monotonic()
            self._ask("/healthz")
            self.stdout.write(f"broker     answers in {(time.monotonic() - begin) * 1000:.1f} ms")
            self._ask("/readyz")
            self.stdout.write("readiness  engine, runtime and image are there")
            result = get_executor(raise_on_failure=True, log_executions=True).execute("print(6 * 7)")
        except CodeExecutionError as error:
            raise CommandError(f"{error.message}\n{_advice(error)}".rstrip()) from error
        if result.stdout != "42\n":
            raise CommandError(f"The program of one line printed {result.stdout!r} in place of '42'.")
        seconds = result.total_time_seconds or 0.0
        self.stdout.write(f"execution  fine, {seconds * 1000:.0f} ms in the broker")
        self.stdout.write(self.style.SUCCESS("Everything works."))

    def _ask(self, path: str) -> None:
        settings = conf.client_settings()
        call = protocol.Call("GET", path, None, 20.0, repeatable=True)
        protocol.decode(settings, _http.shared(settings).send(call), ("status",))


def _advice(error: CodeExecutionError) -> str:
    if error.details.get("sent") is False and "status" not in error.details:
        return "Is the broker running, and is BASE_URL its address? On its machine, `sallyport doctor` says more."
    if error.details.get("status") == 503:
        return "On the broker's machine, `sallyport doctor` says what is missing."
    if error.details.get("status") in (401, 403):
        return "Check API_KEY, and what the operator lets this key switch off."
    return ""
