"""Clients that keep a broker busy while something is done to it, and a check of all that they were told."""

import json
import threading
import time

from harness import NO_DOORS

# What a submission may be told that was accepted and could not be finished: by no fault of its own.
NOT_SERVED = {"SandboxError", "UnavailableError"}


class Load:
    """`clients` that submit small programs one after the other, each with an answer of its own, until told to stop."""

    def __init__(self, broker, clients=6, seconds=0.05, pause=0.02):
        self.broker = broker
        self.answers = []  # (number, status, headers, body, seconds it took, when it came)
        self.failures = []  # Clients that got no answer at all.
        self._seconds, self._pause = seconds, pause
        self._stop = threading.Event()
        self._numbers = iter(range(1_000_000))
        self._threads = [threading.Thread(target=self._submit_on_and_on, daemon=True) for _ in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(180)
            assert not thread.is_alive(), "a client waits for its answer"

    def _submit_on_and_on(self):
        while not self._stop.is_set():
            number = next(self._numbers)
            code = f"import time\ntime.sleep({self._seconds})\nprint({number} * 3)"
            begun = time.monotonic()
            try:
                status, headers, body = self.broker.post({"code": code, **NO_DOORS})
            except Exception as error:  # Whatever it is, it is no answer.
                self.failures.append(repr(error))
                return
            now = time.monotonic()
            self.answers.append((number, status, headers, body, now - begun, now))
            time.sleep(self._pause if status == 200 else 0.1)

    def served_since(self, moment):
        return sum(1 for _, status, _, body, _, when in self.answers
                   if when > moment and status == 200 and body["success"])

    def untruthful(self):
        """Answers that are neither the right one nor an honest refusal."""
        return self.failures + [answer for answer in self.answers if not self._is_truthful(*answer[:4])]

    @staticmethod
    def _is_truthful(number, status, headers, body):
        if status == 200 and body["success"]:
            return body["stdout"] == f"{number * 3}\n" and body["error_type"] is None
        if status == 200:
            # Its sandbox was killed under it: what it had printed by then, and no claim that it was through.
            return body["error_type"] in NOT_SERVED | {"SystemError"} and body["stdout"] in ("", f"{number * 3}\n")
        return status in (429, 503) and body["error_type"] in NOT_SERVED and int(headers["Retry-After"]) >= 1

    def summary(self):
        kinds = {}
        for _, status, _, body, _, _ in self.answers:
            kind = f"{status} {body['error_type']}"
            kinds[kind] = kinds.get(kind, 0) + 1
        return json.dumps(kinds)
