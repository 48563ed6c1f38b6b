"""Turns, limits, the result cache and the metrics, over HTTP with real sandboxes."""

import threading
import time
import unittest

from harness import NO_DOORS, BrokerTestCase, in_background, wait_until
from prometheus import Metrics, metrics_of


class AdmissionTestCase(BrokerTestCase):
    def submit(self, code="print(1)", **fields):
        return self.broker.post({"code": code, **NO_DOORS, **fields})

    def ready(self):
        return self.broker.get("/readyz")[1]

    def refused_for(self, reason, answer):
        status, headers, body = answer
        self.assertEqual(status, 429, body)
        self.assertEqual(body["error_type"], "TooManyRequestsError")
        self.assertEqual(body["details"]["reason"], reason)
        self.assertRegex(headers["Retry-After"], r"\A[1-9]\d*\Z")
        return int(headers["Retry-After"])


class Rates(AdmissionTestCase):
    sections = {"limits": {"rate_per_minute": 20, "burst": 3, "key_rate_per_minute": 600, "key_burst": 1000}}

    def test_a_user_beyond_its_rate_is_told_when_to_come_back(self):
        # They need no sandbox, so that they are sooner through than the next is permitted.
        for _ in range(3):
            self.assertEqual(self.submit("(", user_id="a")[0], 200)
        answers = [self.submit("(", user_id="a") for _ in range(3)]
        waits = [self.refused_for("user_rate", answer) for answer in answers if answer[0] == 429]
        self.assertTrue(waits, answers)
        self.assertLessEqual(max(waits), 3)
        # Another user, and another kind of id, is another matter.
        self.assertEqual(self.submit(user_id="b")[0], 200)
        self.assertEqual(self.submit(user_id=7)[0], 200)
        self.assertEqual(self.submit(user_id="7")[0], 200)
        self.assertEqual(self.submit()[0], 200)
        # And what the answer promised is true.
        time.sleep(waits[-1])
        self.assertEqual(self.submit(user_id="a")[0], 200)

    def test_validation_counts_too_and_refused_requests_run_nothing(self):
        for _ in range(3):
            status, _, _ = self.broker.post({"code": "1", "user_id": "v"}, path="/v1/validate")
            self.assertEqual(status, 200)
        before = metrics_of(self.broker).value("sallyport_sandboxes_created_total")
        self.refused_for("user_rate", self.submit(user_id="v"))
        self.refused_for("user_rate", self.broker.post({"code": "1", "user_id": "v"}, path="/v1/validate"))
        self.assertEqual(metrics_of(self.broker).value("sallyport_sandboxes_created_total"), before)


class NoisyNeighbour(AdmissionTestCase):
    sections = {"admission": {"max_concurrent": 2, "max_queued": 12, "queue_timeout_seconds": 120}}

    def test_a_quiet_user_is_served_before_the_rest_of_a_noisy_one(self):
        noisy_ends = []
        answers = []
        lock = threading.Lock()

        def noise():
            answer = self.submit("import time; time.sleep(0.2)", user_id="noisy")
            with lock:
                answers.append(answer)
                noisy_ends.append(time.monotonic())

        threads = [threading.Thread(target=noise, daemon=True) for _ in range(30)]
        for thread in threads:
            thread.start()
        # Two run, twelve wait, and the queue is full.
        self.assertTrue(wait_until(lambda: self.ready().get("queued") == 12, 30))
        for _ in range(2):
            status, _, body = self.submit(user_id="quiet")
            quiet_end = time.monotonic()
            self.assertEqual(status, 200, body)
            self.assertLess(body["timings"]["queue_ms"], 60_000)
        for thread in threads:
            thread.join(120)
        statuses = [status for status, _, _ in answers]
        self.assertEqual(len(statuses), 30)
        self.assertLessEqual(set(statuses), {200, 429, 503})
        # Most of the noise that was let in came after the quiet user's first.
        later = sum(end > quiet_end for end in noisy_ends)
        self.assertGreater(later, 3, statuses)
        # Whoever made room for the quiet user was told so; whoever found the queue full too.
        reasons = {body["details"]["reason"] for status, _, body in answers if status != 200}
        self.assertLessEqual(reasons, {"displaced", "full"})
        self.assertIn("displaced", reasons)
        for status, headers, body in answers:
            if status != 200:
                self.assertEqual(status, 429 if body["details"]["reason"] == "displaced" else 503)
                self.assertGreaterEqual(int(headers["Retry-After"]), 1)


class PerUser(AdmissionTestCase):
    sections = {"admission": {"max_concurrent": 4, "max_queued": 20, "max_priority": "high"},
                "limits": {"max_concurrent_per_user": 1, "max_queued_per_user": 2}}

    def test_one_user_neither_takes_all_places_nor_all_of_the_queue(self):
        slow = "import time; time.sleep(3)"
        waiting = [in_background(self.submit, slow, user_id="noisy") for _ in range(3)]
        self.assertTrue(wait_until(lambda: self.ready().get("queued") == 2, 30))
        self.assertEqual(self.ready()["running"], 1)
        self.refused_for("user_queue", self.submit(user_id="noisy"))
        # Three places are free for others.
        status, _, body = self.submit(user_id="quiet")
        self.assertEqual(status, 200, body)
        self.assertLess(body["timings"]["queue_ms"], 1000)
        self.assertEqual([answer(60)[0] for answer in waiting], [200, 200, 200])

    def test_high_priority_goes_before_low(self):
        order = []

        def submit(name, priority):
            self.assertEqual(self.submit(user_id="one", priority=priority)[0], 200)
            order.append(name)

        first = in_background(self.submit, "import time; time.sleep(2)", user_id="one")
        self.assertTrue(wait_until(lambda: self.ready().get("running") == 1, 30))
        low = in_background(submit, "low", "low")
        self.assertTrue(wait_until(lambda: self.ready().get("queued") == 1, 30))
        high = in_background(submit, "high", "high")
        for each in (first, low, high):
            each(60)
        self.assertEqual(order, ["high", "low"])


class Priorities(AdmissionTestCase):
    def test_a_priority_beyond_the_ceiling_is_refused_by_name(self):
        status, _, body = self.submit(priority="high")
        self.assertEqual(status, 422)
        self.assertEqual(body["details"], {"field": "priority", "asked": "high", "ceiling": "normal"})
        self.assertEqual(self.submit(priority="low")[0], 200)


class Cache(AdmissionTestCase):
    sections = {"cache": {"enabled": True, "ttl_seconds": 600}}
    CODE = "import random\nprint(random.random())"

    def test_a_result_is_given_again_to_its_user_alone(self):
        first = self.broker.run(self.CODE, user_id="a", deterministic=True)
        self.assertFalse(first["cached"])
        begin = time.monotonic()
        again = self.broker.run(self.CODE, user_id="a", deterministic=True)
        elapsed = time.monotonic() - begin
        self.assertTrue(again["cached"])
        self.assertEqual(again["stdout"], first["stdout"])
        self.assertNotEqual(again["id"], first["id"])
        self.assertIsNone(again["usage"])
        self.assertIsNone(again["execution_time_seconds"])
        self.assertLess(elapsed, first["total_time_seconds"])
        self.assertLess(again["total_time_seconds"] * 10, first["total_time_seconds"])
        for other in ({"user_id": "b"}, {"user_id": None}, {"user_id": "a", "stdin": "x"},
                      {"user_id": "a", "context": {"x": 1}}, {"user_id": "a", "sandbox_config": {"timeout_seconds": 29}}):
            reply = self.broker.run(self.CODE, deterministic=True, **other)
            self.assertFalse(reply["cached"], other)
            self.assertNotEqual(reply["stdout"], first["stdout"])
        self.assertFalse(self.broker.run(self.CODE, user_id="a")["cached"])

    def test_failures_are_not_kept_and_hits_are_audited(self):
        for _ in range(2):
            self.assertFalse(self.broker.run("1/0", deterministic=True)["cached"])
        replies = [self.broker.run("print('audited')", user_id="x", deterministic=True) for _ in range(2)]
        self.assertEqual([reply["cached"] for reply in replies], [False, True])

        def record():
            return [line for line in self.broker.log_lines("audit.log")
                    if line.get("execution_id") == replies[1]["id"] and "success" in line]
        self.assertTrue(wait_until(record, 10))
        self.assertEqual([(line["success"], line["cached"], line["container_id"]) for line in record()],
                         [(True, True, None)])
        metrics = metrics_of(self.broker)
        self.assertGreaterEqual(metrics.value("sallyport_cache_lookups_total", result="hit"), 1)
        self.assertGreaterEqual(metrics.value("sallyport_cache_lookups_total", result="miss"), 3)
        self.assertGreaterEqual(metrics.value("sallyport_cache_entries"), 1)


class CacheOff(AdmissionTestCase):
    def test_the_flag_alone_caches_nothing(self):
        for _ in range(2):
            self.assertFalse(self.broker.run("print(1)", deterministic=True)["cached"])


class Truth(AdmissionTestCase):
    """The metrics after traffic that is known."""

    sections = {"admission": {"max_concurrent": 1, "max_queued": 1}}

    def test_everything_is_counted_once(self):
        for _ in range(3):
            self.assertTrue(self.broker.run("print('hello')")["success"])
        self.assertEqual(self.broker.run("1/0")["error_type"], "ZeroDivisionError")
        self.assertTrue(self.broker.run("while True: pass", sandbox_config={"timeout_seconds": 1})["timed_out"])
        reply = self.broker.run("while True: print('x' * 1000)", sandbox_config={"max_output_bytes": 1000})
        self.assertTrue(reply["was_output_truncated"])
        status, _, reply = self.broker.post({"code": "import os"})
        self.assertEqual((status, reply["error_type"]), (200, "ValidationError"))
        self.assertEqual(self.broker.post(b"{")[0], 400)
        self.assertEqual(self.broker.get("/nothing")[0], 404)
        # One runs, one waits, the third is refused.
        slow = [in_background(self.submit, "import time; time.sleep(2)") for _ in range(2)]
        self.assertTrue(wait_until(lambda: self.ready().get("queued") == 1, 30))
        during = metrics_of(self.broker)
        self.assertEqual(during.value("sallyport_running"), 1)
        self.assertEqual(during.value("sallyport_queue_depth", priority="normal"), 1)
        status, headers, _ = self.submit()
        self.assertEqual(status, 503)
        self.assertGreaterEqual(int(headers["Retry-After"]), 1)
        self.assertEqual([each(60)[0] for each in slow], [200, 200])
        self.assertTrue(self.broker.containers_gone(20))

        metrics = metrics_of(self.broker)
        executions = {"route": "/v1/executions"}
        for status, error_type, count in (("200", "none", 5), ("200", "Exception", 1), ("200", "TimeoutError", 1),
                                          ("200", "ResourceLimitError", 1), ("200", "ValidationError", 1),
                                          ("400", "ValidationError", 1), ("503", "UnavailableError", 1)):
            self.assertEqual(metrics.value("sallyport_requests_total", **executions, status=status,
                                           error_type=error_type), count, (status, error_type))
        self.assertEqual(metrics.total("sallyport_requests_total", **executions), 11)
        self.assertEqual(metrics.value("sallyport_requests_total", route="none", status="404",
                                       error_type="NotFoundError"), 1)
        verdicts = {dict(labels)["verdict"]: value
                    for (_, labels), value in metrics.families["sallyport_verdicts_total"].samples.items() if value}
        self.assertEqual(sum(verdicts.values()), 8, verdicts)
        self.assertEqual(sorted(verdicts.values()), [1, 1, 1, 5], verdicts)
        for stage, count in (("validation", 10), ("queue", 9), ("sandbox", 8), ("output", 8), ("total", 9)):
            self.assertEqual(metrics.value("sallyport_stage_seconds_count", stage=stage), count, stage)
        self.assertGreater(metrics.value("sallyport_stage_seconds_sum", stage="sandbox"), 5)
        self.assertEqual(metrics.value("sallyport_violations_total", door="code", rule="import"), 1)
        self.assertEqual(metrics.value("sallyport_admission_refused_total", reason="full"), 1)
        self.assertEqual(metrics.value("sallyport_sandboxes_created_total"), 8)
        self.assertTrue(wait_until(
            lambda: metrics_of(self.broker).value("sallyport_sandboxes_removed_total") == 8, 20))
        self.assertEqual(metrics.value("sallyport_engine_call_seconds_count", call="POST /containers/{id}/start"), 8)
        self.assertEqual(metrics.total("sallyport_log_records_lost_total"), 0)
        self.assertEqual(metrics.value("sallyport_running"), 0)
        self.assertEqual(metrics.total("sallyport_queue_depth"), 0)
        self.assertEqual(metrics.value("sallyport_connections"), 1)
        self.assertAlmostEqual(metrics.value("sallyport_process_resident_memory_bytes") / 2**20,
                               self.broker.resident_mb(), delta=20)
        self.assertEqual(metrics.total("sallyport_build_info"), 1)

    def test_whatever_a_client_sends_is_no_new_label(self):
        before = {name: len(family.samples) for name, family in metrics_of(self.broker).families.items()}
        for i in range(20):
            self.assertEqual(self.broker.get(f"/path-{i}")[0], 404)
            connection = self.broker.connect()
            connection.request(f"METHOD{i}", "/v1/executions")
            self.assertEqual(connection.getresponse().status, 405)
            connection.close()
        self.broker.run("class Mine(Exception): pass\nraise Mine", user_id="somebody-in-particular")
        connection = self.broker.connect()
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        for word in ("path-1", "METHOD1", "Mine", "somebody"):
            self.assertNotIn(word, text)
        after = {name: len(family.samples) for name, family in Metrics(text).families.items()}
        grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
        self.assertLessEqual(grown.pop("sallyport_requests_total", 0), 4)
        self.assertLessEqual(set(grown), {"sallyport_engine_call_seconds", "sallyport_engine_call_errors_total"})


if __name__ == "__main__":
    unittest.main()
