"""A headless Chromium that a test looks with."""

import os
import shutil
import subprocess

from selenium import webdriver
from selenium.webdriver.chrome.service import Service


def start_browser():
    """Says what is missing where Chromium or its driver is not there or does not start."""
    driver = shutil.which("chromedriver") or shutil.which("/snap/bin/chromium.chromedriver")
    if driver is None:
        raise AssertionError("chromedriver is missing: install chromium-driver (Debian) or chromium-chromedriver (Ubuntu)")
    works = subprocess.run([driver, "--version"], capture_output=True, text=True, timeout=120, check=False)
    if works.returncode != 0:
        # Ubuntu's packages stand for the snap, which needs a snapd that runs; in containers there is none.
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
