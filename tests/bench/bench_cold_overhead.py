"""What the broker adds to a cold `print("hello")` over the same engine calls made by a plain script.

Both sides alternate in one run, so that what the machine does meanwhile hits both; the ratio counts. The script does
what the broker does in a reply's time: create, attach, start, await the agent, send the job, read to the agent's last
word. The removal is behind the reply on both sides.
"""

import os
import statistics
import time
import unittest

from harness import Broker
from raw_engine import CODE, RawSandbox, broker_spec, percentile

ROUNDS = int(os.environ.get("SALLYPORT_TEST_BENCH_ROUNDS", "20"))


class PlainScript:
    def __init__(self, spec):
        self.spec = spec

    def run(self):
        begun = time.perf_counter()
        sandbox = RawSandbox(self.spec)
        sandbox.run()
        elapsed = time.perf_counter() - begun
        sandbox.remove()
        return elapsed


class ColdOverhead(unittest.TestCase):
    def test_print_figures(self):
        with Broker() as broker:
            script = PlainScript(broker_spec(broker))
            broker.run(CODE)
            script.run()
            by_broker, by_script = [], []
            for number in range(ROUNDS):
                sides = [("broker", by_broker), ("script", by_script)]
                for name, times in sides if number % 2 else reversed(sides):
                    begun = time.perf_counter()
                    if name == "broker":
                        self.assertEqual(broker.run(CODE)["stdout"], "hello\n")
                        times.append(time.perf_counter() - begun)
                        broker.containers_gone(10)
                    else:
                        times.append(script.run())
            broker_median, script_median = statistics.median(by_broker), statistics.median(by_script)
            print(f"\ncold print(\"hello\"), {ROUNDS} rounds each, alternating")
            for name, times in (("broker over HTTP", by_broker), ("same engine calls", by_script)):
                print(f"  {name:18} median {statistics.median(times) * 1e3:6.1f} ms   "
                      f"p90 {percentile(times, 0.9) * 1e3:6.1f} ms   min {min(times) * 1e3:6.1f} ms")
            print(f"  ratio of medians   {broker_median / script_median:.3f}")


if __name__ == "__main__":
    unittest.main()
