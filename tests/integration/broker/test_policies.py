"""The AST policy over HTTP: enforced by default, twice, adjustable, and reloaded by a signal."""

import json
import tempfile
import unittest

from harness import Broker, wait_until

# Allows code in strings, so that what it imports is only known while it runs.
CARELESS = {
    "name": "careless",
    "imports": {"modules": {"math": "*", "json": "*"}, "deny": ["socket"]},
    "rules": {"import": {
        "type": "forbidden_import", "severity": "high", "action": "block", "rationale": "Modules reach further.",
        "message": "import of '{module}' is not allowed", "hint": "",
        "examples": {"match": ["import os"], "pass": ["import math"]}}},
}


class Policies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="sallyport-test-"))
        cls.write("careless.json", CARELESS)
        cls.broker = cls.enterClassContext(Broker(policies={"folder": cls.folder}))

    @classmethod
    def write(cls, name, policy):
        with open(f"{cls.folder}/{name}", "w", encoding="utf-8") as file:
            file.write(policy if isinstance(policy, str) else json.dumps(policy))

    def run_code(self, code, **fields):
        status, _, reply = self.broker.post({"code": code, **fields})
        self.assertEqual(status, 200, reply)
        return reply

    def refused(self, code, rule, **fields):
        reply = self.run_code(code, **fields)
        self.assertEqual((reply["success"], reply["error_type"], reply["usage"]), (False, "ValidationError", None), reply)
        self.assertEqual(reply["validation_violations"][0]["rule"], rule, reply)
        return reply

    def passes(self, code, **fields):
        reply = self.run_code(code, **fields)
        self.assertTrue(reply["success"], reply)
        return reply

    def test_the_default_is_enforced(self):
        reply = self.refused("x = 1\nimport os as o\nprint(o.getcwd())\n", "import")
        self.assertEqual(reply["error_line"], 2)
        self.assertEqual(len(reply["validation_violations"]), 1)
        self.assertIn("    import os as o\n           ^^", reply["error_message"])
        self.assertTrue(reply["validation_violations"][0]["hint"])
        self.refused("().__class__.__base__.__subclasses__()", "dunder-attribute")
        reply = self.passes("import statistics, json, datetime\nprint(json.dumps(statistics.mean([1, 2])))")
        self.assertEqual(reply["stdout"], "1.5\n")

    def test_a_request_chooses_and_narrows(self):
        self.refused("import statistics", "import", policy="strict")
        self.passes("import os\nprint(os.getpid())", policy="off")
        self.refused("import json", "import", sandbox_config={"allowed_imports": ["math"]})
        self.passes("import math", sandbox_config={"allowed_imports": ["math", "os"]})
        self.refused("import os", "import", sandbox_config={"allowed_imports": ["math", "os"]})
        self.refused("import json", "import", forbidden_modules=["json"])
        self.assertFalse(self.run_code("print(1)", forbidden_functions=["print"])["success"])
        self.assertFalse(self.run_code("[].append(1)", forbidden_attributes=["append"])["success"])

    def test_a_list_replaces_the_policys_where_the_operator_says_so(self):
        with Broker(policies={"may_replace_imports": True}) as broker:
            fields = {"sandbox_config": {"allowed_imports": ["sqlite3", "math"]}}
            code = "import sqlite3, math\nprint(sqlite3.connect(':memory:').execute('select 2').fetchone()[0])"
            status, _, reply = broker.post({"code": code, **fields})
            self.assertEqual((status, reply["success"], reply["stdout"]), (200, True, "2\n"), reply)
            status, _, reply = broker.post({"code": "import json", **fields})
            self.assertEqual((status, reply["error_type"]), (200, "ValidationError"))

    def test_the_sandbox_holds_to_the_same_list(self):
        self.passes("exec('import math')\nimport json", policy="careless")
        for code, module in (("exec('import os')", "os"), ("__import__('so' + 'cket')", "socket")):
            with self.subTest(code=code):
                reply = self.run_code(code, policy="careless")
                self.assertEqual(reply["error_type"], "SecurityViolationError", reply)
                self.assertIn(f"the policy does not allow the import of '{module}'", reply["error_message"])
        # What a request takes away is taken away there too.
        reply = self.run_code("exec('import json')", policy="careless", sandbox_config={"allowed_imports": ["math"]})
        self.assertEqual(reply["error_type"], "SecurityViolationError", reply)
        reply = self.run_code("exec('import json')", policy="careless", forbidden_modules=["json"])
        self.assertEqual(reply["error_type"], "SecurityViolationError", reply)
        # And an ImportError can be handled, as for a module that is not installed.
        self.assertEqual(self.passes("try:\n    exec('import os')\nexcept ImportError as e:\n    print('no')",
                                     policy="careless")["stdout"], "no\n")

    def test_the_default_lets_libraries_import_what_they_need(self):
        code = ("import numpy as np, pandas as pd\nimport matplotlib\nmatplotlib.use('Agg')\n"
                "import matplotlib.pyplot as plt\n"
                "frame = pd.DataFrame({'a': np.arange(4.0)})\nplt.plot(frame.a)\nplt.savefig('output/figure.png')\n"
                "print(frame.describe().loc['mean', 'a'])\n")
        reply = self.passes(code, image="python-data")
        self.assertEqual(reply["stdout"], "1.5\n")
        self.assertEqual([artifact["path"] for artifact in reply["artifacts"]], ["figure.png"])

    def test_validate_runs_nothing(self):
        status, _, reply = self.broker.post({"code": "import os"}, path="/v1/validate")
        self.assertEqual(status, 200)
        self.assertEqual(set(reply), {"is_valid", "error_type", "error_message", "error_line",
                                      "validation_violations", "timings"})
        self.assertEqual((reply["is_valid"], reply["error_type"], reply["error_line"]), (False, "ValidationError", 1))
        status, _, reply = self.broker.post({"code": "print('x' * 3)"}, path="/v1/validate")
        self.assertEqual((status, reply["is_valid"], reply["validation_violations"]), (200, True, []))
        status, _, reply = self.broker.post({"code": "x = ("}, path="/v1/validate")
        self.assertEqual((status, reply["is_valid"]), (200, False))
        self.assertTrue(reply["error_message"].startswith("SyntaxError: "))
        status, _, error = self.broker.post({"kode": "1"}, path="/v1/validate")
        self.assertEqual((status, error["error_type"]), (422, "ValidationError"))

    def test_a_long_program_holds_up_nobody(self):
        status, _, reply = self.broker.post({"code": "x = [1]\n" * 100_000}, path="/v1/validate")
        self.assertEqual(status, 200)
        self.assertFalse(reply["is_valid"])
        self.assertEqual(reply["validation_violations"][0]["type"], "excessive_complexity")

    def test_reload(self):
        self.addCleanup(self.broker.reload, "policies_loaded")
        self.addCleanup(self.write, "careless.json", CARELESS)
        self.refused("import csv", "import", policy="careless")
        wider = json.loads(json.dumps(CARELESS))
        wider["imports"]["modules"]["csv"] = "*"
        self.write("careless.json", wider)
        self.broker.reload("policies_loaded")
        self.passes("import csv", policy="careless")

        self.write("careless.json", json.dumps(CARELESS).replace("modules", "moduls"))
        self.broker.reload("policies_kept")
        (line,) = [line for line in self.broker.log_lines() if line["event"] == "policies_refused"]
        self.assertIn("careless.json: imports.moduls: ", line["message"])
        self.assertIn('did you mean "modules"?', line["message"])
        self.passes("import csv", policy="careless")

    def test_what_an_operator_does_not_permit(self):
        with Broker(policies={"folder": self.folder, "selectable": "strict"},
                    may_switch_off={"enable_ast_validation": False}) as broker:
            status, _, error = broker.post({"code": "1", "policy": "careless"})
            self.assertEqual((status, error["details"]["available"]), (422, ["default", "strict"]))
            status, _, error = broker.post({"code": "1", "enable_ast_validation": False})
            self.assertEqual(status, 403)


if __name__ == "__main__":
    unittest.main()
