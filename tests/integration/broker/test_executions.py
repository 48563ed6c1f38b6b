"""Submissions over HTTP into real gVisor and back."""

import base64
import json
import unittest

from harness import NO_DOORS, BrokerTestCase, wait_until

REPLY_FIELDS = {
    "id", "success", "stdout", "stderr", "error_type", "error_message", "error_line", "exit_code", "signal",
    "timed_out", "oom_killed", "execution_time_seconds", "total_time_seconds", "cached", "validation_violations",
    "output_violations", "was_output_redacted", "was_output_truncated", "invalid_utf8_replaced",
    "artifacts", "notes", "usage", "timings",
}


class Executions(BrokerTestCase):
    def test_hello(self):
        reply = self.broker.run("print('hello')")
        self.assertEqual(set(reply), REPLY_FIELDS)
        self.assertTrue(reply["success"])
        self.assertEqual(reply["stdout"], "hello\n")
        self.assertEqual(reply["stderr"], "")
        self.assertEqual(reply["exit_code"], 0)
        self.assertEqual(reply["usage"]["start"], "cold")
        self.assertIsNone(reply["error_type"])
        self.assertGreater(reply["timings"]["sandbox_ms"], 0)
        self.assertLess(reply["execution_time_seconds"], reply["total_time_seconds"])

    def test_context_stdin_files_and_artifacts(self):
        reply = self.broker.run(
            "import sys\n"
            "print(context['user']['name'], sys.stdin.read(), open('data/in.txt').read())\n"
            "open('output/result.csv', 'w').write('a,b\\n1,2\\n')\n",
            context={"user": {"name": "Ada"}}, stdin="typed",
            files=[{"path": "data/in.txt", "content_base64": base64.b64encode(b"placed").decode()}])
        self.assertEqual(reply["stdout"], "Ada typed placed\n")
        (artifact,) = reply["artifacts"]
        self.assertEqual((artifact["path"], artifact["size"], artifact["media_type"]), ("result.csv", 8, "text/csv"))
        self.assertEqual(base64.b64decode(artifact["content_base64"]), b"a,b\n1,2\n")

    def test_figure_comes_back_as_png(self):
        reply = self.broker.run(
            "import matplotlib.pyplot as plt\nplt.plot([1, 4, 9])\nplt.savefig('output/plot.png')\n",
            image="python-data")
        self.assertTrue(reply["success"], reply)
        (artifact,) = reply["artifacts"]
        self.assertEqual(artifact["media_type"], "image/png")
        self.assertTrue(base64.b64decode(artifact["content_base64"]).startswith(b"\x89PNG\r\n"))

    def test_own_names_resolve_without_network(self):
        reply = self.broker.run("import socket\nprint(socket.gethostbyname('localhost'), "
                                "socket.gethostbyname(socket.gethostname()))\n")
        self.assertRegex(reply["stdout"], r"^127\.0\.0\.1 127\.0\.0\.\d\n$")

    def test_python_exception(self):
        reply = self.broker.run("x = 1\nraise ValueError('bad')\n")
        self.assertFalse(reply["success"])
        self.assertEqual(reply["error_type"], "ValueError")
        self.assertEqual(reply["error_message"], "ValueError: bad")
        self.assertEqual(reply["error_line"], 2)
        self.assertEqual(reply["exit_code"], 1)
        self.assertIn("Traceback (most recent call last)", reply["stderr"])

    def test_a_program_that_does_not_compile_needs_no_sandbox(self):
        reply = self.broker.run("x = (1,\nprint(x)\n")
        self.assertFalse(reply["success"])
        self.assertEqual(reply["error_type"], "ValidationError")
        self.assertTrue(reply["error_message"].startswith("SyntaxError: '(' was never closed (line 1)\n"), reply)
        (violation,) = reply["validation_violations"]
        self.assertEqual((violation["type"], violation["rule"], violation["message"], violation["line"],
                          violation["column"]), ("syntax", "SyntaxError", "'(' was never closed", 1, 5))
        self.assertEqual((reply["exit_code"], reply["timings"]["sandbox_ms"]), (None, 0))

    def test_timeout(self):
        reply = self.broker.run("print('begun', flush=True)\nwhile True: pass\n",
                                sandbox_config={"timeout_seconds": 1})
        self.assertEqual((reply["error_type"], reply["timed_out"]), ("TimeoutError", True))
        self.assertEqual(reply["stdout"], "begun\n")
        self.assertIsNone(reply["exit_code"])

    def test_output_limit(self):
        reply = self.broker.run("while True: print('x' * 100)\n", sandbox_config={"max_output_bytes": 10000})
        self.assertEqual((reply["error_type"], reply["was_output_truncated"]), ("ResourceLimitError", True))
        self.assertIn("[output cut", reply["stdout"])

    def test_exit_status_and_signal(self):
        reply = self.broker.run("import sys; sys.exit(3)")
        self.assertEqual((reply["error_type"], reply["exit_code"], reply["signal"]), ("SystemExit", 3, None))
        reply = self.broker.run("import os; os.abort()")
        self.assertEqual((reply["error_type"], reply["exit_code"], reply["signal"]), ("SystemError", None, "SIGABRT"))

    def test_output_that_is_not_utf8(self):
        reply = self.broker.run("import sys; sys.stdout.buffer.write(b'a\\xff\\xfeb')")
        self.assertEqual(reply["stdout"], "a\ufffd\ufffdb")

    def test_all_layers_are_on_unless_switched_off(self):
        status, _, reply = self.broker.post({"code": "print(1)"})
        self.assertEqual((status, reply["success"], reply["stdout"]), (200, True, "1\n"))
        self.assertEqual((reply["validation_violations"], reply["output_violations"]), ([], []))

    def test_requests_that_are_wrong(self):
        cases = [
            (b"{", 400), (b"[]", 422), (b"{}", 422), (b'{"code": 1}', 422),
            (json.dumps({"code": "1", "kode": 2, **NO_DOORS}).encode(), 422),
            (json.dumps({"code": "1", "image": "nope", **NO_DOORS}).encode(), 422),
            (json.dumps({"code": "1", "sandbox_config": {"timeout_seconds": 100000}, **NO_DOORS}).encode(), 422),
            (json.dumps({"code": "1", "sandbox_config": {"enable_network": True}, **NO_DOORS}).encode(), 422),
            (json.dumps({"code": "1", "files": [{"path": "../x", "content": ""}], **NO_DOORS}).encode(), 422),
        ]
        for body, expected in cases:
            with self.subTest(body=body):
                status, _, error = self.broker.post(body)
                self.assertEqual(status, expected, error)
                self.assertEqual(set(error), {"error_type", "message", "details"})

    def test_health_and_readiness(self):
        self.assertEqual(self.broker.get("/healthz")[0], 200)
        self.assertEqual(self.broker.get("/readyz")[0], 200)
        self.assertEqual(self.broker.get("/nothing")[0], 404)

    def test_keep_alive_serves_many(self):
        connection = self.broker.connect()
        for number in range(3):
            connection.request("POST", "/v1/executions", json.dumps({"code": f"print({number})", **NO_DOORS}),
                               {"Content-Type": "application/json"})
            reply = json.loads(connection.getresponse().read())
            self.assertEqual(reply["stdout"], f"{number}\n")
        connection.close()

    def test_audit_records(self):
        code = "print('audited')  # 4711"
        identity = self.broker.run(code, user_id=42)["id"]

        def written():
            return [r for r in self.broker.log_lines("audit.log") if r.get("execution_id") == identity]

        # Records are written behind the reply.
        self.assertTrue(wait_until(lambda: len(written()) == 2, 10))
        records = written()
        self.assertEqual([r["event"] for r in records], ["Code execution requested", "Code execution completed"])
        self.assertEqual(records[0]["user_id"], 42)
        self.assertEqual(records[0]["code_length"], len(code))
        self.assertEqual(len(records[1]["code_sha256"]), 64)
        self.assertTrue(records[1]["container_id"])
        self.assertNotIn("4711", json.dumps(records))

        identity = self.broker.run(code, user_id=42, log_executions=False)["id"]
        records = [r for r in self.broker.log_lines("audit.log") if r.get("execution_id") == identity]
        self.assertTrue(records)
        for record in records:
            self.assertFalse({"user_id", "code_length", "code_sha256", "code"} & set(record), record)


if __name__ == "__main__":
    unittest.main()
