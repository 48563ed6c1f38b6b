"""Two brokers on one PostgreSQL, of which one is killed: every job has one result."""

import collections
import json
import os
import pathlib
import sys
import threading
import time
import unittest

from crashes import PROGRAM, Client, ENDED
from harness import NO_DOORS, Broker, in_background, wait_until
from test_jobs import Jobs

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from private_postgres import PrivatePostgres  # noqa: E402

JOBS = int(os.environ.get("SALLYPORT_TEST_SHARED_JOBS", "60"))


class SharedQueue(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = PrivatePostgres()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def broker(self, schema):
        conninfo = self.server.conninfo + f" options='-c search_path={schema}'"
        return Broker(store={"backend": "postgresql", "postgresql": conninfo},
                      jobs={"lease_seconds": 3, "max_interruptions": 1000, "max_running": 2},
                      streaming={"heartbeat_seconds": 1})

    def make_schema(self, name):
        import subprocess
        from private_postgres import program
        subprocess.run([program("psql"), "-q", "-h", self.server.folder, "-U", "sallyport", "-d", "postgres",
                        "-c", f"CREATE SCHEMA {name}"], check=True)
        return name

    def test_the_events_of_a_job_that_another_broker_runs(self):
        schema = self.make_schema("events")
        with self.broker(schema) as first, self.broker(schema) as second:
            code = "import sys, time\ntime.sleep(2)\nprint('out')\nprint('err', file=sys.stderr)"
            # Under a key it runs where it came.
            running = in_background(first.post, {"code": code, **NO_DOORS}, {"Idempotency-Key": "k"})
            self.assertTrue(wait_until(lambda: Jobs(second).list("state=running"), 10))
            job = Jobs(second).list("state=running")[0]["id"]
            for _ in range(2):  # While it runs, and when it has ended.
                connection = second.connect()
                connection.request("GET", f"/v1/executions/{job}/events", headers={"Accept": "application/x-ndjson"})
                events = [json.loads(line) for line in connection.getresponse().read().splitlines()]
                connection.close()
                events = [event for event in events if event["event"] != "heartbeat"]
                self.assertEqual([(e["event"], e["id"]) for e in events], [("stdout", 1), ("stderr", 2), ("result", 3)])
                self.assertEqual([e["data"].get("text") for e in events[:2]], ["out\n", "err\n"])
            self.assertEqual(events[2]["data"], running()[2])

    def test_one_of_two_is_killed_midway(self):
        schema = self.make_schema("midway")
        with self.broker(schema) as first, self.broker(schema) as second:
            brokers = {first.port: first, second.port: second}
            ports = list(brokers)
            client = Client(lambda: list(ports), time.monotonic() + 120 + 3 * JOBS)
            jobs = {}
            begin = time.monotonic()
            for number in range(JOBS):
                body = {"code": PROGRAM.format(number=number, pause=0.02), "mode": "async", **NO_DOORS}
                status, answer = client.ask("POST", "/v1/executions", body, {"Idempotency-Key": str(number)})
                self.assertEqual(status, 202, answer)
                jobs[number] = answer["id"]
                if number == JOBS // 2:
                    ports.remove(first.port)
                    first.kill()
            results = {}
            for number, job in jobs.items():
                def ended(job=job):
                    status, body = client.ask("GET", "/v1/executions/" + job)
                    self.assertEqual(status, 200, body)
                    results[job] = body
                    return body["state"] in ENDED
                self.assertTrue(wait_until(ended, 60 + 3 * JOBS), results.get(job))
                self.assertEqual(results[job]["state"], "succeeded", results[job])
                self.assertTrue(results[job]["result"]["stdout"].startswith(f"{number} "))
            took = time.monotonic() - begin
            # They stay as they are, also when the other one comes back.
            first.start()
            ports.append(first.port)
            for job, body in results.items():
                self.assertEqual(client.ask("GET", "/v1/executions/" + job)[1], body)
            self.assertEqual(sorted(job["id"] for job in Jobs(second).list("limit=100")), sorted(jobs.values()))
            print(f"{JOBS} jobs, each with one result, in {took:.1f} s")

    def test_a_job_on_another_broker_is_cancelled(self):
        schema = self.make_schema("cancel")
        with self.broker(schema) as first, self.broker(schema) as second:
            job = Jobs(first).accept("import time\ntime.sleep(60)")
            Jobs(first).wait(job, {"running"})
            for broker in (first, second):
                self.assertEqual(Jobs(broker).cancel(job)[2]["state"], "cancelled")
            for broker in (first, second):
                self.assertTrue(broker.containers_gone(10))

    def test_a_key_is_one_key_on_both(self):
        schema = self.make_schema("keys")
        with self.broker(schema) as first, self.broker(schema) as second:
            body = {"code": "import time\ntime.sleep(1)\nprint(time.time_ns())", **NO_DOORS}
            answers = collections.Counter()

            def ask(broker):
                status, _, reply = broker.post(body, {"Idempotency-Key": "one"})
                answers[(status, str(reply))] += 1

            threads = [threading.Thread(target=ask, args=(broker,)) for broker in (first, second) * 3]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            self.assertEqual(len(answers), 1, answers)
            self.assertEqual(sum(answers.values()), 6)

    def test_the_database_is_killed_and_comes_back(self):
        schema = self.make_schema("outage")
        with self.broker(schema) as broker:
            jobs = Jobs(broker)
            before = jobs.accept("import time\ntime.sleep(2)\nprint(1)")
            jobs.wait(before, {"running"})
            self.server.kill()
            status, _, body = jobs.ask("POST", "/v1/executions", {"code": "print(2)", "mode": "async", **NO_DOORS})
            self.assertEqual((status, body["details"]["reason"]), (503, "store_unavailable"))
            # What needs no store is served.
            self.assertEqual(broker.run("print(3)")["stdout"], "3\n")
            time.sleep(3)
            self.server.start()
            self.assertTrue(wait_until(lambda: jobs.ask("GET", "/v1/executions/" + before)[0] == 200, 30))
            self.assertEqual(jobs.wait(before)["state"], "succeeded")
            self.assertEqual(jobs.wait(jobs.accept("print(4)"))["result"]["stdout"], "4\n")
