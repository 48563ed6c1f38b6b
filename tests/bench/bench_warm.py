"""The warm pool: what a warm reply costs, how steady it is, what a burst gets, and what single use sustains.

The baselines are sandboxes of a plain script over the same engine (raw_engine.py), in the same run and alternating
with the broker, so that what else the machine does hits both.
"""

import concurrent.futures
import json
import os
import statistics
import threading
import time
import unittest

from harness import ENGINE_SOCKET, NO_DOORS, Broker, UnixConnection, wait_until
from prometheus import metrics_of
from raw_engine import CODE, RawSandbox, broker_spec, percentile

ROUNDS = int(os.environ.get("SALLYPORT_TEST_BENCH_ROUNDS", "40"))
SECONDS = float(os.environ.get("SALLYPORT_TEST_BENCH_SECONDS", "20"))
# Of quiet before each measurement, for agents to get ready and removals to end; more on a busy machine.
PAUSE = float(os.environ.get("SALLYPORT_TEST_BENCH_PAUSE", "0.5"))
POOL = 4
SECTIONS = {
    "runner": {"pool": {"enabled": True, "floor": POOL, "ceiling": POOL, "max_slots": POOL}},
    "admission": {"max_concurrent": 16},
}


def milliseconds(seconds):
    return f"{seconds * 1e3:7.1f} ms"


def show(name, times):
    print(f"  {name:34} p50 {milliseconds(statistics.median(times))}   p90 {milliseconds(percentile(times, 0.9))}   "
          f"p99 {milliseconds(percentile(times, 0.99))}   n {len(times)}")


class Client:
    """One kept-alive connection."""

    def __init__(self, broker, **fields):
        self.connection = broker.connect()
        self.body = json.dumps({"code": CODE, **NO_DOORS, **fields}).encode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def run(self):
        begun = time.perf_counter()
        self.connection.request("POST", "/v1/executions", self.body, {"Content-Type": "application/json"})
        reply = json.loads(self.connection.getresponse().read())
        elapsed = time.perf_counter() - begun
        assert reply["stdout"] == "hello\n", reply
        return elapsed, reply["usage"]["start"]


def pool_is_full(broker):
    """All slots wait, and no container of a run before is left."""
    return (metrics_of(broker).value("sallyport_pool_slots", state="ready") == POOL
            and len(broker.containers()) == POOL)


def settle(broker):
    assert wait_until(lambda: pool_is_full(broker), 60, pause=0.2)
    time.sleep(PAUSE)  # An agent that is just started says that it is ready.


def pooled_spec():
    with Broker() as broker:
        return broker_spec(broker)


class Warm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.spec = pooled_spec()
        cls.broker = Broker(**SECTIONS)
        cls.broker.start()

    @classmethod
    def tearDownClass(cls):
        cls.broker.stop()

    def test_1_one_reply(self):
        client = Client(self.broker)
        by_broker, by_script = [], []
        for number in range(ROUNDS):
            sides = ["broker", "script"] if number % 2 else ["script", "broker"]
            for side in sides:
                if side == "broker":
                    settle(self.broker)
                    elapsed, start = client.run()
                    self.assertEqual(start, "warm")
                    by_broker.append(elapsed)
                else:
                    settle(self.broker)
                    sandbox = RawSandbox(self.spec)
                    time.sleep(PAUSE)
                    by_script.append(sandbox.run())
                    sandbox.remove()
        print(f"\nwarm {CODE}, one after the other, {ROUNDS} rounds each, alternating")
        show("broker over HTTP", by_broker)
        show("raw warm slot", by_script)
        print(f"  ratio of medians {statistics.median(by_broker) / statistics.median(by_script):.2f} (at most 1.5)")

    def test_2_burst(self):
        ratios, lasts = [], []
        clients = [Client(self.broker) for _ in range(POOL)]
        for _ in range(max(ROUNDS // 4, 5)):
            settle(self.broker)
            single, _ = clients[0].run()
            settle(self.broker)
            gate = threading.Barrier(POOL)

            def burst(client):
                gate.wait()
                return client.run()

            with concurrent.futures.ThreadPoolExecutor(POOL) as workers:
                results = list(workers.map(burst, clients))
            last = max(elapsed for elapsed, _ in results)
            if {start for _, start in results} != {"warm"}:
                continue  # An agent was not ready yet: not a burst on a full pool.
            ratios.append(last / single)
            lasts.append(last)
        self.assertTrue(lasts, "the pool was never full: SALLYPORT_TEST_BENCH_PAUSE is too short for this machine")
        print(f"\nburst of {POOL} on a pool of {POOL}, {len(lasts)} rounds")
        show("last reply", lasts)
        print(f"  ratio to one warm reply: median {statistics.median(ratios):.2f} (at most 4)")

    def test_3_sustained(self):
        """Single use with the pool empty: the broker's rate against that of the raw engine calls."""
        rates = {"broker": {}, "script": {}}
        for width in (2, 3, 4):
            for _ in range(2):
                for side in ("script", "broker"):
                    rate = self.sustained(side, width)
                    rates[side].setdefault(width, []).append(rate)
        print(f"\nsustained single use, {SECONDS:.0f} s a point")
        best = {}
        for side, points in rates.items():
            means = {width: statistics.mean(values) for width, values in points.items()}
            best[side] = max(means.values())
            print(f"  {side:8} " + "   ".join(f"{width} at once: {mean:5.2f}/s" for width, mean in means.items()))
        print(f"  broker to script, each at its best: {best['broker'] / best['script']:.3f} (at least 0.95)")

    def sustained(self, side, width):
        count = 0
        lock = threading.Lock()
        end = time.monotonic() + SECONDS

        def broker_worker():
            nonlocal count
            with Client(self.broker) as client:
                while time.monotonic() < end:
                    client.run()
                    with lock:
                        count += 1

        def script_worker():
            nonlocal count
            engine = UnixConnection(ENGINE_SOCKET)
            remover = concurrent.futures.ThreadPoolExecutor(4)
            removals = []
            while time.monotonic() < end:
                sandbox = RawSandbox(self.spec, engine)
                sandbox.run()
                sandbox.engine = None
                removals.append(remover.submit(self.remove, sandbox))
                with lock:
                    count += 1
            for removal in removals:
                removal.result()

        # What was left over from before is spent or gone first.
        if side == "broker":
            with concurrent.futures.ThreadPoolExecutor(POOL) as workers:
                list(workers.map(lambda _: self.spend_one(), range(POOL)))
        else:
            settle(self.broker)
        begun = time.monotonic()
        end = begun + SECONDS
        threads = [threading.Thread(target=broker_worker if side == "broker" else script_worker)
                   for _ in range(width)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return count / (time.monotonic() - begun)

    def spend_one(self):
        with Client(self.broker) as client:
            client.run()

    def test_5_reuse(self):
        """`reuse: "user"`: one user a connection, against single use in the same run."""
        sections = {"runner": {"pool": {"enabled": False}, "reuse": "user", "reuse_max_jobs": 1_000_000},
                    "admission": {"max_concurrent": 16}}
        best = {"single": 0.0, "reuse": 0.0}
        with Broker(**sections) as broker:
            for width in (2, 3, 4):
                for kind in best:
                    best[kind] = max(best[kind], self.rate_of_users(broker, width, kind == "reuse"))
        print(f"\nreuse: {best['reuse']:.1f}/s, single use {best['single']:.2f}/s, each at its best")
        print(f"  ratio {best['reuse'] / best['single']:.1f} (at least 8)")

    @staticmethod
    def rate_of_users(broker, width, named):
        counts = [0] * width
        end = time.monotonic() + SECONDS

        def worker(number):
            user = {"user_id": number} if named else {}
            with Client(broker, **user) as client:
                while time.monotonic() < end:
                    client.run()
                    counts[number] += 1

        begun = time.monotonic()
        threads = [threading.Thread(target=worker, args=(number,)) for number in range(width)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts) / (time.monotonic() - begun)

    @staticmethod
    def remove(sandbox):
        sandbox.engine = UnixConnection(ENGINE_SOCKET)
        sandbox.remove()

    def test_4_steady(self):
        """Arrivals at half of what single use sustains here, evenly spaced."""
        rate = self.sustained("broker", 3) / 2
        settle(self.broker)
        times, cold = [], 0
        lock = threading.Lock()

        def one():
            nonlocal cold
            with Client(self.broker) as client:
                elapsed, start = client.run()
            with lock:
                times.append(elapsed)
                cold += start == "cold"

        threads = []
        begun = time.monotonic()
        while (due := begun + len(threads) / rate) < begun + 2 * SECONDS:
            time.sleep(max(0, due - time.monotonic()))
            thread = threading.Thread(target=one)
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()
        print(f"\nsteady load at half the sustainable rate: {rate:.2f}/s for {2 * SECONDS:.0f} s, {cold} cold")
        show("reply", times)
        print(f"  p99 to p50: {percentile(times, 0.99) / statistics.median(times):.2f} (at most 5)")


if __name__ == "__main__":
    unittest.main()
