"""A broker under a steady load for half an hour, one submission in twenty hostile: does it leak, does it lie?

    SALLYPORT_TEST_SOAK_MINUTES   how long; 30
    SALLYPORT_TEST_SOAK_RATE      submissions a second; without it, four fifths of what the machine was seen to do

Every answer is checked. At the end nothing may be left: no container, no descriptor; and the broker's memory may not have
grown by more than 1 MB in ten minutes (a line through its size, the first fifth of the time left out).
"""

import os
import random
import statistics
import threading
import time
import unittest

from harness import NO_DOORS, Broker, wait_until

MINUTES = float(os.environ.get("SALLYPORT_TEST_SOAK_MINUTES", "30"))
RATE = float(os.environ.get("SALLYPORT_TEST_SOAK_RATE", "0"))
HOSTILE_SHARE = 0.05
MOST_WAITING = 48
MB_IN_TEN_MINUTES = 1.0
LOOK_SECONDS = 20

SHORT = {"timeout_seconds": 2, "max_memory_mb": 128}
HOSTILE = [
    ("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n", SHORT),
    ("x = []\nwhile True: x.append(bytearray(1 << 20))\n", SHORT),
    ("while True: print('x' * 1000)\n", {"max_output_bytes": 100_000}),
    ("while True: pass\n", {"timeout_seconds": 1}),
    ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", {}),
    ("import os\nfor n in range(100_000):\n    open(str(n), 'w').close()\n", SHORT),
    ("import os\nos.close(1); os.close(2); os._exit(3)\n", {}),
    ("import os, time\nif os.fork() == 0: time.sleep(60)\nprint('orphan')\n", {}),
    ("import os\nos.makedirs('output', exist_ok=True)\nopen('output/big', 'wb').truncate(1 << 34)\n", SHORT),
    ("raise SystemExit('x' * 1_000_000)\n", {}),
]


def slope(points):
    """Of the line through (x, y) with the least squares."""
    x_mean = statistics.fmean(x for x, _ in points)
    y_mean = statistics.fmean(y for _, y in points)
    return (sum((x - x_mean) * (y - y_mean) for x, y in points) / sum((x - x_mean) ** 2 for x, _ in points))


class Client:
    """Submits at a rate of its own, whatever becomes of it, and keeps what was wrong."""

    def __init__(self, broker):
        self.broker = broker
        self.random = random.Random(1)
        self.lock = threading.Lock()
        self.waiting = 0
        self.kinds = {}
        self.wrong = []
        self.times = []

    def submit(self, number, hostile):
        if hostile:
            code, limits = self.random.choice(HOSTILE)
        else:
            code, limits = f"total = sum(range({number}))\nprint(total)\n", {}
        body = {"code": code, "sandbox_config": limits, "user_id": number % 20, **NO_DOORS}
        begun = time.monotonic()
        try:
            status, _, reply = self.broker.post(body)
        except Exception as error:  # Whatever it is, it is no answer.
            status, reply = 0, {"error_type": repr(error)}
        taken = time.monotonic() - begun
        honest = status == 200 and reply["success"] and reply["stdout"] == f"{number * (number - 1) // 2}\n"
        refused = status in (429, 503)
        kind = f"{'hostile' if hostile else 'honest'} {status} {reply['error_type']}"
        with self.lock:
            self.waiting -= 1
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
            if not hostile:
                self.times.append(taken)
            # A hostile program may end as it likes, but with an answer.
            if not (honest or refused if not hostile else status in (200, 429, 503)) and len(self.wrong) < 20:
                self.wrong.append((number, hostile, code[:60], status, reply))

    def start(self, number, hostile):
        with self.lock:
            if self.waiting >= MOST_WAITING:
                return False
            self.waiting += 1
        threading.Thread(target=self.submit, args=(number, hostile), daemon=True).start()
        return True

    def run_for(self, seconds, rate, look=lambda minutes: None):
        begin = time.monotonic()
        number = skipped = looks = 0
        while (now := time.monotonic()) < begin + seconds:
            if now >= begin + LOOK_SECONDS * looks:
                look((now - begin) / 60)
                looks += 1
            number += 1
            skipped += not self.start(number, self.random.random() < HOSTILE_SHARE)
            time.sleep(max(0.0, begin + number / rate - time.monotonic()))
        wait_until(lambda: self.waiting == 0, 180)
        return number, skipped


class Soak(unittest.TestCase):
    def test_soak(self):
        with Broker(runner={"pool": {"enabled": True}}, admission={"max_queued": 64}) as broker:
            rate = RATE or 0.8 * self.capacity(broker)
            print(f"{rate:.2f} submissions/s for {MINUTES:g} minutes", flush=True)
            client = Client(broker)
            client.run_for(20, rate)  # Whatever is only ever made once is made.
            self.assertTrue(wait_until(lambda: self.at_rest(broker), 60), "the pool did not come to rest")
            descriptors = broker.descriptors()
            sizes = []

            def look(minutes):
                sizes.append((minutes, broker.resident_mb()))
                print(f"{minutes:5.1f} min  {sizes[-1][1]:6.1f} MB  {broker.descriptors()} descriptors  "
                      f"{len(broker.containers())} containers  {client.waiting} waiting", flush=True)

            number, skipped = client.run_for(MINUTES * 60, rate, look)
            settled = [point for point in sizes if point[0] >= MINUTES / 5]
            growth = slope(settled) * 10
            times = sorted(client.times)
            print(f"{number} due, {skipped} not sent because {MOST_WAITING} waited; {client.kinds}")
            print(f"honest ones: median {statistics.median(times) * 1000:.1f} ms, "
                  f"p99 {times[int(len(times) * 0.99)] * 1000:.0f} ms")
            print(f"memory: {growth:+.2f} MB in ten minutes", flush=True)

            self.assertEqual(client.waiting, 0, "without an answer")
            self.assertEqual(client.wrong, [])
            self.assertTrue(wait_until(lambda: self.at_rest(broker), 60), broker.containers())
            # A few more connections to the engine may be kept, and be those of sandboxes that wait; a leak is of thousands.
            self.assertTrue(wait_until(lambda: broker.descriptors() <= descriptors + 20, 120),
                            (descriptors, broker.descriptors()))
            self.assertLess(growth, MB_IN_TEN_MINUTES)
            broker.process.terminate()
            broker.process.wait(60)
            self.assertEqual(broker.containers(), [])

    @staticmethod
    def at_rest(broker):
        """Nothing but the sandboxes that wait, and no more of them than may."""
        return len(broker.containers()) <= 4 and broker.get("/readyz")[1].get("running") == 0

    @staticmethod
    def capacity(broker):
        """Honest submissions a second, from as many clients as may run."""
        served = []
        end = time.monotonic() + 30

        def work():
            while time.monotonic() < end:
                if broker.post({"code": "print(1)", **NO_DOORS})[0] == 200:
                    served.append(time.monotonic())

        threads = [threading.Thread(target=work) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        return sum(moment > end - 20 for moment in served) / 20


if __name__ == "__main__":
    unittest.main()
