"""An engine that is stopped, frozen or full while clients submit. It is a dockerd of the test's own.

Each time: every answer is the right one or an honest refusal, /readyz tells, and it serves again by itself.
"""

import contextlib
import os
import signal
import time
import unittest

from harness import NO_DOORS, Broker, PrivateEngine, in_background, processes_with, recorded_digest, wait_until
from load import Load

# Short, so that a fault outlasts them several times.
TIMEOUTS = {"call_timeout_seconds": 2, "start_timeout_seconds": 4, "remove_timeout_seconds": 4}
FROZEN_SECONDS = float(os.environ.get("SALLYPORT_TEST_FROZEN_SECONDS", "9"))
STOPPED_SECONDS = 3


class FaultTestCase(unittest.TestCase):
    engine_options = {}

    @classmethod
    def setUpClass(cls):
        cls.engine = PrivateEngine(**cls.engine_options)
        cls.addClassCleanup(cls.engine.close)
        cls.engine.take_image(recorded_digest())

    def setUp(self):
        # A sweep finds what a removal could not remove, and comes once a minute: not what these tests wait for.
        self.broker = Broker(engine_socket=self.engine.socket, engine=dict(TIMEOUTS),
                             admission={"max_concurrent": 3, "max_queued": 32, "queue_timeout_seconds": 10})
        self.broker.start()
        self.addCleanup(self.broker.__exit__)
        self.assertEqual(self.broker.run("print('first')")["stdout"], "first\n")

    def assert_ready(self, status, seconds=20):
        self.assertTrue(wait_until(lambda: self.broker.get("/readyz")[0] == status, seconds, 0.2),
                        f"/readyz did not become {status}")
        self.assertEqual(self.broker.get("/healthz")[0], 200)

    def assert_served_again(self, load, seconds=40):
        since = time.monotonic()
        self.assertTrue(wait_until(lambda: load.served_since(since) >= 5, seconds), load.summary())

    def assert_truthful(self, load):
        self.assertEqual(load.untruthful(), [])
        print("\n" + load.summary())

    def assert_nothing_leaks(self, descriptors):
        """The removals that failed are the sweep's; at the latest the broker's next start finds them."""
        self.broker.stop()
        self.broker.start()
        self.assertTrue(self.broker.containers_gone(30), self.broker.containers())
        self.assertEqual(self.broker.run("print('last')")["stdout"], "last\n")
        self.assertLess(descriptors, 60)

    def settled_descriptors(self):
        """Once nothing runs any more."""
        self.assertTrue(wait_until(lambda: self.broker.get("/readyz")[1].get("running") == 0, 30))
        wait_until(lambda: self.broker.descriptors() < 40, 15, 0.5)
        return self.broker.descriptors()


class EngineUnderLoad(FaultTestCase):
    def test_stopped_and_started(self):
        with Load(self.broker, seconds=0.3) as load:
            self.assertTrue(wait_until(lambda: len(load.answers) >= 6, 30))
            self.engine.stop()
            self.assert_ready(503)
            time.sleep(STOPPED_SECONDS)
            self.engine.start()
            self.assert_ready(200)
            self.assert_served_again(load)
        self.assert_truthful(load)
        self.assert_nothing_leaks(self.settled_descriptors())

    def test_frozen(self):
        with Load(self.broker) as load:
            self.assertTrue(wait_until(lambda: len(load.answers) >= 6, 30))
            frozen = time.monotonic()
            self.engine.process.send_signal(signal.SIGSTOP)
            try:
                self.assert_ready(503)
                time.sleep(FROZEN_SECONDS)
                self.assert_ready(503, 0)
                answered = [answer for answer in load.answers if answer[5] > frozen + 8]
            finally:
                self.engine.process.send_signal(signal.SIGCONT)
            self.assert_ready(200)
            self.assert_served_again(load)
        self.assert_truthful(load)
        # They were not held up by it for longer than the calls' own deadlines, one after the other, and the queue's.
        self.assertTrue(answered, "nobody was answered while the engine was frozen")
        self.assertLess(max(answer[4] for answer in load.answers), 45)
        self.assert_nothing_leaks(self.settled_descriptors())

    def test_image_removed_and_back(self):
        digest = recorded_digest()
        with Load(self.broker, clients=1, pause=0.5) as load:
            self.assertTrue(wait_until(lambda: len(load.answers) >= 3, 30))
            # As long as a container runs with it the engine refuses, forced or not.
            removed = wait_until(lambda: self.broker.engine.call("DELETE", f"/images/{digest}?force=1")[0] == 200, 30)
            try:
                self.assertTrue(removed)
                self.assert_ready(503)
                self.assertIn("images build", self.broker.get("/readyz")[1]["message"])
            finally:
                self.engine.take_image(digest)
            self.assert_ready(200)
            self.assert_served_again(load)
        self.assert_truthful(load)
        self.assert_nothing_leaks(self.settled_descriptors())

    # --- One sandbox

    def start_sleeper(self):
        """A running submission that has printed something, as (result function, container id)."""
        result = in_background(self.broker.post, {"code": "print('begun', flush=True)\nimport time\ntime.sleep(30)\n",
                                                  "sandbox_config": {"timeout_seconds": 60}, **NO_DOORS})
        # The one that works: with a pool there are others, which wait.
        busy = lambda: self.broker.get("/readyz")[1].get("running") == 1
        self.assertTrue(wait_until(busy, 20))
        self.assertTrue(wait_until(lambda: self.broker.containers(), 20))
        time.sleep(1.5)
        return result, [each["Id"] for each in self.broker.containers()]

    def assert_told_of_the_loss(self, result, seconds=30):
        begun = time.monotonic()
        status, headers, body = result(60)
        self.assertLess(time.monotonic() - begun, seconds)
        if status == 503:
            self.assertEqual(body["error_type"], "SandboxError")
            self.assertIn("Retry-After", headers)
        else:
            self.assertEqual(status, 200, body)
            self.assertFalse(body["success"], body)
            self.assertIn(body["error_type"], ("SandboxError", "SystemError"))
        self.assertEqual(self.broker.run("print('next')")["stdout"], "next\n")
        self.assertEqual(self.broker.get("/readyz")[0], 200)

    def kill_of(self, containers, kind):
        """Kills the processes of that kind of these containers; gives how many."""
        killed = 0
        for container in containers:
            for pid in processes_with(container):
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # It has ended meanwhile.
                    with open(f"/proc/{pid}/cmdline", "rb") as file:
                        command = file.read().split(b"\0")
                    if kind in command[0]:
                        os.kill(pid, signal.SIGKILL)
                        killed += 1
        return killed

    def test_sandbox_process_killed(self):
        result, containers = self.start_sleeper()
        self.assertGreaterEqual(self.kill_of(containers, b"runsc-sandbox"), 1)
        self.assert_told_of_the_loss(result)
        self.assert_nothing_leaks(self.settled_descriptors())

    def test_gofer_killed(self):
        result, containers = self.start_sleeper()
        self.assertGreaterEqual(self.kill_of(containers, b"runsc-gofer"), 1)
        self.assert_told_of_the_loss(result)
        self.assert_nothing_leaks(self.settled_descriptors())

    def test_shim_killed(self):
        result, containers = self.start_sleeper()
        self.assertGreaterEqual(self.kill_of(containers, b"containerd-shim"), 1)
        self.assert_told_of_the_loss(result)
        self.assert_nothing_leaks(self.settled_descriptors())
        left = [pid for container in containers for pid in processes_with(container)]
        self.assertEqual(left, [])


class FullDisk(FaultTestCase):
    engine_options = {"disk_mb": 512}

    def test_full_and_free_again(self):
        filler = f"{self.engine.folder}/data/filler"
        with Load(self.broker, clients=3) as load:
            self.assertTrue(wait_until(lambda: len(load.answers) >= 3, 30))
            try:
                with open(filler, "wb", buffering=0) as file:
                    while True:
                        file.write(bytes(65536))
            except OSError:
                pass  # Full.
            since = time.monotonic()
            self.assertTrue(wait_until(lambda: any(answer[1] == 503 and answer[5] > since for answer in load.answers), 30),
                            load.summary())
            self.assertEqual(self.broker.get("/healthz")[0], 200)
            os.unlink(filler)
            self.assert_ready(200)
            self.assert_served_again(load)
        self.assert_truthful(load)
        self.assert_nothing_leaks(self.settled_descriptors())


if __name__ == "__main__":
    unittest.main()
