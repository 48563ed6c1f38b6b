"""API keys as operators and clients meet them."""

import concurrent.futures
import http.client
import json
import os
import shutil
import subprocess
import time
import unittest

from harness import BINARY, Broker, NO_DOORS, wait_until

ALL_SWITCHES = ("enable_syntax_validation,enable_ast_validation,enable_output_validation,"
                "redact_sensitive_output,log_executions")


class KeyTestCase(unittest.TestCase):
    """A broker and `sallyport keys` over one configuration."""

    sections = {}

    def setUp(self):
        self.broker = Broker(**self.sections)
        self.addCleanup(shutil.rmtree, self.broker.folder, ignore_errors=True)
        self.addCleanup(self.broker.stop)

    def keys(self, *arguments, succeeds=True):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SALLYPORT_")}
        done = subprocess.run([BINARY, "--config", self.broker.config_file, "keys", *arguments], check=False,
                              capture_output=True, text=True, env=environment, timeout=30)
        self.assertEqual(done.returncode == 0, succeeds, done)
        return done.stdout.strip() if succeeds else done.stderr.strip()

    def refused(self, reason):
        with self.assertRaisesRegex(AssertionError, reason):
            self.broker.start()
        self.broker.stop()

    def ask(self, key=None, path="/v1/executions", method="POST", body=None, headers=None):
        """(status, headers, body as JSON or text)"""
        connection = self.broker.connect()
        try:
            sent = dict(headers or {})
            data = None
            if method == "POST":
                data = json.dumps(body if body is not None else {"code": "print(6*7)", **NO_DOORS})
                sent["Content-Type"] = "application/json"
            if key is not None:
                sent["Authorization"] = "Bearer " + key
            connection.request(method, path, data, sent)
            response = connection.getresponse()
            text = response.read().decode()
            is_json = response.headers["Content-Type"] == "application/json"
            return response.status, response.headers, json.loads(text) if is_json else text
        finally:
            connection.close()

    def status(self, *arguments, **keywords):
        return self.ask(*arguments, **keywords)[0]


class WithoutKeys(KeyTestCase):
    def test_one_loud_line_and_nobody_needs_one(self):
        self.broker.start()
        self.assertEqual(self.status(), 200)
        self.assertEqual(self.status(path="/metrics", method="GET"), 200)
        lines = [line for line in self.broker.log_lines() if line["event"] == "no_keys"]
        self.assertEqual(len(lines), 1)
        self.assertEqual(lines[0]["level"], "warning")

    def test_the_first_key_closes_the_door_without_a_restart(self):
        self.broker.start()
        self.assertEqual(self.status(), 200)
        key = self.keys("create", "first", "--may-switch-off", ALL_SWITCHES)
        self.assertTrue(wait_until(lambda: self.status() == 401, 2))
        self.assertEqual(self.status(key), 200)
        self.assertEqual(self.status(path="/healthz", method="GET"), 200)
        self.assertEqual(self.status(path="/readyz", method="GET"), 200)


class Required(KeyTestCase):
    sections = {"keys": {"required": True}}

    def test_without_any_key_nobody_is_served(self):
        self.broker.start()
        status, headers, body = self.ask()
        self.assertEqual(status, 401)
        self.assertTrue(headers["WWW-Authenticate"].startswith("Bearer"))
        self.assertEqual(body["error_type"], "AuthenticationError")
        self.assertEqual([line for line in self.broker.log_lines() if line["event"] == "no_keys"], [])


class Elsewhere(KeyTestCase):
    sections = {"server": {"address": "0.0.0.0", "behind_tls_proxy": True}}

    def test_another_address_needs_a_key_that_counts(self):
        self.refused("sallyport keys create NAME")
        self.keys("create", "a", "--expires", "1s")
        time.sleep(1.1)
        self.refused("no API key that could be used")
        key = self.keys("create", "b", "--may-switch-off", ALL_SWITCHES)
        self.broker.start()
        self.assertEqual(self.status(), 401)
        self.assertEqual(self.status(key), 200)

    def test_another_address_needs_tls(self):
        del self.broker.config["server"]["behind_tls_proxy"]
        with open(self.broker.config_file, "w", encoding="utf-8") as file:
            json.dump(self.broker.config, file)
        self.refused("server.behind_tls_proxy")


class Lifecycle(KeyTestCase):
    def test_revocation_counts_within_two_seconds(self):
        key = self.keys("create", "a", "--may-switch-off", ALL_SWITCHES)
        other = self.keys("create", "b", "--may-switch-off", ALL_SWITCHES)
        self.broker.start()
        self.assertEqual(self.status(key), 200)
        self.keys("revoke", "a")
        began = time.monotonic()
        self.assertTrue(wait_until(lambda: self.status(key) == 401, 2))
        self.assertLess(time.monotonic() - began, 2)
        _, _, body = self.ask(key)
        self.assertEqual(body["details"]["reason"], "revoked")
        self.assertEqual(self.status(other), 200)

    def test_rotation_with_overlap(self):
        first = self.keys("create", "a", "--may-switch-off", ALL_SWITCHES)
        self.broker.start()
        second = self.keys("rotate", "a", "--overlap", "3s")
        self.assertTrue(wait_until(lambda: self.status(second) == 200, 2))
        self.assertEqual(self.status(first), 200)
        self.assertTrue(wait_until(lambda: self.status(first) == 401, 5))
        self.assertEqual(self.status(second), 200)

    def test_expiry(self):
        key = self.keys("create", "a", "--expires", "2s", "--may-switch-off", ALL_SWITCHES)
        self.broker.start()
        self.assertEqual(self.status(key), 200)
        self.assertTrue(wait_until(lambda: self.status(key) == 401, 5))

    def test_what_the_command_shows(self):
        key = self.keys("create", "django app", "--scope", "execute,read", "--ceiling", "max_memory_mb=256",
                        "--policy", "strict,default", "--rate", "60", "--quota", "1000", "--weight", "2",
                        "--may-call-back")
        self.assertRegex(key, r"\Asp_[0-9a-f]{8}_[0-9a-f]{64}\Z")
        listed = self.keys("list")
        self.assertIn("django app", listed)
        self.assertIn(key[:11], listed)
        self.assertIn("active", listed)
        shown = json.loads(self.keys("show", "django app"))
        self.assertEqual(shown["scopes"], ["execute", "read"])
        self.assertEqual(shown["ceilings"], {"max_memory_mb": 256})
        self.assertEqual(shown["policies"], ["strict", "default"])
        self.assertEqual(shown["may_switch_off"], [])
        self.assertTrue(shown["may_call_back"])
        self.assertEqual(json.loads(self.keys("list", "--json"))[0]["id"], shown["id"])
        path = f"{self.broker.folder}/keys.json"
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        with open(path, encoding="utf-8") as file:
            self.assertNotIn(key[12:], file.read())
        self.keys("revoke", key[:11])
        self.assertIn("revoked", self.keys("list"))
        again = json.loads(self.keys("create", "django app", "--json"))
        self.assertRegex(again["key"], r"\Asp_")

    def test_slips_are_explained(self):
        self.assertIn('did you mean "execute"?', self.keys("create", "a", "--scope", "execut", succeeds=False))
        self.assertIn("max_memory_mb", self.keys("create", "a", "--ceiling", "max_memory=1", succeeds=False))
        self.assertIn("not a number", self.keys("create", "a", "--ceiling", "cpus=many", succeeds=False))
        self.assertIn("enable_ast_validation",
                      self.keys("create", "a", "--may-switch-off", "enable_ast", succeeds=False))
        self.assertIn("90d", self.keys("create", "a", "--expires", "soon", succeeds=False))
        self.assertIn("keys list", self.keys("revoke", "nobody", succeeds=False))
        self.keys("create", "a")
        self.assertIn("already", self.keys("create", "a", succeeds=False))

    def test_commands_at_the_same_time_lose_nothing(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda i: self.keys("create", f"key {i}"), range(24)))
        self.assertEqual(len(json.loads(self.keys("list", "--json"))), 24)

    def test_a_file_that_others_may_read_is_refused(self):
        self.keys("create", "a")
        os.chmod(f"{self.broker.folder}/keys.json", 0o644)
        self.refused("chmod 600")


class Permissions(KeyTestCase):
    def setUp(self):
        super().setUp()
        self.all = self.keys("create", "all", "--scope", "execute,validate,read,metrics,admin",
                             "--may-switch-off", ALL_SWITCHES)

    def test_scopes(self):
        execute = self.keys("create", "x", "--scope", "execute", "--may-switch-off", ALL_SWITCHES)
        validate = self.keys("create", "v", "--scope", "validate")
        metrics = self.keys("create", "m", "--scope", "metrics")
        self.broker.start()
        text = {"text": "harmless"}
        wanted = {
            execute: (200, 403, 403, 403),
            validate: (403, 200, 200, 403),
            metrics: (403, 403, 403, 200),
            self.all: (200, 200, 200, 200),
        }
        for key, statuses in wanted.items():
            got = (self.status(key), self.status(key, "/v1/validate", body={"code": "1"}),
                   self.status(key, "/v1/redact", body=text), self.status(key, "/metrics", "GET"))
            self.assertEqual(got, statuses)
        _, headers, body = self.ask(metrics)
        self.assertEqual(body["details"]["scope"], "execute")
        self.assertIn("insufficient_scope", headers["WWW-Authenticate"])

    def test_ceilings_and_switches(self):
        key = self.keys("create", "small", "--ceiling", "max_memory_mb=128", "--ceiling", "timeout_seconds=5",
                        "--policy", "strict")
        self.broker.start()
        status, _, reply = self.ask(key, body={"code": "print(1)"})
        self.assertEqual((status, reply["stdout"]), (200, "1\n"))
        status, _, reply = self.ask(key, body={"code": "1", "sandbox_config": {"max_memory_mb": 256}})
        self.assertEqual((status, reply["details"]["ceiling"]), (422, 128))
        status, _, reply = self.ask(key)
        self.assertEqual((status, reply["details"]["field"]), (403, "enable_ast_validation"))
        self.assertEqual(self.status(key, body={"code": "1", "policy": "trusted"}), 422)
        _, _, reply = self.ask(key, "/v1/validate", body={"code": "def f(x, name):\n    return getattr(x, name)"})
        self.assertFalse(reply["is_valid"])  # What only `strict` blocks.

    def test_rate_and_quota(self):
        slow = self.keys("create", "slow", "--rate", "1", "--burst", "2")
        few = self.keys("create", "few", "--quota", "2")
        self.broker.start()
        for key, reason in ((slow, "key_rate"), (few, "key_quota")):
            for _ in range(2):
                self.assertEqual(self.status(key, "/v1/validate", body={"code": "1"}), 200)
            status, headers, body = self.ask(key, "/v1/validate", body={"code": "1"})
            self.assertEqual((status, body["details"]["reason"]), (429, reason))
            self.assertGreater(int(headers["Retry-After"]), 1)
        self.assertEqual(self.status(self.all, "/v1/validate", body={"code": "1"}), 200)
        # A rate begins anew with the broker, a quota does not.
        self.broker.stop()
        self.broker.start()
        self.assertEqual(self.status(slow, "/v1/validate", body={"code": "1"}), 200)
        self.assertTrue(wait_until(lambda: self.status(few, "/v1/validate", body={"code": "1"}) == 429, 5))
        self.broker.kill()
        self.broker.start()
        self.assertTrue(wait_until(lambda: self.status(few, "/v1/validate", body={"code": "1"}) == 429, 5))

    def test_guesses_are_held_off_logged_without_the_secret_and_counted(self):
        self.broker.start()
        guess = self.all[:12] + "0" * 64
        statuses = [self.status(guess) for _ in range(40)]
        self.assertEqual(statuses[:30], [401] * 30)
        self.assertIn(429, statuses)
        self.assertEqual(self.status(self.all), 200)
        lines = [line for line in self.broker.log_lines() if line["event"] == "authentication_failed"]
        self.assertGreaterEqual(len(lines), 30)
        self.assertIn(self.all[:11], lines[0]["message"])
        with open(f"{self.broker.folder}/broker.log", encoding="utf-8") as file:
            text = file.read()
        self.assertNotIn(guess, text)
        self.assertNotIn(self.all[12:], text)
        _, _, metrics = self.ask(self.all, "/metrics", "GET")
        self.assertIn('sallyport_authentication_failures_total{reason="unknown"} 3', metrics)

    def test_a_body_is_not_read_for_who_may_not_send_it(self):
        self.broker.start()
        connection = http.client.HTTPConnection("127.0.0.1", self.broker.port, timeout=10)
        try:
            connection.putrequest("POST", "/v1/executions")
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", "10000000")
            connection.endheaders()
            self.assertEqual(connection.getresponse().status, 401)
        finally:
            connection.close()

    def test_x_api_key(self):
        self.broker.start()
        self.assertEqual(self.status(headers={"X-Api-Key": self.all}), 200)


if __name__ == "__main__":
    unittest.main()
