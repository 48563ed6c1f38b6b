"""Asynchronous jobs, idempotency keys and batches, over HTTP with real sandboxes."""

import json
import time
import unittest

from harness import NO_DOORS, Broker, BrokerTestCase, in_background, wait_until

ENDED = {"succeeded", "failed", "cancelled", "expired"}


class Jobs:
    """What a client of jobs asks a broker."""

    def __init__(self, broker):
        self.broker = broker

    def ask(self, method, path, body=None, headers=None):
        connection = self.broker.connect()
        try:
            data = None if body is None else json.dumps(body).encode()
            fields = {"Content-Type": "application/json"} if data is not None else {}
            connection.request(method, path, data, {**fields, **(headers or {})})
            response = connection.getresponse()
            return response.status, response.headers, json.loads(response.read())
        finally:
            connection.close()

    def accept(self, code, headers=None, **fields):
        """The id of a job that was accepted."""
        status, sent, body = self.ask("POST", "/v1/executions", {"code": code, "mode": "async", **NO_DOORS, **fields},
                                      headers)
        assert status == 202, (status, body)
        assert sent["Location"] == "/v1/executions/" + body["id"], dict(sent)
        return body["id"]

    def show(self, job):
        status, _, body = self.ask("GET", "/v1/executions/" + job)
        assert status == 200, (status, body)
        return body

    def wait(self, job, states=None, seconds=60):
        """The job once it is in one of `states`."""
        found = {}

        def there():
            found.update(self.show(job))
            return found["state"] in (states or ENDED)

        if not wait_until(there, seconds):
            raise AssertionError(f"the job does not end: {found}")
        return found

    def cancel(self, job):
        return self.ask("DELETE", "/v1/executions/" + job)

    def list(self, query=""):
        """All of the pages."""
        listed, cursor = [], None
        while True:
            page_query = query + (f"&cursor={cursor}" if cursor else "")
            status, _, body = self.ask("GET", "/v1/executions?" + page_query)
            assert status == 200, (status, body)
            listed += body["executions"]
            cursor = body["next_cursor"]
            if cursor is None:
                return listed


class JobTestCase(BrokerTestCase):
    def setUp(self):
        self.jobs = Jobs(self.broker)


class AsyncJobs(JobTestCase):
    def test_accepted_run_and_shown(self):
        job = self.jobs.accept("print(6 * 7)", user_id="u")
        ended = self.jobs.wait(job)
        self.assertEqual(ended["state"], "succeeded")
        self.assertEqual(ended["result"]["stdout"], "42\n")
        self.assertEqual(ended["result"]["id"], job)
        self.assertEqual(ended["user_id"], "u")
        self.assertLessEqual(ended["created_at"], ended["started_at"])
        self.assertLessEqual(ended["started_at"], ended["ended_at"])

    def test_prefer_header(self):
        status, headers, body = self.jobs.ask("POST", "/v1/executions", {"code": "print(1)", **NO_DOORS},
                                              {"Prefer": "respond-async"})
        self.assertEqual(status, 202, body)
        self.assertEqual(headers["Preference-Applied"], "respond-async")
        self.assertEqual(self.jobs.wait(body["id"])["state"], "succeeded")

    def test_a_program_that_fails(self):
        ended = self.jobs.wait(self.jobs.accept("1 / 0"))
        self.assertEqual(ended["state"], "failed")
        self.assertEqual(ended["result"]["error_type"], "ZeroDivisionError")
        self.assertIsNone(ended["error"])

    def test_the_doors_stand_before_jobs_too(self):
        status, _, body = self.jobs.ask("POST", "/v1/executions", {"code": "import os", "mode": "async"})
        self.assertEqual(status, 202, body)
        ended = self.jobs.wait(body["id"])
        self.assertEqual(ended["state"], "failed")
        self.assertEqual(ended["result"]["error_type"], "ValidationError")

    def test_mistakes_are_told_at_once(self):
        status, _, body = self.jobs.ask("POST", "/v1/executions", {"cod": "1", "mode": "async"})
        self.assertEqual(status, 422, body)
        self.assertEqual(self.jobs.ask("GET", "/v1/executions/0")[0], 404)
        self.assertEqual(self.jobs.cancel("0")[0], 404)

    def test_a_running_job_is_cancelled_and_its_container_gone(self):
        job = self.jobs.accept("import time\ntime.sleep(60)")
        self.jobs.wait(job, {"running"})
        self.assertTrue(wait_until(self.broker.containers, 20))
        time.sleep(0.5)
        begin = time.monotonic()
        status, _, body = self.jobs.cancel(job)
        self.assertEqual((status, body["state"]), (200, "cancelled"))
        self.assertTrue(self.broker.containers_gone(20))
        took = time.monotonic() - begin
        print(f"cancelled, and its container gone, in {took:.2f} s")
        self.assertEqual(self.jobs.cancel(job)[2], body)
        self.assertEqual(self.jobs.show(job)["state"], "cancelled")

    def test_lists_by_state_user_and_time(self):
        mine = [self.jobs.accept(f"print({i})", user_id="lister") for i in range(5)]
        for job in mine:
            self.jobs.wait(job)
        listed = self.jobs.list("user_id=lister&limit=2")
        self.assertEqual([job["id"] for job in listed], mine[::-1])
        self.assertEqual(self.jobs.list("user_id=lister&state=queued"), [])
        begin = listed[-1]["created_at"]
        self.assertEqual(len(self.jobs.list("user_id=lister&created_after=" + begin)), 4)
        self.assertEqual(self.jobs.list("user_id=lister&created_before=" + begin), [])


class Keys(JobTestCase):
    def test_the_first_reply_again(self):
        body = {"code": "import time\nprint(time.time())", **NO_DOORS}
        headers = {"Idempotency-Key": "again"}
        first = self.jobs.ask("POST", "/v1/executions", body, headers)
        self.assertEqual(first[0], 200, first[2])
        again = self.jobs.ask("POST", "/v1/executions", body, headers)
        self.assertEqual((again[0], again[2]), (200, first[2]))
        other = self.jobs.ask("POST", "/v1/executions", {**body, "stdin": "x"}, headers)
        self.assertEqual(other[0], 422, other[2])

    def test_while_the_first_runs(self):
        body = {"code": "import time\ntime.sleep(1)\nprint(time.time())", **NO_DOORS}
        headers = {"Idempotency-Key": "meanwhile"}
        calls = [in_background(self.jobs.ask, "POST", "/v1/executions", body, headers) for _ in range(5)]
        answers = [call() for call in calls]
        self.assertEqual({answer[0] for answer in answers}, {200})
        self.assertEqual(len({answer[2]["stdout"] for answer in answers}), 1)

    def test_of_async_requests(self):
        headers = {"Idempotency-Key": "async"}
        first = self.jobs.accept("print(1)", headers)
        self.assertEqual(self.jobs.accept("print(1)", headers), first)
        self.jobs.wait(first)
        self.assertEqual(self.jobs.accept("print(1)", headers), first)

    def test_are_bounded(self):
        status, _, body = self.jobs.ask("POST", "/v1/executions", {"code": "1"}, {"Idempotency-Key": "k" * 256})
        self.assertEqual(status, 400, body)


class Batches(JobTestCase):
    sections = {"jobs": {"max_batch": 5}}

    def test_in_order_and_each_for_itself(self):
        codes = ["print('a')", "1 / 0", None, "print('d')"]
        executions = [{"code": code, **NO_DOORS} for code in codes]
        status, _, body = self.jobs.ask("POST", "/v1/executions/batch", {"executions": executions})
        self.assertEqual(status, 200, body)
        items = body["executions"]
        self.assertEqual([item["state"] for item in items], ["succeeded", "failed", "refused", "succeeded"])
        self.assertEqual([items[0]["result"]["stdout"], items[3]["result"]["stdout"]], ["a\n", "d\n"])
        self.assertEqual(items[2]["error"]["status"], 422)

    def test_async(self):
        executions = [{"code": f"print({i})", **NO_DOORS} for i in range(3)]
        status, _, body = self.jobs.ask("POST", "/v1/executions/batch", {"executions": executions, "mode": "async"})
        self.assertEqual(status, 202, body)
        outputs = [self.jobs.wait(item["id"])["result"]["stdout"] for item in body["executions"]]
        self.assertEqual(outputs, ["0\n", "1\n", "2\n"])

    def test_are_bounded(self):
        status, _, body = self.jobs.ask("POST", "/v1/executions/batch", {"executions": [{"code": "1"}] * 6})
        self.assertEqual(status, 422, body)


class Ends(unittest.TestCase):
    """A broker that ends, and its next start."""

    def test_sigterm_leaves_what_is_queued_for_the_next_start(self):
        with Broker(jobs={"max_running": 1}, server={"shutdown_seconds": 1, "port": 0}) as broker:
            jobs = Jobs(broker)
            accepted = [jobs.accept(f"import time\ntime.sleep(2)\nprint({i})") for i in range(3)]
            jobs.wait(accepted[0], {"running"})
            broker.stop()
            broker.start()
            for number, job in enumerate(accepted):
                ended = jobs.wait(job)
                self.assertEqual(ended["state"], "succeeded", ended)
                self.assertEqual(ended["result"]["stdout"], f"{number}\n")

    def test_jobs_wait_for_an_engine_that_is_away(self):
        with Broker(engine_socket="/var/run/no-such-engine.sock", jobs={"max_wait_seconds": 3}) as broker:
            jobs = Jobs(broker)
            job = jobs.accept("print(1)")
            self.assertEqual(jobs.wait(job)["state"], "expired")

    def test_one_broker_a_file(self):
        with Broker() as broker:
            file = f"{broker.folder}/jobs.db"
            with Broker(store={"file": file}):
                other = Broker(store={"file": file})
                with self.assertRaisesRegex(AssertionError, "another process uses it"):
                    other.start()
                other.process.wait()
                other.stop()
