"""Executions that are watched while they run: events over HTTP, through both doors, against the real sandbox."""

import http.client
import json
import socket
import time
import unittest

from harness import NO_DOORS, Broker, wait_until

SSN = "219-09-9998"
RULES = """{"rules": [
  {"id": "top-secret", "category": "personal", "pattern": "(?P<secret>TOPSECRET)", "keywords": ["topsecret"],
   "action": "block", "severity": "critical", "examples": {"match": ["TOPSECRET"], "no_match": ["TOP"]}}
]}"""


def events_of_lines(response):
    """(time of arrival, event) of a stream of JSON lines."""
    while True:
        line = response.readline()
        if not line:
            return
        yield time.monotonic(), json.loads(line)


class Streaming(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(streaming={"heartbeat_seconds": 0.4, "max_event_bytes": 200_000})
        cls.addClassCleanup(cls.broker.__exit__)
        rules = f"{cls.broker.folder}/rules.json"
        with open(rules, "w", encoding="utf-8") as file:
            file.write(RULES)
        cls.broker.config["output"] = {"rules_file": rules}
        with open(cls.broker.config_file, "w", encoding="utf-8") as file:
            json.dump(cls.broker.config, file)
        cls.broker.start()

    def open(self, code, accept="application/x-ndjson", **fields):
        connection = self.broker.connect()
        self.addCleanup(connection.close)
        connection.request("POST", "/v1/executions", json.dumps({"code": code, **fields}).encode(),
                           {"Content-Type": "application/json", "Accept": accept})
        return connection.getresponse()

    def stream(self, code, **fields):
        """All events but heartbeats, the output of both streams put together, and the result."""
        response = self.open(code, **fields)
        self.assertEqual(response.status, 200)
        events = [event for _, event in events_of_lines(response) if event["event"] != "heartbeat"]
        self.assertEqual([event["id"] for event in events], list(range(1, len(events) + 1)))
        self.assertEqual(events[-1]["event"], "result", events[-1])
        texts = {name: "".join(e["data"]["text"] for e in events if e["event"] == name) for name in ("stdout", "stderr")}
        return events, texts, events[-1]["data"]

    def test_output_comes_while_the_program_runs(self):
        response = self.open("import sys, time\nprint('one', flush=True)\ntime.sleep(1.2)\nprint('two')\n"
                             "print('err', file=sys.stderr)\nraise ValueError('x')\n")
        self.assertEqual(response.getheader("Content-Type"), "application/x-ndjson")
        seen = list(events_of_lines(response))
        names = [event["event"] for _, event in seen]
        self.assertIn("heartbeat", names)
        self.assertEqual([name for name in names if name != "heartbeat"][:3], ["queued", "started", "stdout"])
        first = next(at for at, event in seen if event["event"] == "stdout")
        at_end, result = seen[-1]
        self.assertGreater(at_end - first, 1.0)
        self.assertEqual(result["event"], "result")
        self.assertEqual(result["data"]["stdout"], "one\ntwo\n")
        self.assertEqual(result["data"]["error_type"], "ValueError")
        self.assertEqual(result["data"]["id"], seen[0][1]["data"]["id"])

    def test_the_result_is_what_the_events_said(self):
        code = ("import os, sys\nfor i in range(300):\n    print('line', i, flush=i % 3 == 0)\n"
                "    print('err', i, file=sys.stderr)\nsys.stdout.flush()\n"
                "text = 'ä€🐍'.encode()\nfor i in range(len(text)):\n    os.write(1, text[i:i + 1])\nos.write(1, b'\\xff')\n")
        events, texts, result = self.stream(code, **NO_DOORS)
        self.assertEqual(texts, {"stdout": result["stdout"], "stderr": result["stderr"]})
        self.assertTrue(texts["stdout"].endswith("ä€🐍\ufffd"), texts["stdout"][-20:])
        plain = self.broker.run(code)
        self.assertEqual((result["stdout"], result["stderr"]), (plain["stdout"], plain["stderr"]))

    def test_what_is_redacted_is_redacted_while_it_streams(self):
        code = (f"import time\nprint('ssn ', end='', flush=True)\ntime.sleep(.3)\nprint('{SSN[:5]}', end='', flush=True)\n"
                f"time.sleep(.3)\nprint('{SSN[5:]}', flush=True)\nprint('done')\n")
        events, texts, result = self.stream(code)
        self.assertNotIn(SSN, json.dumps(events))
        self.assertNotIn(SSN[:5], json.dumps([e for e in events if e["event"] == "stdout"]))
        self.assertEqual(texts["stdout"], "ssn [REDACTED]\ndone\n")
        self.assertEqual(result["stdout"], texts["stdout"])
        violations = [event["data"] for event in events if event["event"] == "violation"]
        self.assertEqual([v["stream"] for v in violations], ["stdout"])
        self.assertEqual(len(result["output_violations"]), 1)
        self.assertTrue(result["was_output_redacted"])
        self.assertEqual(self.broker.post({"code": code})[2]["stdout"], result["stdout"])

    def test_a_rule_that_blocks_ends_the_run_there(self):
        begun = time.monotonic()
        events, texts, result = self.stream("import time\nprint('before', flush=True)\ntime.sleep(.3)\n"
                                            "print('x TOPSECRET y', flush=True)\nprint('behind\\n' * 200, flush=True)\n"
                                            "time.sleep(25)\nprint('late')\n")
        self.assertLess(time.monotonic() - begun, 15)
        # What stood before the finding may have gone out.
        self.assertIn(texts["stdout"], ("before\n", "before\nx "))
        self.assertEqual(result["error_type"], "OutputValidationError")
        self.assertEqual(result["stdout"], "")
        self.assertFalse(result["success"])
        self.assertTrue(any(event["event"] == "violation" for event in events))
        self.assertTrue(self.broker.containers_gone(20))

    def test_what_the_first_door_stops_is_told_without_a_sandbox(self):
        events, _, result = self.stream("import os\nos.system('ls')\n")
        self.assertEqual(result["error_type"], "ValidationError")
        self.assertEqual([e["event"] for e in events[:-1]], ["violation"] * len(result["validation_violations"]))

    def test_output_beyond_the_limit_is_cut_as_in_a_reply(self):
        code = "print('x' * 5000)\n"
        events, texts, result = self.stream(code, sandbox_config={"max_output_bytes": 1000})
        self.assertTrue(result["was_output_truncated"])
        self.assertEqual(texts["stdout"], result["stdout"])
        plain = self.broker.post({"code": code, "sandbox_config": {"max_output_bytes": 1000}})[2]
        self.assertEqual(result["stdout"], plain["stdout"])

    def test_server_sent_events(self):
        # One write, so that it is one event: print makes two of it.
        response = self.open("import sys\nsys.stdout.write('a\\n\\nb\\n')\n", accept="text/event-stream")
        self.assertEqual(response.getheader("Content-Type"), "text/event-stream")
        blocks = [b for b in response.read().decode().split("\n\n") if b and not b.startswith(":")]
        events = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]
        self.assertEqual([e["event"] for e in events], ["queued", "started", "stdout", "result"])
        self.assertEqual([e["id"] for e in events], ["1", "2", "3", "4"])
        self.assertEqual(json.loads(events[2]["data"])["text"], "a\n\nb\n")

    def test_http_1_0_gets_a_stream_that_ends_with_the_connection(self):
        body = json.dumps({"code": "print('x')"}).encode()
        with socket.create_connection(("127.0.0.1", self.broker.port)) as client:
            client.sendall(b"POST /v1/executions HTTP/1.0\r\nAccept: application/x-ndjson\r\n"
                           b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            data = b""
            while piece := client.recv(65536):
                data += piece
        head, _, text = data.partition(b"\r\n\r\n")
        self.assertNotIn(b"chunked", head)
        self.assertEqual(json.loads(text.splitlines()[-1])["event"], "result")

    def test_a_client_that_goes_away_stops_the_run(self):
        response = self.open("import time\nprint('x', flush=True)\ntime.sleep(25)\n")
        for _, event in events_of_lines(response):
            if event["event"] == "stdout":
                break
        self.assertEqual(len(self.broker.containers()), 1)
        response.close()
        self.doCleanups()  # Closes the connection.
        self.assertTrue(self.broker.containers_gone(15))

    def test_a_slow_reader_slows_nothing_but_itself(self):
        # More than the kernel's buffers take beside what the broker keeps.
        code = "for i in range(9000):\n    print(i, 'x' * 1000)\n"
        body = json.dumps({"code": code, "sandbox_config": {"max_output_bytes": 10_000_000}}).encode()
        client = socket.socket()
        self.addCleanup(client.close)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(60)
        before = len(self.broker.log_lines("audit.log"))
        client.connect(("127.0.0.1", self.broker.port))
        client.sendall(b"POST /v1/executions HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\n"
                       b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        # The execution ends though nobody reads: a record of its beginning, and one of its end.
        self.assertTrue(wait_until(lambda: len(self.broker.log_lines("audit.log")) >= before + 2, 25))
        response = http.client.HTTPResponse(client)
        response.begin()
        events = [event for _, event in events_of_lines(response)]
        self.assertEqual(events[-1]["event"], "cut")
        self.assertEqual(events[-1]["data"]["reason"], "fell_behind")
        numbers = [event["id"] for event in events[:-1] if "id" in event]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))

    def begin_job(self, code):
        status, headers, body = self.broker.post({"code": code, "mode": "async", **NO_DOORS})
        self.assertEqual(status, 202, body)
        self.assertEqual(headers["Location"], f"/v1/executions/{body['id']}")
        return body["id"]

    def events_of(self, job, last=None):
        connection = self.broker.connect()
        self.addCleanup(connection.close)
        headers = {"Accept": "application/x-ndjson"}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        connection.request("GET", f"/v1/executions/{job}/events", headers=headers)
        return connection, connection.getresponse()

    def test_a_job_is_watched_and_a_reader_resumes(self):
        job = self.begin_job("import time\nfor i in range(20):\n    print(i, flush=True)\n    time.sleep(.1)\n")
        connection, response = self.events_of(job)
        self.assertEqual(response.status, 200)
        first = []
        for _, event in events_of_lines(response):
            if "id" in event:
                first.append(event)
            if sum(e["event"] == "stdout" for e in first) == 3:
                break
        # Cut off in the middle, as far as the client is concerned.
        connection.sock.close()
        connection.close()
        time.sleep(0.5)
        _, response = self.events_of(job, first[-1]["id"])
        rest = [event for _, event in events_of_lines(response) if "id" in event]
        events = first + rest
        self.assertEqual([event["id"] for event in events], list(range(1, len(events) + 1)))
        text = "".join(event["data"]["text"] for event in events if event["event"] == "stdout")
        self.assertEqual(text, "".join(f"{i}\n" for i in range(20)))
        self.assertEqual(events[-1]["event"], "result")
        self.assertEqual(events[-1]["data"]["stdout"], text)
        # The end is known to the store, too.
        status, view = self.broker.get(f"/v1/executions/{job}")
        self.assertEqual((status, view["state"]), (200, "succeeded"))
        self.assertEqual(view["result"]["stdout"], text)
        # All again from the first one, and nothing behind the last.
        _, response = self.events_of(job)
        self.assertEqual([e["id"] for _, e in events_of_lines(response) if "id" in e], [e["id"] for e in events])
        _, response = self.events_of(job, events[-1]["id"])
        self.assertEqual(response.status, 204)

    def test_a_job_that_is_cancelled_tells_its_readers(self):
        job = self.begin_job("import time\nprint('x', flush=True)\ntime.sleep(25)\n")
        _, response = self.events_of(job)
        events = events_of_lines(response)
        while next(events)[1]["event"] != "stdout":
            pass
        connection = self.broker.connect()
        connection.request("DELETE", f"/v1/executions/{job}")
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()
        last = [event for _, event in events][-1]
        self.assertEqual(last["event"], "error")
        self.assertEqual(last["data"]["error_type"], "CancelledError")

    def test_a_job_that_nobody_has_and_one_that_ended_long_ago(self):
        _, response = self.events_of("no-such-job")
        self.assertEqual(response.status, 404)
        with Broker(streaming={"kept_seconds": 0.001}) as broker:
            status, _, body = broker.post({"code": "print(7)", "mode": "async", **NO_DOORS})
            self.assertEqual(status, 202, body)
            path = f"/v1/executions/{body['id']}"
            self.assertTrue(wait_until(lambda: broker.get(path)[1]["state"] == "succeeded", 20))
            # The next job tidies up.
            other = broker.post({"code": "print(8)", "mode": "async", **NO_DOORS})[2]["id"]
            self.assertTrue(wait_until(lambda: broker.get(f"/v1/executions/{other}")[1]["state"] == "succeeded", 20))
            connection = broker.connect()
            self.addCleanup(connection.close)
            connection.request("GET", path + "/events", headers={"Accept": "application/x-ndjson", "Last-Event-ID": "2"})
            events = [json.loads(line) for line in connection.getresponse().read().splitlines()]
            self.assertEqual([(e["event"], e["id"]) for e in events], [("result", 3)])
            self.assertEqual(events[0]["data"]["stdout"], "7\n")

    def test_a_stream_under_a_key_is_given_again(self):
        code = "import time\nprint('one', flush=True)\ntime.sleep(1.5)\nprint('two')\nprint(time.time_ns())"
        body = json.dumps({"code": code, **NO_DOORS}).encode()
        with Broker() as broker:
            def ask(accept="application/x-ndjson"):
                connection = broker.connect()
                self.addCleanup(connection.close)
                connection.request("POST", "/v1/executions", body,
                                   {"Content-Type": "application/json", "Accept": accept, "Idempotency-Key": "k"})
                response = connection.getresponse()
                self.assertEqual(response.status, 200)
                return response

            def names(events):
                return [(event["event"], event["id"]) for event in events if event["event"] != "heartbeat"]

            first = events_of_lines(ask())
            begin = [next(first) for _ in range(3)]
            self.assertEqual(names(event for _, event in begin), [("queued", 1), ("started", 2), ("stdout", 3)])
            again = [event for _, event in events_of_lines(ask())]  # While it runs, from the first event on.
            whole = [event for _, event in begin] + [event for _, event in first]
            self.assertEqual(again, whole)
            self.assertGreater(len(whole), 4)
            result = whole[-1]["data"]
            self.assertEqual([event for _, event in events_of_lines(ask())], whole)
            self.assertEqual(json.loads(ask("application/json").read()), result)
            broker.stop()
            broker.start()
            stored = [event for _, event in events_of_lines(ask())]
            self.assertEqual(names(stored), [("stdout", 1), ("result", 2)])
            self.assertEqual(stored[0]["data"]["text"], result["stdout"])
            self.assertEqual(stored[1]["data"], result)

    def test_shutdown_ends_a_stream_with_a_word(self):
        with Broker(server={"port": 0, "shutdown_seconds": 1}) as broker:
            connection = broker.connect()
            connection.request("POST", "/v1/executions", json.dumps({"code": "import time\ntime.sleep(25)\n"}).encode(),
                               {"Content-Type": "application/json", "Accept": "application/x-ndjson"})
            response = connection.getresponse()
            events = events_of_lines(response)
            self.assertEqual(next(events)[1]["event"], "queued")
            self.assertEqual(next(events)[1]["event"], "started")
            broker.process.terminate()
            last = [event for _, event in events][-1]
            connection.close()
            self.assertEqual(last["event"], "error")
            self.assertEqual(last["data"]["message"], "the broker is shutting down")


if __name__ == "__main__":
    unittest.main()
