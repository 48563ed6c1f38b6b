"""200 submissions at concurrency 16: every reply correct, and nothing left behind."""

import concurrent.futures
import random
import time
import unittest

from harness import NO_DOORS, Broker, wait_until

MEMORY_HOG = (
    "import os, time\n"
    "for _ in range(6):\n"
    "    if os.fork() == 0:\n"
    "        keep = bytearray(32 << 20)\n"
    "        for i in range(0, len(keep), 4096): keep[i] = 1\n"
    "        time.sleep(20)\n"
    "time.sleep(20)\n")


def succeeding(number):
    return (f"print({number} * 2)", {}), lambda r: r["success"] and r["stdout"] == f"{number * 2}\n"


def raising(number):
    return ((f"raise KeyError({number})", {}),
            lambda r: r["error_type"] == "KeyError" and r["error_message"] == f"KeyError: {number}")


def timing_out(number):
    return ((f"print({number}, flush=True)\nimport time\ntime.sleep(60)\n", {"timeout_seconds": 1}),
            lambda r: r["error_type"] == "TimeoutError" and r["timed_out"] and r["stdout"] == f"{number}\n")


def flooding(_):
    return (("while True: print('x' * 1000)\n", {"max_output_bytes": 20000}),
            lambda r: r["error_type"] == "ResourceLimitError" and r["was_output_truncated"]
            and 20000 <= len(r["stdout"]) < 20100)


def out_of_memory(_):
    return ((MEMORY_HOG, {"max_memory_mb": 128}),
            lambda r: r["error_type"] == "ResourceLimitError" and r["oom_killed"])


class MixedLoad(unittest.TestCase):
    def test_two_hundred_at_sixteen(self):
        kinds = [succeeding] * 12 + [raising] * 4 + [timing_out] * 2 + [flooding, out_of_memory]
        jobs = [kinds[number % len(kinds)](number) for number in range(200)]
        random.Random(4711).shuffle(jobs)
        with Broker(admission={"max_concurrent": 4, "max_queued": 64, "queue_timeout_seconds": 120}) as broker:
            # What the broker keeps for good (pooled connections, buffers) is there after a first round.
            self.run_all(broker, jobs[:32])
            self.settle(broker)
            descriptors, memory = broker.descriptors(), broker.resident_mb()

            begun = time.monotonic()
            wrong = self.run_all(broker, jobs)
            seconds = time.monotonic() - begun
            self.assertEqual(wrong, [])

            self.settle(broker)
            self.assertEqual(broker.containers(), [])
            after, memory_after = broker.descriptors(), broker.resident_mb()
            print(f"\n200 submissions in {seconds:.1f} s; descriptors {descriptors} -> {after}; "
                  f"resident {memory:.1f} -> {memory_after:.1f} MB")
            # Of each kind there are at least ten, so that one which leaks a descriptor shows. Idle connections to the
            # engine are kept: how many depends on how many calls have met.
            self.assertLess(after, descriptors + 10)
            self.assertLess(memory_after, memory + 10)

    @staticmethod
    def run_all(broker, jobs):
        def one(job):
            (code, limits), right = job
            status, _, reply = broker.post({"code": code, "sandbox_config": limits, **NO_DOORS})
            return None if status == 200 and right(reply) else (code, status, reply)

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            return [wrong for wrong in pool.map(one, jobs) if wrong]

    @staticmethod
    def settle(broker):
        """Waits until the removals are through and idle connections have had time to close."""
        assert broker.containers_gone(60), "containers were left behind"
        previous = None
        while previous != (previous := broker.descriptors()):
            time.sleep(1)
        wait_until(lambda: False, 1)


if __name__ == "__main__":
    unittest.main()
