"""Django projects, served by `runserver` of the Django that the client is tested with."""

import os
import pathlib
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request

from environment import environment
from harness import wait_until

CLIENT = pathlib.Path(__file__).resolve().parents[3] / "clients" / "python"
NEEDED = ("django", "asgiref", "sqlparse")


def python():
    """The interpreter of an environment that has Django."""
    pins = (CLIENT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    return environment("demo", [pin for pin in pins if pin.lower().split("==")[0] in NEEDED]) / "bin" / "python"


class Server:
    """`command` is what Django's command line is called by: `["manage.py"]`, or `["-m", "django"]`."""

    def __init__(self, command, variables, path="/"):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [python(), "-B", *command, "runserver", "--noreload", f"127.0.0.1:{port}"],
            env=with_client(variables), stdout=self._log, stderr=self._log)
        if not wait_until(lambda: self._process.poll() is not None or self._answers(path), 60):
            self._fail("the server does not answer")
        if self._process.poll() is not None:
            self._fail("the server ended")

    def _answers(self, path):
        try:
            with open_url(self.url + path):
                return True
        except urllib.error.HTTPError as error:
            error.close()
            return True
        except OSError:
            return False

    def _fail(self, what):
        self._log.seek(0)
        log = self._log.read()
        self.close()
        raise AssertionError(f"{what}: {log}")

    def close(self):
        self._process.terminate()
        self._process.wait(30)
        self._log.close()


def with_client(variables):
    """The environment of a process that imports the client from the source tree."""
    return {**os.environ, "PYTHONPATH": f"{CLIENT / 'src'}:{pathlib.Path(__file__).parent}", **variables}


def open_url(request, *handlers):
    """Without a proxy that the environment names."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), *handlers).open(request, timeout=60)
