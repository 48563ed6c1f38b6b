"""Jobs, batches and idempotency keys of the client against a real broker, over good and bad connections."""

import asyncio
import datetime
import time
import unittest
import uuid

import client_case
import sallyport
from harness import Broker, in_background, wait_until
from sallyport import AsyncCodeExecutor, ClientSettings, CodeExecutor, Submission

SLEEP = "import time\ntime.sleep(60)\n"


class Jobs(client_case.ClientTestCase):
    def executor(self, **options):
        return CodeExecutor(settings=self.settings, **options)

    def test_submit_and_wait(self):
        executor = self.executor(user_id="waiter")
        job = executor.submit("print(context['a'] * 7)\nprint(input())", {"a": 6}, stdin="in\n")
        self.assertIn(job.state, ("queued", "running"))
        result = job.wait(60)
        self.assertEqual((result.success, result.stdout, result.id), (True, "42\nin\n", job.id), result)
        self.assertEqual((job.state, job.status.user_id), ("succeeded", "waiter"))
        self.assertLessEqual(job.status.created_at, job.status.ended_at)
        age = datetime.datetime.now(datetime.timezone.utc) - job.status.ended_at
        self.assertLess(abs(age.total_seconds()), 60)
        self.assertEqual(CodeExecutor(settings=self.settings).wait(job.id).stdout, "42\nin\n")

    def test_asyncio(self):
        async def main():
            async with AsyncCodeExecutor(settings=self.settings, user_id="tasks") as executor:
                jobs = await asyncio.gather(*[executor.submit(f"print({i})") for i in range(4)])
                results = await asyncio.gather(*[job.wait(60) for job in jobs])
                self.assertEqual([result.stdout for result in results], ["0\n", "1\n", "2\n", "3\n"])
                listed = [job.id async for job in executor.executions(user_id="tasks", page_size=3)]
                self.assertEqual(sorted(listed), sorted(job.id for job in jobs))
                endless = await executor.submit(SLEEP)
                with self.assertRaises(sallyport.JobNotEndedError):
                    await endless.wait(0.2)
                await endless.cancel()
                self.assertEqual((await endless.wait()).error_type, "JobCancelledError")
                events = [event async for event in jobs[0].events()]
                self.assertTrue(events[-1].result.success)

        asyncio.run(main())

    def test_a_job_that_fails_in_both_styles(self):
        self.assertEqual(self.executor().submit("1 / 0").wait(60).error_type, "ZeroDivisionError")
        with self.assertRaises(sallyport.ValidationError):
            self.executor(raise_on_failure=True).submit("import os").wait(60)

    def test_cancelling_a_running_job(self):
        job = self.executor().submit(SLEEP)
        self.assertTrue(wait_until(lambda: job.refresh().state == "running" and self.broker.containers(), 30))
        self.assertEqual(job.cancel().state, "cancelled")
        result = job.wait(10)
        self.assertEqual((result.error_type, result.was_served), ("JobCancelledError", False))
        with self.assertRaises(sallyport.JobCancelledError):
            list(job.events())
        self.assertTrue(self.broker.containers_gone(20))

    def test_lists(self):
        executor = self.executor(user_id="lister")
        jobs = [executor.submit(f"print({i})") for i in range(5)]
        for job in jobs:
            job.wait(60)
        ids = [job.id for job in jobs]
        self.assertEqual([job.id for job in executor.executions(user_id="lister", page_size=2)], ids[::-1])
        self.assertEqual(list(executor.executions(user_id="lister", state="queued")), [])
        first = jobs[0].status.created_at
        self.assertEqual(len(list(executor.executions(user_id="lister", created_after=first))), 4)
        self.assertEqual(list(executor.executions(user_id="lister", created_before=first)), [])

    def test_what_the_broker_does_not_take(self):
        with self.assertRaises(sallyport.RequestRefusedError) as raised:
            self.executor(image="no-such-image").submit("1")
        self.assertEqual(raised.exception.details["status"], 422)
        with self.assertRaises(sallyport.RequestRefusedError):
            self.executor().submit("1", callback_url="https://example.org/")  # The operator has to permit it.
        with self.assertRaises(sallyport.RequestRefusedError):
            self.executor().job(str(uuid.uuid4()))

    PROGRAMS = ["print('a')", "1 / 0", Submission("print(context['x'])", {"x": 5}),
                Submission("open('in').read()", files={"../in": "x"})]

    def check_batch(self, results, refused):
        """Of PROGRAMS, and of more than a batch may have."""
        self.assertEqual([result.was_served for result in results], [True, True, True, False])
        self.assertEqual([result.stdout for result in results[:3]], ["a\n", "", "5\n"])
        self.assertEqual(results[1].error_type, "ZeroDivisionError")
        self.assertIsInstance(results[3].error, sallyport.RequestRefusedError)
        self.assertEqual({result.error_type for result in refused}, {"RequestRefusedError"})

    def test_batches(self):
        executor = self.executor(user_id="batch")
        self.check_batch(executor.execute_batch(self.PROGRAMS), executor.execute_batch(["1"] * 33))

    def test_batches_of_tasks(self):
        async def main():
            async with AsyncCodeExecutor(user_id="batch", settings=self.settings) as executor:
                self.check_batch(await executor.execute_batch(self.PROGRAMS), await executor.execute_batch(["1"] * 33))
                first = await executor.execute_batch(["import random\nprint(random.random())"], idempotency_key="tasks")
                again = await executor.execute_batch(["import random\nprint(random.random())"], idempotency_key="tasks")
                self.assertEqual(again, first)
                # Other tasks go on meanwhile, and a batch whose task is cancelled is ended.
                batch = asyncio.ensure_future(executor.execute_batch(["import time\ntime.sleep(50)"] * 2))
                while len(self.broker.containers()) < 2:
                    await asyncio.sleep(0.05)
                self.assertEqual((await executor.execute("print('meanwhile')")).stdout, "meanwhile\n")
                batch.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await batch

        asyncio.run(asyncio.wait_for(main(), 90))
        self.assertTrue(self.broker.containers_gone(30))


class LostReplies(client_case.ClientTestCase):
    """The broker has run it, and the client does not hear of it."""

    CODE = "import time\nprint(time.time())\n"

    def test_a_submission_is_one_job(self):
        connection, settings = self.bad_connection()
        executor = CodeExecutor(settings=settings, user_id="lost-submission")
        connection.lose_replies(2)
        job = executor.submit(self.CODE)
        self.assertTrue(job.wait(60).success)
        self.assertEqual([each.id for each in executor.executions(user_id="lost-submission")], [job.id])
        self.assertTrue(wait_until(lambda: self.runs_of("lost-submission") == 1, 10))

    def test_an_execution_under_a_key_runs_once(self):
        for number, executor in enumerate((CodeExecutor, AsyncCodeExecutor)):
            user = f"lost-execution-{number}"
            connection, settings = self.bad_connection()
            connection.lose_replies(2)
            if executor is CodeExecutor:
                result = CodeExecutor(user_id=user, idempotent=True, settings=settings).execute(self.CODE)
            else:
                result = asyncio.run(self.execute_in_a_task(user, settings))
            self.assertTrue(result.success, result)
            self.assertTrue(wait_until(lambda: self.runs_of(user) == 1, 10))

    async def execute_in_a_task(self, user, settings):
        async with AsyncCodeExecutor(user_id=user, settings=settings) as executor:
            return await executor.execute(self.CODE, idempotency_key=str(uuid.uuid4()))

    def test_without_a_key_it_is_told_that_it_may_have_run(self):
        connection, settings = self.bad_connection()
        connection.lose_replies(1)
        result = CodeExecutor(settings=settings).execute(self.CODE)
        self.assertEqual((result.error_type, result.error.details["sent"]), ("BrokerUnavailableError", True))

    def test_the_same_key_gives_the_same_result(self):
        executor = CodeExecutor(settings=self.settings)
        first = executor.execute(self.CODE, idempotency_key="the-same")
        self.assertTrue(first.success, first)
        self.assertEqual(executor.execute(self.CODE, idempotency_key="the-same"), first)
        other = executor.execute("print(2)", idempotency_key="the-same")
        self.assertEqual((other.error_type, other.error.details["status"]), ("RequestRefusedError", 422))

    def test_events_go_on_where_the_connection_broke(self):
        connection, settings = self.bad_connection()
        job = CodeExecutor(settings=settings).submit(
            "import time\nfor i in range(8):\n    print(i, flush=True)\n    time.sleep(0.2)\n")
        events, cuts = [], 0
        for event in job.events():
            events.append(event)
            if event.type == "stdout" and cuts < 3:
                cuts += connection.cut()
        self.assertGreaterEqual(cuts, 3)
        self.assertEqual([event.id for event in events], list(range(1, len(events) + 1)))
        self.assertEqual("".join(event.text for event in events), "".join(f"{i}\n" for i in range(8)))
        self.assertTrue(events[-1].result.success)
        self.assertEqual(list(job.events(after=events[-1].id)), [])


class Restarts(unittest.TestCase):
    def test_waiting_outlasts_a_broker_that_is_killed(self):
        with Broker() as broker:
            port = broker.port
            settings = ClientSettings(base_url=f"http://127.0.0.1:{port}")
            job = CodeExecutor(settings=settings).submit("import time\ntime.sleep(1.5)\nprint('done')\n")
            self.assertTrue(wait_until(lambda: job.refresh().state == "running", 30))
            waiting = in_background(job.wait, 90)
            broker.kill()
            time.sleep(1)
            broker.environment["SALLYPORT_SERVER_PORT"] = str(port)
            broker.start()
            self.assertEqual(broker.port, port)
            self.assertEqual(waiting().stdout, "done\n")


if __name__ == "__main__":
    unittest.main()
