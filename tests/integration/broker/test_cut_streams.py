"""Connections to the engine that break while a submission runs."""

import time
import unittest

from harness import ENGINE_SOCKET, NO_DOORS, Broker, in_background, wait_until
from proxy import EngineProxy
from load import Load

SLEEPER = {"code": "print('begun', flush=True)\nimport time\ntime.sleep(30)\n", **NO_DOORS}


class CutStreams(unittest.TestCase):
    def setUp(self):
        self.proxy = EngineProxy(ENGINE_SOCKET)
        self.addCleanup(self.proxy.close)
        self.broker = Broker(engine_socket=self.proxy.socket, admission={"max_concurrent": 3})
        self.broker.start()
        self.addCleanup(self.broker.__exit__)
        self.assertEqual(self.broker.run("print('first')")["stdout"], "first\n")

    def start(self, submission):
        result = in_background(self.broker.post, submission)
        self.assertTrue(wait_until(lambda: self.broker.get("/readyz")[1]["running"] == 1, 20))
        self.assertTrue(wait_until(lambda: any(c["State"] == "running" for c in self.broker.containers()), 20))
        time.sleep(1)
        return result

    def assert_well_again(self):
        self.assertTrue(self.broker.containers_gone(20), self.broker.containers())
        self.assertEqual(self.broker.run("print('next')")["stdout"], "next\n")
        self.assertEqual(self.broker.get("/readyz")[0], 200)
        self.assertLess(self.broker.descriptors(), 40)

    def test_the_attached_stream(self):
        result = self.start(SLEEPER)
        begun = time.monotonic()
        self.assertGreaterEqual(self.proxy.cut("/attach"), 1)
        status, headers, body = result(60)
        self.assertEqual(body["error_type"], "SandboxError", body)
        # On a slow machine it may be cut before the agent is ready, and then is a sandbox that did not start.
        self.assertTrue(status == 200 or (status == 503 and "Retry-After" in headers), status)
        self.assertLess(time.monotonic() - begun, 15)
        self.assert_well_again()

    def test_the_attached_stream_shortly_before_the_end(self):
        # It ends well, and nobody has seen all of its output: that is no success.
        for seconds in (1.3, 2):
            code = f"import time\nprint('begun', flush=True)\ntime.sleep({seconds})\nprint('through')\n"
            result = self.start({"code": code, **NO_DOORS})
            cut = self.proxy.cut("/attach")
            status, _, body = result(60)
            if cut:
                self.assertEqual(body["error_type"], "SandboxError", (status, body))
            else:
                self.assertEqual(body["stdout"], "begun\nthrough\n")  # It was through already.
        self.assert_well_again()

    def test_the_attached_stream_with_an_engine_that_is_slow_to_tell_of_the_end(self):
        self.proxy.delays["/wait"] = 4
        result = self.start({"code": "import time\nprint('begun', flush=True)\ntime.sleep(3)\nprint('through')\n", **NO_DOORS})
        self.assertEqual(self.proxy.cut("/attach"), 1)
        # It has ended well when the engine tells, and long before that; but its stream was cut while it ran.
        _, _, body = result(60)
        self.assertEqual((body["error_type"], body.get("success", False)), ("SandboxError", False), body)
        self.proxy.delays.clear()
        self.assert_well_again()

    def test_the_watch_of_the_end(self):
        result = self.start({"code": "import time\nprint('begun', flush=True)\ntime.sleep(4)\nprint('through')\n", **NO_DOORS})
        self.proxy.cut("/wait")
        status, headers, body = result(60)
        if status == 200 and body["success"]:
            self.assertEqual(body["stdout"], "begun\nthrough\n")
        else:
            self.assertTrue(status == 503 or body["error_type"] == "SandboxError", body)
        self.assert_well_again()

    def test_the_watch_of_memory_kills(self):
        self.proxy.cut("/events")
        time.sleep(1.5)  # It subscribes again after a second.
        code = ("import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        keep = bytearray(32 << 20)\n"
                "        for i in range(0, len(keep), 4096): keep[i] = 1\n        time.sleep(99)\ntime.sleep(99)\n")
        reply = self.broker.run(code, sandbox_config={"max_memory_mb": 128})
        self.assertEqual((reply["error_type"], reply["oom_killed"]), ("ResourceLimitError", True), reply)
        self.assert_well_again()

    def test_all_of_them_again_and_again(self):
        with Load(self.broker, clients=4, seconds=0.3) as load:
            for _ in range(12):
                time.sleep(0.7)
                self.proxy.cut("")
            since = time.monotonic()
            self.assertTrue(wait_until(lambda: load.served_since(since) >= 5, 30), load.summary())
        self.assertEqual(load.untruthful(), [])
        print("\n" + load.summary())
        # What a cut removal has left behind is the sweep's, or the next start's.
        self.broker.stop()
        self.broker.start()
        self.assert_well_again()


if __name__ == "__main__":
    unittest.main()
