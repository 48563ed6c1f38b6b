"""The demo's server, and a headless Chromium that looks at it."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import urllib.request

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from environment import environment
from harness import wait_until

SOURCE = pathlib.Path(__file__).resolve().parents[3]
CLIENT = SOURCE / "clients" / "python"
NAMES = ("django", "asgiref", "sqlparse")  # What Django needs, at the versions that the client is tested with.


class Server:
    """`manage.py runserver` of the demo, as its README has it."""

    def __init__(self, broker_url):
        pins = (CLIENT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
        folder = environment("demo", [pin for pin in pins if pin.lower().split("==")[0] in NAMES])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [folder / "bin" / "python", "-B", CLIENT / "demo" / "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
            env={**os.environ, "PYTHONPATH": str(CLIENT / "src"), "SALLYPORTCLIENT_URL": broker_url},
            stdout=self._log, stderr=self._log)
        if not wait_until(lambda: self._process.poll() is not None or self._answers(), 60):
            self.close()
            raise AssertionError("the demo does not answer: " + self.log())
        if self._process.poll() is not None:
            raise AssertionError("the demo ended: " + self.log())

    def _answers(self):
        try:
            with open_url(self.url) as answer:
                return answer.status == 200
        except OSError:
            return False

    def log(self):
        self._log.seek(0)
        return self._log.read()

    def close(self):
        self._process.terminate()
        self._process.wait(30)


def open_url(request, *handlers):
    """Without a proxy that the environment names."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), *handlers).open(request, timeout=60)


def start_browser():
    """Chromium, driven by chromedriver. Says what is missing where one of them is not there or does not start."""
    driver = shutil.which("chromedriver") or shutil.which("/snap/bin/chromium.chromedriver")
    if driver is None:
        raise AssertionError("chromedriver is missing: install chromium-driver (Debian) or chromium-chromedriver (Ubuntu)")
    works = subprocess.run([driver, "--version"], capture_output=True, text=True, timeout=120, check=False)
    if works.returncode != 0:
        # Ubuntu's packages are for the snap, which needs a snapd that runs; in containers there is none.
        raise AssertionError(f"{driver} does not start: {works.stdout}{works.stderr}\nOn Ubuntu: snap install chromium")
    os.environ["no_proxy"] = "localhost,127.0.0.1"
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", "--proxy-server=direct://", "--window-size=1400,1000"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's own sandbox does not start as root.
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(service=Service(driver), options=options)
    browser.set_page_load_timeout(120)
    browser.set_script_timeout(60)
    return browser
