"""The host does to the broker what hosts do: its clock jumps, its descriptors run out."""

import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
import unittest

from harness import NO_DOORS, Broker, in_background, wait_until
from load import Load

DAY = 24 * 3600
DESCRIPTORS_LEFT = 6


class ClockJumps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sallyport-clock-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.library = f"{cls.folder}/shifted_clock.so"
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shifted_clock.cpp")
        subprocess.run(["c++", "-O1", "-shared", "-fPIC", "-o", cls.library, source], check=True)

    def setUp(self):
        self.shift(0)
        self.broker = Broker(admission={"max_concurrent": 3})
        self.broker.environment = {"LD_PRELOAD": self.library, "SHIFTED_CLOCK_FILE": f"{self.folder}/shift"}
        self.broker.start()
        self.addCleanup(self.broker.__exit__)

    def shift(self, seconds):
        with open(f"{self.folder}/shift.new", "w", encoding="ascii") as file:
            file.write(str(seconds))
        os.replace(f"{self.folder}/shift.new", f"{self.folder}/shift")

    def year_of_log(self):
        self.broker.run("1")
        return int(self.broker.log_lines("audit.log")[-1]["ts"][:4])

    def test_it_jumps_at_all(self):
        before = self.year_of_log()
        self.shift(2 * 366 * DAY)
        self.assertGreater(self.year_of_log(), before)

    def test_forwards_and_backwards_while_submissions_run(self):
        slow = in_background(self.broker.run, "import time\ntime.sleep(6)\nprint('slow')", sandbox_config={"timeout_seconds": 20})
        endless = in_background(self.broker.run, "import time\ntime.sleep(99)", sandbox_config={"timeout_seconds": 4})
        identities = []
        for seconds in (DAY, -DAY, 400 * DAY, -50 * 365 * DAY, 1, 0, -1, 30 * 365 * DAY, 0):
            self.shift(seconds)
            reply = self.broker.run("print('meanwhile')")
            self.assertEqual(reply["stdout"], "meanwhile\n", reply)
            self.assertTrue(0 <= reply["execution_time_seconds"] <= reply["total_time_seconds"] < 60, reply)
            self.assertEqual(self.broker.get("/readyz")[0], 200)
            identities.append(reply["id"])
        self.assertEqual(len(set(identities)), len(identities))
        self.assertEqual(slow()["stdout"], "slow\n")
        cut = endless()
        self.assertEqual((cut["error_type"], cut["timed_out"]), ("TimeoutError", True), cut)
        self.assertTrue(4 <= cut["execution_time_seconds"] < 40, cut)

    def test_a_submission_that_ends_without_a_word_runs_once(self):
        # The clock was set back meanwhile: by the engine's, its sandbox ended before the broker handed it the job.
        self.shift(DAY)
        reply = self.broker.run("import ctypes\nctypes.string_at(0)", sandbox_config={"timeout_seconds": 20})
        self.assertEqual((reply["error_type"], reply["signal"]), ("SystemError", "SIGSEGV"), reply)
        self.assertLess(reply["total_time_seconds"], 40)

    def test_connections_are_kept_and_cut_by_the_monotonic_clock(self):
        connection = self.broker.connect()
        for seconds in (DAY, -DAY, 0):
            self.shift(seconds)
            connection.request("GET", "/healthz")
            response = connection.getresponse()
            response.read()
            self.assertEqual(response.status, 200)
        connection.close()


class Descriptors(unittest.TestCase):
    def test_too_few_for_the_engine_under_load(self):
        with Broker(admission={"max_concurrent": 4, "max_queued": 16, "queue_timeout_seconds": 5}) as broker:
            with Load(broker, clients=8) as load:
                self.assertTrue(wait_until(lambda: load.answers, 30))
                before = resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE)
                since = time.monotonic()
                numbers = [int(each) for each in os.listdir(f"/proc/{broker.process.pid}/fd")]
                resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE, (max(numbers) - DESCRIPTORS_LEFT, before[1]))
                try:
                    time.sleep(6)
                finally:
                    resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE, before)
                answered = [answer for answer in load.answers if answer[5] > since]
                again = time.monotonic()
                self.assertTrue(wait_until(lambda: load.served_since(again) >= 5, 40), load.summary())
            self.assertEqual(load.untruthful(), [])
            self.assertTrue(answered)
            print("\n" + load.summary())
            self.assertTrue(wait_until(lambda: broker.get("/readyz")[0] == 200, 20))
            self.assertEqual(broker.run("print('after')")["stdout"], "after\n")
            self.assertTrue(broker.containers_gone(90), broker.containers())
            self.assertTrue(wait_until(lambda: broker.descriptors() < 40, 20, 0.5), broker.descriptors())

    def test_none_for_a_new_sandbox(self):
        with Broker() as broker:
            self.assertEqual(broker.run("print(1)")["stdout"], "1\n")
            connection = broker.connect()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            before = resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE, (3, before[1]))
            try:
                connection.request("POST", "/v1/executions", json.dumps({"code": "1", **NO_DOORS}),
                                   {"Content-Type": "application/json"})
                response = connection.getresponse()
                body = json.loads(response.read())
                # A connection to the engine may be open still, and then there may be enough for once.
                self.assertTrue(response.status == 200 or (response.status == 503 and response.getheader("Retry-After")), body)
            finally:
                resource.prlimit(broker.process.pid, resource.RLIMIT_NOFILE, before)
                connection.close()
            self.assertEqual(broker.run("print('after')")["stdout"], "after\n")
            # A removal for which there was no descriptor is the sweep's, or the next start's.
            broker.stop()
            broker.start()
            self.assertTrue(broker.containers_gone(20), broker.containers())


if __name__ == "__main__":
    unittest.main()
