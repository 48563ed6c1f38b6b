"""The endpoints in the form of other services, with requests as their public documentation shows them."""

import base64
import json
import unittest

from harness import BrokerTestCase, wait_until


def encoded(text):
    return base64.b64encode(text.encode()).decode()


class Piston(BrokerTestCase):
    sections = {"compat": {"piston": True}}

    def execute(self, code, prefix="/api/v2", **fields):
        body = {"language": "python", "version": "3.x", "files": [{"name": "main.py", "content": code}], **fields}
        status, _, reply = self.broker.post(body, path=f"{prefix}/execute")
        return status, reply

    def test_runtimes(self):
        for path in ("/api/v2/runtimes", "/api/v2/piston/runtimes"):
            status, runtimes = self.broker.get(path)
            self.assertEqual(status, 200)
            self.assertEqual(runtimes[0]["language"], "python")
            self.assertIn("py", runtimes[0]["aliases"])
            self.assertRegex(runtimes[0]["version"], r"^3\.\d+\.\d+$")
            self.assertEqual([r["language"] for r in runtimes[1:]], ["python-data"])

    def test_documented_request(self):
        status, runtimes = self.broker.get("/api/v2/runtimes")
        for prefix in ("/api/v2", "/api/v2/piston"):
            status, reply = self.execute(
                "print(open('data.txt').read(), input())", prefix, version=runtimes[0]["version"],
                files=[{"name": "my_cool_code.py", "content": "print(open('data.txt').read(), input())"},
                       {"name": "data.txt", "content": encoded("placed"), "encoding": "base64"}],
                stdin="typed", args=[], compile_timeout=10000, run_timeout=3000, compile_memory_limit=-1,
                run_memory_limit=-1)
            self.assertEqual(status, 200, reply)
            self.assertEqual((reply["language"], reply["version"]), ("python", runtimes[0]["version"]))
            run = reply["run"]
            self.assertEqual((run["stdout"], run["stderr"], run["output"], run["code"], run["signal"]),
                             ("placed typed\n", "", "placed typed\n", 0, None))
            self.assertNotIn("compile", reply)

    def test_exceptions_time_and_what_is_refused(self):
        _, reply = self.execute("raise ValueError('bad')")
        self.assertEqual((reply["run"]["code"], reply["run"]["status"]), (1, "RE"))
        self.assertIn("ValueError: bad", reply["run"]["stderr"])
        _, reply = self.execute("while True: pass", run_timeout=1000)
        self.assertEqual((reply["run"]["code"], reply["run"]["signal"], reply["run"]["status"]), (None, "SIGKILL", "TO"))
        _, reply = self.execute("import os\nprint(os.environ)")
        self.assertEqual(reply["compile"]["code"], 1)
        self.assertIn("    import os\n           ^^\n  hint: ", reply["compile"]["stderr"])
        _, reply = self.execute("x = (1,")
        self.assertIn("'(' was never closed", reply["compile"]["output"])

    def test_another_image(self):
        _, reply = self.execute("import numpy\nprint(int(numpy.arange(4).sum()))", language="python-data", version="*")
        self.assertEqual(reply["run"]["stdout"], "6\n", reply)

    def test_mistakes(self):
        for fields, word in (({"language": "rust"}, "runtime is unknown"), ({"version": "2.7.18"}, "runtime is unknown"),
                             ({"run_timeout": 10**9}, "run_timeout: "), ({"run_memory_limit": 10**6}, "run_memory_limit: "),
                             ({"files": []}, "files"), ({"args": ["1"]}, "args"), ({"stdin": 1}, "stdin")):
            status, reply = self.execute("1", **fields)
            self.assertEqual((status, list(reply)), (400, ["message"]), fields)
            self.assertIn(word, reply["message"])

    def test_secrets_do_not_come_back(self):
        _, reply = self.execute("print('AKIA' + 'QWERTYUIOPASDFGH')")
        self.assertNotIn("QWERTYUIOP", json.dumps(reply))

    def test_the_others_are_not_there(self):
        for path in ("/v1/sandbox/run", "/submissions"):
            self.assertEqual(self.broker.post({}, path=path)[0], 404)


class DifySandbox(BrokerTestCase):
    sections = {"compat": {"dify_sandbox": True}}

    def run_code(self, code, **fields):
        status, _, reply = self.broker.post({"language": "python3", "code": code, **fields}, {"X-Api-Key": "dify-sandbox"},
                                            "/v1/sandbox/run")
        return status, reply

    def test_what_a_code_node_sends(self):
        # The form that the peer's own application gives a node's code.
        inputs = encoded(json.dumps({"a": 40, "b": 2}))
        code = ("def main(a: int, b: int) -> dict:\n    return {'result': a + b}\n\n"
                "import json\nfrom base64 import b64decode\n\n"
                f"inputs_obj = json.loads(b64decode('{inputs}').decode('utf-8'))\n"
                "output_obj = main(**inputs_obj)\noutput_json = json.dumps(output_obj, indent=4)\n"
                "result = f'''<<RESULT>>{output_json}<<RESULT>>'''\nprint(result)\n")
        status, reply = self.run_code(code, preload="", enable_network=True)
        self.assertEqual((status, reply["code"], reply["message"]), (200, 0, "success"), reply)
        self.assertEqual(reply["data"]["error"], "")
        self.assertEqual(json.loads(reply["data"]["stdout"].split("<<RESULT>>")[1]), {"result": 42})

    def test_errors_of_the_code(self):
        _, reply = self.run_code("raise ValueError('bad')")
        self.assertEqual(reply["code"], 0)
        self.assertIn("ValueError: bad", reply["data"]["error"])
        _, reply = self.run_code("import subprocess")
        self.assertEqual((reply["code"], reply["data"]["stdout"]), (0, ""))
        self.assertIn("import of 'subprocess' is not allowed", reply["data"]["error"])
        _, reply = self.run_code("print(x)", preload="x = 'from before'")
        self.assertEqual(reply["data"]["stdout"], "from before\n")

    def test_mistakes(self):
        for fields in ({"language": "nodejs"}, {"code": 1}, {"language": None}, {"enable_network": 1}):
            status, reply = self.run_code(**{"code": "1", **fields})
            self.assertEqual((status, reply["code"], reply["data"]), (400, -400, None), fields)


class Judge0(BrokerTestCase):
    sections = {"compat": {"judge0": True}}

    def submit(self, source_code, query="wait=true", **fields):
        status, _, reply = self.broker.post({"source_code": source_code, "language_id": 71, **fields},
                                            path=f"/submissions?{query}")
        return status, reply

    def test_languages(self):
        status, languages = self.broker.get("/languages")
        self.assertEqual(status, 200)
        self.assertEqual(languages[0]["id"], 71)

    def test_documented_request(self):
        status, reply = self.submit("name = input()\nprint(f'hello, {name}')", language_id="71", stdin="Judge0",
                                    expected_output="hello, Judge0", number_of_runs=1, cpu_time_limit=1, cpu_extra_time=0.5,
                                    wall_time_limit=10, memory_limit=128000, stack_limit=128000,
                                    enable_per_process_and_thread_time_limit=False, max_file_size=1024)
        self.assertEqual(status, 201, reply)
        self.assertEqual(set(reply), {"stdout", "time", "memory", "stderr", "token", "compile_output", "message", "status"})
        self.assertEqual((reply["stdout"], reply["stderr"], reply["compile_output"], reply["message"]),
                         ("hello, Judge0\n", None, None, None))
        self.assertEqual(reply["status"], {"id": 3, "description": "Accepted"})
        self.assertRegex(reply["time"], r"^\d+\.\d{3}$")

    def test_base64(self):
        status, reply = self.submit(encoded("print(input())"), "base64_encoded=true&wait=true", stdin=encoded("Judge0"))
        self.assertEqual((status, reply["stdout"], reply["status"]["id"]), (201, encoded("Judge0\n"), 3))

    def test_fields(self):
        _, reply = self.submit("print(1)", "wait=true&fields=stdout,stderr,status_id,language_id,exit_code")
        self.assertEqual(reply, {"stdout": "1\n", "stderr": None, "status_id": 3, "language_id": 71, "exit_code": 0})
        status, reply = self.submit("print(1)", "wait=true&fields=nope")
        self.assertEqual((status, list(reply)), (400, ["error"]))

    def test_statuses(self):
        for source, fields, expected in (
                ("print(1)", {"expected_output": "2"}, (4, "Wrong Answer")),
                ("while True: pass", {"wall_time_limit": 1}, (5, "Time Limit Exceeded")),
                ("while True: pass", {"cpu_time_limit": 0.5, "wall_time_limit": 10}, (5, "Time Limit Exceeded")),
                ("import os", {}, (6, "Compilation Error")),
                ("x = (", {}, (6, "Compilation Error")),
                ("raise ValueError", {}, (11, "Runtime Error (NZEC)"))):
            status, reply = self.submit(source, **fields)
            self.assertEqual((status, *reply["status"].values()), (201, *expected), (source, reply))
        _, reply = self.submit("import os")
        self.assertIn("    import os\n           ^^\n  hint: ", reply["compile_output"])
        self.assertIsNone(reply["stdout"])

    def ended(self, path):
        """A submission's or batch's answer once all in it have ended."""
        answers = []

        def all_ended():
            status, reply = self.broker.get(path)
            self.assertEqual(status, 200, reply)
            answers.append(reply)
            return all(one["status"]["id"] > 2 for one in reply.get("submissions", [reply]) if one is not None)

        self.assertTrue(wait_until(all_ended, 60))
        return answers[-1]

    def test_by_token(self):
        status, reply = self.submit("name = input()\nprint(f'hello, {name}')", "base64_encoded=false&wait=false",
                                    stdin="Judge0", expected_output="hello, Judge0")
        self.assertEqual((status, list(reply)), (201, ["token"]))
        found = self.ended(f"/submissions/{reply['token']}?base64_encoded=false")
        self.assertEqual((found["stdout"], found["status"], found["token"]),
                         ("hello, Judge0\n", {"id": 3, "description": "Accepted"}, reply["token"]))
        found = self.ended(f"/submissions/{reply['token']}?base64_encoded=true&fields=stdout,status,created_at,finished_at")
        self.assertEqual(found["stdout"], encoded("hello, Judge0\n"))
        self.assertLess(found["created_at"], found["finished_at"])
        # It is a job like any other.
        self.assertEqual(self.broker.get(f"/v1/executions/{reply['token'].split('_')[0]}")[1]["state"], "succeeded")

    def test_a_token_of_one_that_was_waited_for(self):
        _, reply = self.submit("print(1)", expected_output="2")
        found = self.ended(f"/submissions/{reply['token']}")
        self.assertEqual(found, reply)

    def test_refused_by_token(self):
        _, reply = self.submit("import os", "")
        found = self.ended(f"/submissions/{reply['token']}")
        self.assertEqual(found["status"]["id"], 6)
        self.assertIn("    import os\n           ^^\n  hint: ", found["compile_output"])

    def test_batch(self):
        status, _, tokens = self.broker.post({"submissions": [
            {"source_code": "print(1)", "language_id": 71}, {"source_code": "print(2)"},
            {"source_code": "print(3)", "language_id": 71, "wall_time_limit": 10**6},
            {"source_code": "print(4)", "language_id": 71, "expected_output": "5"}]}, path="/submissions/batch")
        self.assertEqual(status, 201)
        self.assertEqual(tokens[1:3], [{"language_id": ["can't be blank"]},
                                       {"wall_time_limit": ["1000000 is above the ceiling of 300"]}])
        asked = f"{tokens[0]['token']},{tokens[3]['token']},nothing"
        found = self.ended(f"/submissions/batch?tokens={asked}&fields=stdout,status")["submissions"]
        self.assertEqual([one and (one["stdout"], one["status"]["id"]) for one in found],
                         [("1\n", 3), ("4\n", 4), None])
        status, _, reply = self.broker.post({"submissions": [{"source_code": "1"}]}, path="/submissions/batch")
        self.assertEqual((status, reply), (201, [{"language_id": ["can't be blank"]}]))

    def test_tokens_that_stand_for_nothing(self):
        for token in ("nothing", "01a21414-5376-7b51-aef7-b530b5be0377_71_0_0_"):
            status, reply = self.broker.get(f"/submissions/{token}")
            self.assertEqual((status, list(reply)), (404, ["error"]))
        for query in ("", "?tokens=", "?tokens=" + ",".join(["a"] * 21), "?tokens=a&fields=nope"):
            self.assertEqual(self.broker.get(f"/submissions/batch{query}")[0], 400)

    def test_mistakes(self):
        for fields, expected in (
                ({"language_id": None}, {"language_id": ["can't be blank"]}),
                ({"language_id": 150000}, {"language_id": ["language with id 150000 doesn't exist"]}),
                ({"wall_time_limit": 100000}, {"wall_time_limit": ["100000 is above the ceiling of 300"]}),
                ({"memory_limit": 2048}, {"memory_limit": ["2 is below the floor of 64"]})):
            status, reply = self.submit("1", **fields)
            self.assertEqual((status, reply), (422, expected))


if __name__ == "__main__":
    unittest.main()
