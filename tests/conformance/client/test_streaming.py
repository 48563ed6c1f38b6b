"""execute_streaming against a real broker."""

import asyncio
import contextlib
import gc
import time
import unittest

import client_case
import sallyport
from harness import Broker, wait_until
from sallyport import AsyncCodeExecutor, CodeExecutor

SLOW = "import time\nfor i in range(3):\n    print(i, flush=True)\n    time.sleep(0.5)\n"
ENDLESS = "import time\nprint('begun', flush=True)\ntime.sleep(60)\n"


async def collect(code, **options):
    async with AsyncCodeExecutor(**options) as executor:
        return [(time.monotonic(), event) async for event in executor.execute_streaming(code)]


class Streaming(client_case.ClientTestCase):
    def both(self, code, **options):
        """The events of both executors, with the times when they came."""
        executor = CodeExecutor(settings=self.settings, **options)
        yield [(time.monotonic(), event) for event in executor.execute_streaming(code)]
        yield asyncio.run(collect(code, settings=self.settings, **options))

    def test_output_comes_while_the_program_runs(self):
        for seen in self.both(SLOW):
            events = [event for _, event in seen]
            self.assertEqual([event.type for event in events][:3], ["queued", "started", "stdout"])
            self.assertEqual([event.id for event in events], list(range(1, len(events) + 1)))
            self.assertEqual("".join(event.text for event in events), "0\n1\n2\n")
            result = events[-1].result
            self.assertTrue(result.success, result)
            self.assertEqual(result.stdout, "0\n1\n2\n")
            self.assertEqual(result.id, events[0].data["id"])
            first = next(at for at, event in seen if event.type == "stdout")
            self.assertGreater(seen[-1][0] - first, 1.0)

    def test_both_doors(self):
        for seen in self.both("import socket\n"):
            events = [event for _, event in seen]
            self.assertEqual([event.type for event in events], ["violation", "result"])
            self.assertIsInstance(events[-1].result.error, sallyport.ValidationError)
        for seen in self.both("print('password = hunter2hunter2')\n"):
            events = [event for _, event in seen]
            self.assertIn("violation", [event.type for event in events])
            self.assertNotIn("hunter2", str(events))
            self.assertTrue(events[-1].result.was_output_redacted)

    def test_a_result_of_megabytes(self):
        code = "with open('output/a.bin', 'w') as f:\n    f.write('x' * 3_000_000)\nfor i in range(20_000):\n    print('line', i)\n"
        for seen in self.both(code):
            events = [event for _, event in seen]
            self.assertEqual("".join(event.text for event in events), events[-1].result.stdout)
            self.assertEqual(events[-1].result.artifacts[0].size, 3_000_000)

    def test_failures_are_results(self):
        for seen in self.both("1 / 0"):
            self.assertEqual(seen[-1][1].result.error_type, "ZeroDivisionError")
        with self.assertRaisesRegex(sallyport.CodeExecutionError, "division by zero"):
            list(CodeExecutor(settings=self.settings, raise_on_failure=True).execute_streaming("1 / 0"))

    def test_to_close_or_to_drop_the_iterator_ends_the_run(self):
        for end in ("close", "drop"):
            events = CodeExecutor(settings=self.settings).execute_streaming(ENDLESS)
            while next(events).type != "stdout":
                pass
            self.assertTrue(self.broker.containers())
            if end == "close":
                events.close()
            del events
            gc.collect()
            self.assertTrue(self.broker.containers_gone(20), end)

    def test_to_cancel_the_task_ends_the_run(self):
        async def watch(begun):
            async for event in AsyncCodeExecutor(settings=self.settings).execute_streaming(ENDLESS):
                if event.type == "stdout":
                    begun.set()

        async def main():
            begun = asyncio.Event()
            task = asyncio.ensure_future(watch(begun))
            await asyncio.wait_for(begun.wait(), 30)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        asyncio.run(main())
        self.assertTrue(self.broker.containers_gone(20))

    def test_a_refusal_is_an_exception(self):
        config = sallyport.SandboxConfig(max_memory_mb=10_000_000)
        with self.assertRaises(sallyport.RequestRefusedError) as raised:
            list(CodeExecutor(sandbox_config=config, settings=self.settings).execute_streaming("1"))
        self.assertEqual(raised.exception.details["status"], 422)

    def test_a_connection_that_breaks(self):
        connection, settings = self.bad_connection()
        events = CodeExecutor(settings=settings).execute_streaming(ENDLESS)
        with self.assertRaisesRegex(sallyport.StreamCutError, "broke off") as raised:
            for event in events:
                if event.type == "stdout":
                    connection.cut()
        self.assertEqual(raised.exception.details["reason"], "broken")
        self.assertTrue(self.broker.containers_gone(20))

    def test_connections_are_reused(self):
        connection, settings = self.bad_connection()
        executor = CodeExecutor(settings=settings)
        for _ in range(3):
            self.assertTrue(list(executor.execute_streaming("print(1)"))[-1].result.success)
        self.assertEqual(connection.cut(), 1)


class Ends(unittest.TestCase):
    def events(self, broker):
        """Of a run that does not end by itself; the next one is behind its first output."""
        settings = sallyport.ClientSettings(base_url=f"http://127.0.0.1:{broker.port}")
        begin = time.monotonic()
        events = CodeExecutor(settings=settings).execute_streaming(ENDLESS)
        while next(events).type != "stdout":
            pass
        self.waited = time.monotonic() - begin
        return events

    def test_a_broker_that_is_killed(self):
        with Broker() as broker:
            events = self.events(broker)
            broker.kill()
            with self.assertRaises(sallyport.StreamCutError):
                self.fail(f"the stream ended with {list(events)}, its output came after {self.waited:.1f} s")
            broker.start()
            self.assertTrue(wait_until(lambda: not broker.containers(), 30))

    def test_a_broker_that_shuts_down_says_so(self):
        with Broker(server={"port": 0, "shutdown_seconds": 1}) as broker:
            events = self.events(broker)
            broker.stop()
            with self.assertRaises(sallyport.BrokerUnavailableError) as raised:
                self.fail(f"the stream ended with {list(events)}, its output came after {self.waited:.1f} s")
            self.assertNotIsInstance(raised.exception, sallyport.StreamCutError)
            self.assertEqual(raised.exception.details["broker_error_type"], "UnavailableError")


if __name__ == "__main__":
    unittest.main()
