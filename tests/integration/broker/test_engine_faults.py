"""The engine hangs, is stopped, frozen, or has broken runtimes. It is a dockerd of the test's own."""

import json
import signal
import time
import unittest

from harness import (NO_DOORS, Broker, PrivateEngine, in_background, recorded_digest, wait_until)


class EngineFaults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = PrivateEngine()
        try:
            cls.engine.take_image(recorded_digest())
        except BaseException:
            cls.engine.close()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.engine.close()

    def broker(self, **sections):
        sections.setdefault("engine", {}).update(socket=self.engine.socket)
        return Broker(engine_socket=self.engine.socket, **sections)

    def test_1_it_works_at_all(self):
        with self.broker() as broker:
            self.assertEqual(broker.run("print('hello')")["stdout"], "hello\n")

    def test_2_a_runtime_that_never_starts_blocks_nobody(self):
        with self.broker(runner={"runtime": "hangs"},
                         engine={"start_timeout_seconds": 2, "remove_timeout_seconds": 2},
                         admission={"max_concurrent": 2}) as broker:
            replies = [in_background(broker.post, {"code": "1", **NO_DOORS}) for _ in range(4)]
            time.sleep(0.5)
            begun = time.monotonic()
            self.assertEqual(broker.get("/healthz")[0], 200)
            self.assertLess(time.monotonic() - begun, 1)
            for reply in replies:
                status, headers, error = reply(60)
                self.assertEqual(status, 503, error)
                self.assertEqual(error["error_type"], "SandboxError")
                self.assertIn("Retry-After", headers)

    def test_3_a_runtime_whose_binary_is_gone(self):
        with self.broker(runner={"runtime": "gone"}) as broker:
            status, _, error = broker.post({"code": "1", **NO_DOORS})
            self.assertEqual(status, 503, error)
            self.assertEqual(error["error_type"], "SandboxError")
            self.assertTrue(broker.containers_gone(10))

    def test_4_an_engine_that_is_stopped_and_started(self):
        with self.broker() as broker:
            self.assertEqual(broker.get("/readyz")[0], 200)
            running = in_background(broker.post, {"code": "import time\ntime.sleep(20)\n", **NO_DOORS})
            self.assertTrue(wait_until(lambda: any(c["State"] == "running" for c in broker.containers()), 10))
            self.engine.stop()
            status, _, body = running()
            self.assertTrue(status == 503 or not body["success"], body)

            status, headers, error = broker.post({"code": "1", **NO_DOORS})
            self.assertEqual(status, 503, error)
            self.assertIn("Retry-After", headers)
            self.assertTrue(wait_until(lambda: broker.get("/readyz")[0] == 503, 10))
            self.assertEqual(broker.get("/healthz")[0], 200)

            self.engine.start()
            self.assertTrue(wait_until(lambda: broker.get("/readyz")[0] == 200, 30))
            self.assertEqual(broker.run("print('back')")["stdout"], "back\n")

    def test_5_an_engine_that_is_frozen(self):
        with self.broker(engine={"call_timeout_seconds": 2, "start_timeout_seconds": 2}) as broker:
            self.engine.process.send_signal(signal.SIGSTOP)
            try:
                begun = time.monotonic()
                status, _, error = broker.post({"code": "1", **NO_DOORS})
                self.assertEqual(status, 503, error)
                self.assertLess(time.monotonic() - begun, 20)
                self.assertEqual(broker.get("/readyz")[0], 503)
                self.assertEqual(broker.get("/healthz")[0], 200)
            finally:
                self.engine.process.send_signal(signal.SIGCONT)
            self.assertTrue(wait_until(lambda: broker.get("/readyz")[0] == 200, 30))
            self.assertEqual(broker.run("print('back')")["stdout"], "back\n")

    def test_6_a_broker_that_starts_without_an_engine_serves_when_it_comes(self):
        self.engine.stop()
        broker = self.broker()
        try:
            broker.start()
            self.assertEqual(broker.get("/readyz")[0], 503)
            self.engine.start()
            self.assertTrue(wait_until(lambda: broker.get("/readyz")[0] == 200, 30))
            self.assertEqual(broker.run("print(1)")["stdout"], "1\n")
        finally:
            broker.__exit__()

    def test_7_an_image_that_was_removed(self):
        with self.broker() as broker:
            digest = recorded_digest()
            status, _ = broker.engine.call("DELETE", f"/images/{digest}?force=1")
            self.assertEqual(status, 200)
            try:
                status, _, error = broker.post({"code": "1", **NO_DOORS})
                self.assertEqual(status, 503, error)
                self.assertIn("image", json.dumps(error))
            finally:
                self.engine.take_image(digest)


if __name__ == "__main__":
    unittest.main()
