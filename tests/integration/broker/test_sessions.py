"""Sessions: interpreters that stay between cells, in real gVisor."""

import base64
import json
import signal
import socket
import time
import unittest
import urllib.parse

from harness import NO_DOORS, Broker, PrivateEngine, in_background, recorded_digest, wait_until

REPORT = {"outcome": "returned", "exit_code": 0, "exception": None, "artifacts": [], "notes": [],
          "usage": {"cpu_seconds": 0, "max_rss_kb": 1}, "result": None, "displays": []}
PNG = b"\x89PNG\r\n\x1a\n"


class SessionClient:
    """One session of one user."""

    def __init__(self, broker, user=None, **fields):
        self.broker = broker
        self.user = user
        status, headers, self.made = broker.post(self.named(fields), path="/v1/sessions")
        assert status == 201, (status, self.made)
        self.id = self.made["id"]
        self.path = f"/v1/sessions/{self.id}"
        assert headers["Location"] == self.path

    def named(self, fields):
        return fields if self.user is None else {**fields, "user_id": self.user}

    def call(self, method, path="", body=None, query=None):
        query = dict(query or {})
        if self.user is not None and body is None:
            query["user_id"] = self.user
        target = self.path + path + ("?" + urllib.parse.urlencode(query) if query else "")
        connection = self.broker.connect()
        try:
            data = None if body is None else json.dumps(self.named(body)).encode()
            connection.request(method, target, data, {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if text else None
        finally:
            connection.close()

    def post_cell(self, code, **fields):
        return self.call("POST", "/cells", {"code": code, **fields})

    def cell(self, code, **fields):
        status, reply = self.post_cell(code, **fields)
        assert status == 200, (status, reply)
        return reply

    def free(self, code, **fields):
        """A cell that no door looks at."""
        return self.cell(code, **NO_DOORS, **fields)

    def state(self):
        return self.call("GET")[1]["state"]


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(sessions={"max_sessions": 6, "max_per_user": 2})
        cls.broker.start()
        cls.addClassCleanup(cls.broker.stop)

    def session(self, user=None, **fields):
        user = user or self.id().rsplit(".", 1)[1]
        session = SessionClient(self.broker, user, **fields)
        self.addCleanup(session.call, "DELETE")
        return session

    def test_a_cell_is_streamed(self):
        session = self.session()
        connection = self.broker.connect()
        self.addCleanup(connection.close)

        def stream(code):
            connection.request("POST", session.path + "/cells", json.dumps(session.named({"code": code})),
                               {"Content-Type": "application/json", "Accept": "application/x-ndjson"})
            response = connection.getresponse()
            self.assertEqual(response.status, 200)
            for line in iter(response.readline, b""):
                event = json.loads(line)
                if event["event"] != "heartbeat":
                    yield time.monotonic(), event["event"], event["data"]

        seen = list(stream("import time\nx = 6\nprint('one', flush=True)\ntime.sleep(1.2)\nprint('AKIA' 'QYLPMN5HFIQR7XYA')\nx"))
        names = [name for _, name, _ in seen]
        self.assertEqual(names[:3], ["queued", "started", "stdout"])
        at_first = next(at for at, name, _ in seen if name == "stdout")
        at_end, last, reply = seen[-1]
        self.assertGreater(at_end - at_first, 1.0)
        self.assertEqual((last, reply["result"]), ("result", {"text/plain": "6"}))
        self.assertEqual((reply["session"]["cell"], reply["session"]["state"]), (1, "idle"))
        self.assertEqual(reply["stdout"], "one\n[REDACTED]\n")
        self.assertEqual("".join(data["text"] for _, name, data in seen if name == "stdout"), reply["stdout"])
        # The session goes on, and what the first door refuses is a stream too.
        self.assertEqual(session.cell("x * 7")["result"], {"text/plain": "42"})
        self.assertEqual([name for _, name, _ in stream("import os")][-2:], ["violation", "result"])
        # A reader that leaves has the cell interrupted, not the session ended.
        running = stream("import time\nprint('on', flush=True)\ntime.sleep(25)")
        self.assertEqual([next(running)[1] for _ in range(3)], ["queued", "started", "stdout"])
        connection.close()
        self.assertTrue(wait_until(lambda: session.state() == "idle", 10))
        self.assertEqual(session.cell("x")["result"], {"text/plain": "6"})

    def test_variables_imports_and_files_persist(self):
        session = self.session(context={"rate": 3})
        self.assertEqual(session.made["state"], "idle")
        first = session.cell("import math\nx = 20\nwith open('kept.txt', 'w') as f:\n    f.write('kept')\nprint('one')")
        self.assertEqual((first["success"], first["stdout"], first["error_type"]), (True, "one\n", None))
        self.assertEqual((first["result"], first["session"]["cell"]), (None, 1))
        second = session.cell("print(open('kept.txt').read())\nmath.floor(x * context['rate'] / 7)")
        self.assertEqual((second["stdout"], second["result"]), ("kept\n", {"text/plain": "8"}))
        self.assertEqual(second["session"], {"id": session.id, "cell": 2, "state": "idle", "why_ended": None})
        for name in ("usage", "timings", "execution_time_seconds", "output_violations", "artifacts"):
            self.assertIn(name, second)
        self.assertEqual(session.call("GET")[1]["cells"], 2)
        self.assertEqual(session.call("DELETE"), (204, None))
        self.assertEqual(session.call("GET")[0], 404)
        self.assertEqual(session.post_cell("x")[0], 404)

    def test_an_exception_is_the_cells_own(self):
        session = self.session()
        session.cell("x = 1\ndef fail(): return 1 / 0")
        reply = session.cell("x = 2\nfail()")
        self.assertEqual((reply["error_type"], reply["error_line"]), ("ZeroDivisionError", 2))
        self.assertIn('File "<cell 1>", line 2, in fail', reply["stderr"])
        self.assertEqual(session.cell("x")["result"], {"text/plain": "2"})
        self.assertEqual(session.cell("raise SystemExit(3)")["exit_code"], 3)
        self.assertEqual(session.cell("x")["result"], {"text/plain": "2"})

    def test_stdin_files_in_and_files_out(self):
        session = self.session()
        status, reply = session.call("PUT", "/files", {"files": [{"path": "data/in.txt", "content": "abc"}]})
        self.assertEqual((status, reply["success"]), (200, True))
        reply = session.cell("word = input()\nwith open('output/out.txt', 'w') as f:\n    f.write(word)\nopen('data/in.txt').read()",
                             stdin="word\n", files=[{"path": "data/more.txt", "content": "m"}])
        self.assertEqual(reply["result"], {"text/plain": "'abc'"})
        self.assertEqual([(each["path"], each["size"]) for each in reply["artifacts"]], [("out.txt", 4)])
        self.assertEqual(session.cell("1")["artifacts"], [])
        status, snapshot = session.call("GET", "/files")
        files = {each["path"]: base64.b64decode(each["content_base64"]) for each in snapshot["artifacts"]}
        self.assertEqual(files, {"data/in.txt": b"abc", "data/more.txt": b"m", "output/out.txt": b"word"})
        _, part = session.call("GET", "/files", query={"path": "data/in.txt"})
        self.assertEqual([each["path"] for each in part["artifacts"]], ["data/in.txt"])
        self.assertEqual(session.call("GET", "/files", query={"path": "../etc/passwd"})[0], 422)
        self.assertEqual(session.call("PUT", "/files", {"files": [{"path": "/etc/x", "content": ""}]})[0], 422)

    def test_both_doors_look_at_each_cell(self):
        session = self.session()
        refused = session.cell("import os\nos.system('id')")
        self.assertEqual(refused["error_type"], "ValidationError")
        self.assertTrue(refused["validation_violations"])
        self.assertEqual(session.cell("1 +")["validation_violations"][0]["rule"], "SyntaxError")
        self.assertEqual(session.call("GET")[1]["cells"], 0)
        secret = "AKIA" + "QYLPMN5HFIQR7XYA"
        for code in (f"'AKIA' + {secret[4:]!r}", f"display('AKIA' + {secret[4:]!r})", f"print('AKIA' + {secret[4:]!r})"):
            with self.subTest(code):
                reply = session.cell(code)
                self.assertTrue(reply["was_output_redacted"], reply)
                self.assertNotIn(secret, json.dumps(reply))
        reply = session.cell("context", **{"enable_ast_validation": False})
        self.assertTrue(reply["success"])

    def test_a_cell_is_judged_with_those_before_it(self):
        session = self.session()
        # Each is harmless alone; together they are what the policy forbids.
        self.assertEqual(session.cell("tool.codecs.open")["error_type"], "NameError")
        self.assertTrue(session.cell("import json as tool2")["success"])
        reply = session.cell("1\ntool2.codecs.open")
        self.assertEqual((reply["error_type"], reply["error_line"]), ("ValidationError", 2), reply)

    def test_a_cell_that_runs_too_long_is_interrupted(self):
        session = self.session()
        session.cell("x = 1")
        began = time.monotonic()
        reply = session.cell("import time\nprint('begun')\nx = 2\ntime.sleep(60)", timeout_seconds=1)
        self.assertEqual((reply["error_type"], reply["timed_out"], reply["stdout"]), ("TimeoutError", True, "begun\n"))
        self.assertIn("KeyboardInterrupt", reply["stderr"])
        self.assertEqual(reply["session"]["state"], "idle")
        self.assertLess(time.monotonic() - began, 30)
        self.assertEqual(session.cell("while True: pass", timeout_seconds=1)["timed_out"], True)
        self.assertEqual(session.cell("x")["result"], {"text/plain": "2"})

    def test_a_cell_that_does_not_yield_ends_the_session(self):
        session = self.session()
        code = "import time\nwhile True:\n    try: time.sleep(60)\n    except BaseException: pass"
        reply = session.free(code, timeout_seconds=1)
        self.assertEqual((reply["error_type"], reply["timed_out"]), ("TimeoutError", True))
        self.assertEqual(reply["session"]["state"], "ended")
        self.assertIn("its variables and files are lost", reply["session"]["why_ended"])
        status, error = session.post_cell("x")
        self.assertEqual((status, error["error_type"]), (410, "SandboxError"))
        self.assertIn("went on after it was interrupted", error["message"])
        self.assertEqual(session.state(), "ended")

    def test_output_is_bounded_by_the_cell(self):
        session = self.session(sandbox_config={"max_output_bytes": 1000})
        reply = session.cell("x = 1\nwhile True: print('y' * 100)")
        self.assertEqual(reply["error_type"], "ResourceLimitError")
        self.assertTrue(reply["was_output_truncated"])
        self.assertLess(len(reply["stdout"]), 1200)
        self.assertEqual(session.cell("x")["result"], {"text/plain": "1"})

    def test_cpu_time_is_the_cells_own(self):
        session = self.session(sandbox_config={"max_cpu_seconds": 2})
        spend = "import time\nend = time.process_time() + 1.2\nwhile time.process_time() < end: pass"
        for _ in range(3):
            self.assertTrue(session.cell(spend)["success"])
        reply = session.cell("x = 5\nwhile True: pass")
        self.assertEqual(reply["error_type"], "ResourceLimitError", reply)
        self.assertEqual(session.cell("x")["result"], {"text/plain": "5"})

    def test_memory_is_bounded_and_its_end_is_told(self):
        session = self.session(sandbox_config={"max_memory_mb": 128})
        reply = session.free("x = bytearray(400 * 2**20)")
        self.assertEqual((reply["error_type"], reply["session"]["state"]), ("MemoryError", "idle"))
        # tmpfs is memory too, and no address space.
        reply = session.free("import os\nfor i in range(8):\n    with open(f'/dev/shm/{i}' if i % 2 else f'f{i}', 'wb') as f:\n"
                             "        for _ in range(30): f.write(os.urandom(2**20))\n"
                             "    with open(f'/tmp/{i}', 'wb') as f:\n        for _ in range(30): f.write(os.urandom(2**20))")
        if reply["session"]["state"] == "ended":
            self.assertEqual((reply["error_type"], reply["oom_killed"]), ("ResourceLimitError", True))
            self.assertIn("memory", session.post_cell("x")[1]["message"])

    def test_the_interpreters_end_is_told(self):
        for code, signal_name, exit_code in (
            ("import os\nos._exit(7)", None, 7),
            ("import ctypes\nctypes.string_at(0)", "SIGSEGV", None),
        ):
            with self.subTest(code):
                session = self.session()
                reply = session.free(code)
                self.assertEqual((reply["signal"], reply["exit_code"]), (signal_name, exit_code))
                self.assertEqual(reply["session"]["state"], "ended")
                self.assertFalse(reply["success"])
                self.assertEqual(session.post_cell("1")[0], 410)

    def test_the_end_between_two_cells_is_seen(self):
        session = self.session()
        session.free("import os, threading\nthreading.Timer(0.5, lambda: os._exit(9)).start()")
        self.assertTrue(wait_until(lambda: session.state() == "ended", 30))
        self.assertIn("between two cells", session.call("GET")[1]["why_ended"])

    def test_what_is_printed_between_two_cells_is_the_next_ones(self):
        session = self.session()
        session.free("import threading\nthreading.Timer(0.5, lambda: print('late', flush=True)).start()")
        time.sleep(2)
        self.assertEqual(session.cell("1")["stdout"], "late\n")
        flood = "import threading\ndef flood():\n    while on: print('x' * 1000)\non = True\nthread = threading.Thread(target=flood)\nthread.start()"
        session.free(flood)
        time.sleep(1)
        reply = session.free("on = False\nthread.join()\n7")
        self.assertEqual(reply["result"], {"text/plain": "7"}, reply["error_message"])
        self.assertEqual(session.cell("8")["result"], {"text/plain": "8"})

    def test_a_second_cell_at_the_same_time_is_409(self):
        session = self.session()
        running = in_background(session.cell, "import time\ntime.sleep(3)\n1")
        self.assertTrue(wait_until(lambda: session.state() == "busy", 20))
        status, error = session.post_cell("2")
        self.assertEqual((status, error["error_type"]), (409, "ConflictError"))
        self.assertEqual(running()["result"], {"text/plain": "1"})
        self.assertEqual(session.cell("2")["result"], {"text/plain": "2"})

    def test_a_client_that_leaves_interrupts_its_cell(self):
        session = self.session()
        session.cell("x = 1")
        body = json.dumps({"code": "import time\nx = 2\ntime.sleep(60)", "user_id": session.user}).encode()
        with socket.create_connection(("127.0.0.1", self.broker.port)) as connection:
            connection.sendall(f"POST {session.path}/cells HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                               f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            self.assertTrue(wait_until(lambda: session.state() == "busy", 20))
            time.sleep(1)
        self.assertTrue(wait_until(lambda: session.state() == "idle", 20))
        self.assertEqual(session.cell("x")["result"], {"text/plain": "2"})

    def test_nobody_elses_session_is_found(self):
        session = self.session(user=7)
        other = SessionClient(self.broker, "7")
        self.addCleanup(other.call, "DELETE")
        session.cell("x = 1")
        for user in ("\"7\"", "8", None):
            with self.subTest(user):
                stranger = SessionClient.__new__(SessionClient)
                stranger.broker, stranger.user, stranger.id, stranger.path = self.broker, user, session.id, session.path
                for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/files")):
                    self.assertEqual(stranger.call(method, path)[0], 404)
                self.assertEqual(stranger.call("POST", "/cells", {"code": "x"})[0], 404)
                self.assertEqual(stranger.call("PUT", "/files", {"files": []})[0], 404)
        status, listed = self.broker.get("/v1/sessions?user_id=7")
        self.assertEqual([each["id"] for each in listed["sessions"]], [session.id])
        self.assertEqual(session.cell("x")["result"], {"text/plain": "1"})

    def test_sessions_of_one_user_are_bounded(self):
        kept = [self.session(user="greedy") for _ in range(2)]
        status, headers, error = self.broker.post({"user_id": "greedy"}, path="/v1/sessions")
        self.assertEqual((status, error["details"]["reason"]), (429, "user_sessions"))
        self.assertIn("Retry-After", headers)
        kept[0].call("DELETE")
        self.session(user="greedy")

    def test_a_deleted_session_is_gone_with_its_cell(self):
        session = self.session()
        running = in_background(session.post_cell, "import time\ntime.sleep(60)")
        self.assertTrue(wait_until(lambda: session.state() == "busy", 20))
        self.assertEqual(session.call("DELETE")[0], 204)
        status, error = running()
        self.assertEqual((status, error["error_type"]), (410, "SandboxError"))
        self.assertEqual(session.call("GET")[0], 404)

    def test_requests_that_are_wrong(self):
        session = self.session()
        for body, field in (({"cod": "1"}, "code"), ({"code": 1}, "code"), ({"code": "1", "timeout_seconds": 1e6}, "ceiling"),
                            ({"code": "1", "image": "python"}, "image"), ({}, "code")):
            with self.subTest(body):
                status, error = session.call("POST", "/cells", body)
                self.assertEqual(status, 422)
                self.assertIn(field, error["message"])
        for body in ({"code": "1"}, {"idle_seconds": 1e9}, {"idle_seconds": "1"}, {"image": "no-such"}, {"lifetime_seconds": 0}):
            with self.subTest(body):
                self.assertEqual(self.broker.post(body, path="/v1/sessions")[0], 422)
        self.assertEqual(session.call("GET", query={"x": "1"})[0], 422)
        self.assertEqual(session.cell("1")["result"], {"text/plain": "1"})


class Lifetimes(unittest.TestCase):
    def test_idle_time_and_lifetime(self):
        with Broker(sessions={"max_sessions": 2, "max_per_user": 0}) as broker:
            begun, other = SessionClient(broker), SessionClient(broker)
            self.assertEqual(broker.post({}, path="/v1/sessions")[0], 503)
            other.call("DELETE")
            idle = SessionClient(broker, idle_seconds=2)
            self.assertTrue(wait_until(lambda: idle.state() == "ended", 20))
            self.assertIn("no cell came for 2", idle.call("GET")[1]["why_ended"])
            old = SessionClient(broker, lifetime_seconds=6)  # The other's place is free.
            while old.state() != "ended":
                old.post_cell("1")
            self.assertIn("lifetime of 6", old.call("GET")[1]["why_ended"])
            self.assertEqual(old.post_cell("1")[0], 410)
            self.assertEqual(begun.cell("1")["result"], {"text/plain": "1"})
            begun.call("DELETE")
            self.assertTrue(broker.containers_gone(20))

    def test_cells_take_their_turn(self):
        with Broker(admission={"max_concurrent": 1, "max_queued": 0}) as broker:
            first, second = SessionClient(broker), SessionClient(broker)
            running = in_background(first.cell, "import time\ntime.sleep(3)\n1")
            self.assertTrue(wait_until(lambda: broker.get("/readyz")[1]["running"] == 1, 20))
            self.assertEqual(second.post_cell("2")[0], 503)
            self.assertEqual(running()["result"], {"text/plain": "1"})
            self.assertEqual(second.cell("2")["result"], {"text/plain": "2"})

    def test_nothing_is_left_after_the_brokers_end(self):
        with Broker() as broker:
            for end in ("stop", "kill"):
                with self.subTest(end):
                    session = SessionClient(broker)
                    session.cell("x = 1")
                    self.assertEqual(len(broker.containers()), 1)
                    getattr(broker, end)()
                    if end == "stop":
                        self.assertEqual(broker.containers(), [])
                    broker.start()
                    self.assertTrue(broker.containers_gone(30))
                    self.assertEqual(session.call("GET")[0], 404)

    def test_a_shutdown_interrupts_a_cell(self):
        with Broker(server={"port": 0, "shutdown_seconds": 1}) as broker:
            session = SessionClient(broker)
            running = in_background(session.post_cell, "import time\ntime.sleep(60)")
            self.assertTrue(wait_until(lambda: session.state() == "busy", 20))
            broker.process.send_signal(signal.SIGTERM)
            self.assertEqual(running()[0], 503)
            broker.process.wait(60)
            self.assertEqual(broker.containers(), [])

    def test_a_sandbox_that_is_killed_is_told(self):
        with Broker() as broker:
            session = SessionClient(broker)
            session.cell("x = 1")
            container = broker.containers()[0]["Id"]
            broker.engine.call("POST", f"/containers/{container}/kill")
            self.assertTrue(wait_until(lambda: session.state() == "ended", 20))
            status, error = session.post_cell("x")
            self.assertEqual((status, error["error_type"]), (410, "SandboxError"))

    def test_a_sandbox_that_waits_becomes_a_session(self):
        with Broker(runner={"pool": {"enabled": True, "floor": 1}}) as broker:
            def served_by():
                return [line["container_id"] for line in broker.log_lines("audit.log") if line.get("container_id")]

            def is_from_the_pool():
                waiting = {each["Id"] for each in broker.containers()}
                before = len(served_by())
                session = SessionClient(broker)
                self.assertEqual(session.cell("1")["result"], {"text/plain": "1"})
                session.call("DELETE")
                self.assertTrue(wait_until(lambda: len(served_by()) > before, 10))  # Written behind the reply.
                return served_by()[-1] in waiting

            self.assertTrue(wait_until(is_from_the_pool, 60, pause=1))

    def test_switched_off(self):
        with Broker(sessions={"enabled": False}) as broker:
            self.assertEqual(broker.post({}, path="/v1/sessions")[0], 404)


class Engine(unittest.TestCase):
    def test_an_engine_that_goes_away_takes_its_sessions_along(self):
        engine = PrivateEngine()
        self.addCleanup(engine.close)
        engine.take_image(recorded_digest())
        with Broker(engine_socket=engine.socket) as broker:
            idle, busy = SessionClient(broker), SessionClient(broker)
            idle.cell("x = 1")
            running = in_background(busy.post_cell, "import time\ntime.sleep(100)", timeout_seconds=120)
            self.assertTrue(wait_until(lambda: busy.state() == "busy", 20))
            time.sleep(1)
            engine.crash()
            status, error = running()
            self.assertEqual((status, error["error_type"]), (503, "SandboxError"))
            self.assertIn("its variables and files are lost", error["message"])
            for session in (idle, busy):
                self.assertTrue(wait_until(lambda: session.state() == "ended", 60))
                self.assertEqual(session.post_cell("x")[0], 410)
            engine.start()
            self.assertTrue(wait_until(lambda: broker.get("/readyz")[0] == 200, 30))
            self.assertEqual(SessionClient(broker).cell("2")["result"], {"text/plain": "2"})


class Hostile(unittest.TestCase):
    """What a cell can do to the protocol: it lies about its own session, and about nothing else."""

    FIND_NONCE = (
        "import os, sys\n"
        "frame = sys._getframe()\n"
        "while 'nonce' not in frame.f_locals: frame = frame.f_back\n"
        "nonce = frame.f_locals['nonce']\n")

    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(sessions={"max_sessions": 20, "max_per_user": 0})
        cls.broker.start()
        cls.addClassCleanup(cls.broker.stop)

    def session(self):
        session = SessionClient(self.broker)
        self.addCleanup(session.call, "DELETE")
        return session

    def forge(self, session, report, padding=0):
        """A report of the cell's own making, with so many "x" for its PADDING, and then it goes on."""
        return session.free(self.FIND_NONCE + f"body = {json.dumps(report)!r}.replace('PADDING', 'x' * {padding}).encode()\n"
                            "os.write(2, nonce + bytes(4))\n"
                            "left = nonce + len(body).to_bytes(4, 'big') + body\n"
                            "while left: left = left[os.write(1, left):]\n"
                            "import time\ntime.sleep(2)")

    def test_a_forged_report_is_held_to_its_limits(self):
        for wrong, padding in (({"result": 5}, 0), ({"displays": [{}] * 100}, 0), ({"result": {"text/javascript": "x"}}, 0),
                               ({"result": {"text/plain": "PADDING"}}, 6_000_000),
                               ({"result": {"text/plain": "PADDING"}}, 25_000_000),
                               ({"displays": [{"image/png": "R0lGODlh"}]}, 0),
                               ({"artifacts": [{"path": "../x", "size": 0, "content_base64": ""}]}, 0)):
            with self.subTest(list(wrong), padding=padding):
                session = self.session()
                reply = self.forge(session, {**REPORT, **wrong}, padding)
                self.assertEqual(reply["error_type"], "SandboxError", reply["error_message"])
                self.assertEqual(reply["session"]["state"], "ended")
                self.assertEqual(session.post_cell("1")[0], 410)

    def test_a_forged_report_lies_about_its_own_session_alone(self):
        session, other = self.session(), self.session()
        reply = self.forge(session, {**REPORT, "result": {"text/plain": "forged"}})
        self.assertEqual(reply["result"], {"text/plain": "forged"})
        # The next cell waits behind the one that goes on, within its own time.
        self.assertEqual(session.cell("1", timeout_seconds=20)["result"], {"text/plain": "1"})
        self.assertEqual(other.cell("2")["result"], {"text/plain": "2"})

    def test_whatever_it_breaks_ends_in_time(self):
        for name, code in (
            ("closes its descriptors", "import os\nos.closerange(0, 1024)"),
            ("closes its streams", "import os\nos.close(1)\nos.close(2)"),
            ("replaces itself", "import os\nos.execv('/bin/sh', ['sh', '-c', 'sleep 100'])"),
            ("stops itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nimport time\ntime.sleep(100)"),
            ("breaks the agent's modules", "import os, json\nos.read = json.dumps = json.loads = None"),
            ("reads the pipe of jobs", "import os\nfor fd in range(3, 1024):\n    try: os.read(fd, 1)\n    except OSError: pass"),
            ("ignores the interrupt", "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(100)"),
            ("never lets go of the lock", "import re\nre.match('(a+)+$', 'a' * 60 + 'b')"),
            ("has a tiny recursion limit", "import sys\nsys.setrecursionlimit(30)"),
            ("fills the files", "import os\nf = open('big', 'wb')\nfor _ in range(200): f.write(bytes(2**20))"),
        ):
            with self.subTest(name):
                session = self.session()
                began = time.monotonic()
                for _ in range(2):
                    status, reply = session.post_cell(code, timeout_seconds=2, **NO_DOORS)
                    self.assertIn(status, (200, 410), reply)
                self.assertLess(time.monotonic() - began, 60)
        self.assertEqual(self.session().cell("3")["result"], {"text/plain": "3"})


class RichOutput(unittest.TestCase):
    def test_figures_and_data_frames(self):
        with Broker() as broker:
            session = SessionClient(broker, image="python-data")
            reply = session.cell("import pandas as pd\nimport matplotlib.pyplot as plt\n"
                                 "frame = pd.DataFrame({'a': [1, 2]})\nframe.plot()\nframe")
            self.assertEqual(reply["error_message"], None)
            self.assertIn("<table", reply["result"]["text/html"])
            self.assertIn("a", reply["result"]["text/plain"])
            self.assertEqual(len(reply["displays"]), 1)
            self.assertTrue(base64.b64decode(reply["displays"][0]["image/png"]).startswith(PNG))
            self.assertEqual(session.cell("len(plt.get_fignums())")["result"], {"text/plain": "0"})
            many = session.cell("for i in range(40): _ = plt.figure(figsize=(1, 1))")
            self.assertEqual(len(many["displays"]), 32)
            self.assertIn("too many", many["notes"][0])


if __name__ == "__main__":
    unittest.main()
