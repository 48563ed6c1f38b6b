"""From a job of a broker to a row of a Django project's database, by the webhook view."""

import contextlib
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from harness import Broker, wait_until
from server import Server, python, with_client

SECRET = "a secret that nobody guesses, of some length"
DJANGO = ["-m", "django"]


class Webhook(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "secret").write_text(SECRET + "\n", encoding="ascii")
        self.database = self.folder / "db.sqlite3"

    def site(self, secret=SECRET):
        variables = {"DJANGO_SETTINGS_MODULE": "hook_project", "HOOK_DATABASE": str(self.database), "HOOK_SECRET": secret}
        subprocess.run([python(), "-B", *DJANGO, "migrate", "-v0"], env=with_client(variables), check=True, timeout=120)
        server = Server(DJANGO, variables, "/hooks/sallyport/")
        self.addCleanup(server.close)
        return server.url + "/hooks/sallyport/"

    def broker(self):
        return Broker(webhooks={"enabled": True, "secret_file": str(self.folder / "secret"), "allow_http": True,
                                "allowed_networks": "127.0.0.1/32", "first_retry_seconds": 0.3, "max_attempts": 2})

    def job(self, broker, url, code):
        status, _, body = broker.post({"code": code, "mode": "async", "callback_url": url, "user_id": 7})
        self.assertEqual(status, 202, body)
        return body["id"]

    def rows(self):
        with contextlib.closing(sqlite3.connect(self.database)) as database:
            return database.execute("SELECT execution_id, user_id, success, error_type, stdout"
                                    " FROM sallyport_history_execution ORDER BY id").fetchall()

    def test_jobs_become_rows(self):
        url = self.site()
        with self.broker() as broker:
            good = self.job(broker, url, "print(6 * 7)")
            self.assertTrue(wait_until(lambda: len(self.rows()) == 1, 60))
            bad = self.job(broker, url, "import os")
            self.assertTrue(wait_until(lambda: len(self.rows()) == 2, 60))
            self.assertEqual(self.rows(), [(good, "7", 1, "", "42\n"), (bad, "7", 0, "ValidationError", "")])
            self.assertEqual([line for line in broker.log_lines() if line["event"] == "webhook_dead"], [])

    def test_what_another_secret_signed_is_refused(self):
        url = self.site("a secret of somebody else, also long")
        with self.broker() as broker:
            self.job(broker, url, "print(1)")
            self.assertTrue(wait_until(lambda: any("the receiver answered 400" in line["message"]
                                                   for line in broker.log_lines() if line["event"] == "webhook_dead"), 60))
        self.assertEqual(self.rows(), [])


if __name__ == "__main__":
    unittest.main()
