"""No accepted job is lost and none has two results, wherever the broker is killed. tests/load/job_crashes.py does it longer."""

import unittest

from crashes import crash
from harness import Broker

# Of killing; starts, and the jobs that are left, come on top.
SECONDS = 35


class Crashes(unittest.TestCase):
    def test_killed_at_random_moments(self):
        with Broker(jobs={"max_interruptions": 1000}, engine={"start_timeout_seconds": 120}) as broker:
            mistakes, jobs, kills = crash(broker, kills=40, seconds=SECONDS)
            print(f"{jobs} jobs, {kills} kills")
            self.assertEqual(mistakes, [])
            self.assertGreaterEqual(kills, 5)
            self.assertGreaterEqual(jobs, 10)
            self.assertTrue(broker.containers_gone(60))
