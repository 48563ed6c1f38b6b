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

    def test_run_without_its_layers_is_refused(self):
        done = self.sallyport("run", "--config", self.config, "-", text="print(1)")
        self.assertEqual(done.returncode, 125)
        self.assertIn("enable_ast_validation", done.stderr)

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
