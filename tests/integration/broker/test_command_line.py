"""The commands beside `serve`."""

import json
import os
import subprocess
import tempfile
import unittest

from harness import BINARY, ENGINE_SOCKET, IMAGE_RECORD

NO_DOORS = ["--no-syntax-validation", "--no-ast-validation", "--no-output-validation"]


class CommandLine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sallyport-test-")
        self.addCleanup(folder.cleanup)
        self.config = f"{folder.name}/config.json"
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump({"engine": {"socket": ENGINE_SOCKET}, "images": {"record": IMAGE_RECORD},
                       "log": {"audit_file": f"{folder.name}/audit.log"},
                       "instance": {"name": "cli-test", "state_folder": folder.name}}, file)

    def sallyport(self, *arguments, text="", environment=None, timeout=180):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("SALLYPORT_")}
        return subprocess.run([BINARY, *arguments], input=text, capture_output=True, text=True, timeout=timeout,
                              check=False, env={**clean, **(environment or {})})

    def test_run_from_standard_input(self):
        done = self.sallyport("run", "--config", self.config, *NO_DOORS, "-", text="print('hello')")
        self.assertEqual((done.returncode, done.stdout), (0, "hello\n"), done.stderr)

    def test_run_passes_the_exit_status_on(self):
        done = self.sallyport("run", "--config", self.config, *NO_DOORS, "-", text="import sys; sys.exit(3)")
        self.assertEqual(done.returncode, 3)
        self.assertIn("SystemExit", done.stderr)

    def test_run_json(self):
        done = self.sallyport("run", "--json", "--config", self.config, *NO_DOORS, "-", text="1/0")
        self.assertEqual(json.loads(done.stdout)["error_type"], "ZeroDivisionError", done.stderr)

    def test_run_times_out(self):
        done = self.sallyport("run", "--timeout", "1", "--config", self.config, *NO_DOORS, "-", text="import time; time.sleep(20)")
        self.assertEqual(done.returncode, 124)

    def test_run_passes_the_second_door(self):
        done = self.sallyport("run", "--config", self.config, "-", text="print('password=' + 'tr0ub4dor&3')")
        self.assertEqual((done.returncode, done.stdout), (0, "password=[REDACTED]\n"), done.stderr)

    def test_run_obeys_its_policy(self):
        run = ["run", "--config", self.config]
        done = self.sallyport(*run, "-", text="import statistics\nprint(statistics.mean([1, 2, 3]))")
        self.assertEqual((done.returncode, done.stdout), (0, "2\n"), done.stderr)
        done = self.sallyport(*run, "-", text="x = 1\nimport os\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("line 2: import of 'os' is not allowed [import]\n    import os\n           ^^\n", done.stderr)
        done = self.sallyport(*run, "--policy", "strict", "-", text="import statistics")
        self.assertIn("import of 'statistics' is not allowed", done.stderr)
        done = self.sallyport(*run, "--policy", "strikt", "-", text="1")
        self.assertEqual(done.returncode, 125)
        self.assertIn('did you mean "strict"?', done.stderr)

    def test_check_a_file(self):
        done = self.sallyport("check", "-", text="import math\nprint(math.pi)")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        done = self.sallyport("check", "-", text="e = eval\nprint(e('1'))")
        self.assertEqual(done.returncode, 1)
        self.assertIn("line 1: ", done.stderr)
        self.assertIn("hint: ", done.stderr)
        self.assertEqual(self.sallyport("check", "--policy", "off", "-", text="import os").returncode, 0)
        self.assertEqual(self.sallyport("check", "--syntax-only", "-", text="import os").returncode, 0)
        self.assertEqual(self.sallyport("check", "--policy", "strict", "-", text="import statistics").returncode, 1)
        done = self.sallyport("check", "--policy", "defautl", "-", text="1")
        self.assertEqual(done.returncode, 2)
        self.assertIn('did you mean "default"?', done.stderr)
        found = json.loads(self.sallyport("check", "--json", "-", text="import os").stdout)
        self.assertEqual((found["ok"], found["error_type"], found["line"]), (False, "ValidationError", 1))

    def test_check_many(self):
        questions = [
            {"id": 1, "code": "import os"},
            {"id": 2, "code": "import statistics"},
            {"id": 3, "code": "import statistics", "policy": "strict"},
            {"id": 4, "code": "import os", "mode": "syntax"},
            {"id": 5, "code": "1", "policy": "nothing"},
            {"id": 6, "code": "x = ("},
            {"id": 7, "code": "1", "mode": "sintax"},
        ]
        done = self.sallyport("check", "--jsonl", text="".join(json.dumps(q) + "\n" for q in questions))
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([(a["id"], a["ok"], a["error_type"]) for a in answers],
                         [(1, False, "ValidationError"), (2, True, None), (3, False, "ValidationError"),
                          (4, True, None), (5, False, "RequestError"), (6, False, "SyntaxError"),
                          (7, False, "RequestError")])
        (violation,) = answers[0]["violations"]
        self.assertEqual((violation["type"], violation["rule"], violation["line"], violation["column"],
                          violation["end_column"]), ("forbidden_import", "import", 1, 8, 10))

    def test_explain(self):
        done = self.sallyport("check", "--explain", "import")
        self.assertEqual(done.returncode, 0)
        self.assertIn("Reported:\n\n    import os\n", done.stdout)
        rules = json.loads(self.sallyport("check", "--explain", "all", "--json").stdout)
        self.assertTrue(all(rule["rationale"] and rule["examples"]["match"] and rule["examples"]["pass"]
                            for rule in rules))
        done = self.sallyport("check", "--explain", "imprt")
        self.assertEqual(done.returncode, 2)
        self.assertIn('did you mean "import"?', done.stderr)

    def test_a_broken_policy_is_refused_at_start(self):
        folder = os.path.dirname(self.config)
        with open(f"{folder}/mine.json", "w", encoding="utf-8") as file:
            file.write('{"name": "mine", "importz": {}}')
        for command in (["serve"], ["run", "-"], ["check", "-"], ["config"]):
            with self.subTest(command=command):
                done = self.sallyport(*command, "--config", self.config, environment={"SALLYPORT_POLICIES_FOLDER": folder})
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(f'{folder}/mine.json: importz: ', done.stderr)
                self.assertIn('did you mean "imports"?', done.stderr)

    def test_doctor_finds_a_healthy_host(self):
        done = self.sallyport("doctor", "--json", "--config", self.config)
        findings = json.loads(done.stdout)
        problems = [f for f in findings if f["grade"] == "problem"]
        self.assertEqual((done.returncode, problems), (0, []))
        subjects = {f["subject"] for f in findings if f["grade"] == "ok"}
        self.assertLessEqual({"engine", "API version", "runtime", "gVisor", "memory limit", "CPU limit", "image",
                              "network"}, subjects)

    def test_doctor_names_what_is_missing(self):
        done = self.sallyport("doctor", "--json", "--config", self.config,
                              environment={"SALLYPORT_RUNNER_RUNTIME": "no-such-runtime"})
        self.assertEqual(done.returncode, 1)
        problem = next(f for f in json.loads(done.stdout) if f["grade"] == "problem")
        self.assertIn("no-such-runtime", problem["text"])
        self.assertIn("daemon.json", problem["mend"])

        done = self.sallyport("doctor", "--json", "--config", self.config,
                              environment={"SALLYPORT_ENGINE_SOCKET": "/nonexistent.sock"})
        self.assertEqual(done.returncode, 1)

    def test_doctor_sees_that_gvisor_is_not_in_force(self):
        done = self.sallyport("doctor", "--json", "--config", self.config,
                              environment={"SALLYPORT_RUNNER_RUNTIME": "runc"})
        problems = {f["subject"] for f in json.loads(done.stdout) if f["grade"] == "problem"}
        self.assertIn("gVisor", problems)
        self.assertEqual(done.returncode, 1)

    def test_config_is_shown_and_mistakes_refused(self):
        shown = self.sallyport("config", "--show", "--config", self.config,
                               environment={"SALLYPORT_SERVER_PORT": "9000"})
        self.assertEqual(shown.returncode, 0)
        self.assertIn("SALLYPORT_SERVER_PORT", shown.stdout)
        refused = self.sallyport("config", "--config", self.config, environment={"SALLYPORT_SERVER_PROT": "1"})
        self.assertEqual(refused.returncode, 2)
        self.assertIn("SALLYPORT_SERVER_PORT", refused.stderr)

    def test_images_list_names_the_recipes(self):
        recipes = os.path.abspath(f"{os.path.dirname(__file__)}/../../../images/recipes")
        done = self.sallyport("images", "list", "--config", self.config,
                              environment={"SALLYPORT_IMAGES_RECIPES": recipes})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("python-data", done.stdout)


if __name__ == "__main__":
    unittest.main()
