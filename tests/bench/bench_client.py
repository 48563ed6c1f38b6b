"""What the Python client costs over a raw request of the standard library, on one kept-alive connection each.

The submission is one that the first door refuses, so that the broker answers at once; the ways alternate, so that what
else the machine does hits all. Beside them, what a stream of events and an idempotency key cost: the first is the broker's
and the client's, the second the broker's disk.
"""

import asyncio
import json
import os
import statistics
import sys
import time
import unittest

from harness import Broker

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "clients", "python", "src"))

from sallyport import AsyncCodeExecutor, ClientSettings, CodeExecutor  # noqa: E402

ROUNDS = int(os.environ.get("SALLYPORT_TEST_BENCH_ROUNDS", "2000"))
CODE = "import os\nprint(os.name)"
HEADERS = {"Content-Type": "application/json"}


def measure(broker, rounds):
    """Seconds of each way, in lists."""
    settings = ClientSettings(base_url=f"http://127.0.0.1:{broker.port}")
    executor = CodeExecutor(settings=settings)
    asynchronous = AsyncCodeExecutor(settings=settings)
    body = json.dumps(executor._request(CODE, None, "", None, False)).encode()
    raw = broker.connect()
    keyed = CodeExecutor(settings=settings, idempotent=True)
    times = {"raw": [], "client": [], "asyncio": [], "streaming": [], "keyed": []}

    async def run():
        for _ in range(rounds):
            begin = time.perf_counter()
            raw.request("POST", "/v1/executions", body, HEADERS)
            reply = raw.getresponse()
            data = reply.read()
            times["raw"].append(time.perf_counter() - begin)
            assert reply.status == 200 and b"ValidationError" in data

            begin = time.perf_counter()
            result = executor.execute(CODE)
            times["client"].append(time.perf_counter() - begin)
            assert result.error_type == "ValidationError", result

            begin = time.perf_counter()
            result = await asynchronous.execute(CODE)
            times["asyncio"].append(time.perf_counter() - begin)
            assert result.error_type == "ValidationError", result

            begin = time.perf_counter()
            events = list(executor.execute_streaming(CODE))
            times["streaming"].append(time.perf_counter() - begin)
            assert events[-1].result.error_type == "ValidationError", events

            begin = time.perf_counter()
            result = keyed.execute(CODE)
            times["keyed"].append(time.perf_counter() - begin)
            assert result.error_type == "ValidationError", result
        await asynchronous.aclose()

    asyncio.run(run())
    raw.close()
    return times


class ClientOverhead(unittest.TestCase):
    def test_overhead(self):
        with Broker() as broker:
            measure(broker, 50)
            times = measure(broker, ROUNDS)
        median = {name: statistics.median(values) * 1e3 for name, values in times.items()}
        print(f"\n  raw http.client request  p50 {median['raw']:.3f} ms   n {ROUNDS}")
        ways = {"client": "CodeExecutor", "asyncio": "AsyncCodeExecutor", "streaming": "execute_streaming",
                "keyed": "idempotent=True"}
        for name, what in ways.items():
            print(f"  {what:24} p50 {median[name]:.3f} ms   over the raw request {median[name] - median['raw']:.3f} ms")


if __name__ == "__main__":
    unittest.main()
