"""Programs written against the module run with only the name of the package changed in their imports."""

import os
import pathlib
import subprocess
import sys

from module_case import ModuleTestCase

HERE = pathlib.Path(__file__).parent
CLIENT = HERE.parents[2] / "clients" / "python" / "src"


class Programs(ModuleTestCase):
    def output_of(self, name):
        text = (HERE / "programs" / name).read_text(encoding="utf-8")
        self.assertIn("from apps.ai.code_execution import", text)
        changed = text.replace("from apps.ai.code_execution", "from sallyport")
        environment = {**os.environ, "SALLYPORTCLIENT_URL": self.url, "PYTHONPATH": str(CLIENT)}
        done = subprocess.run(
            [sys.executable, "-c", changed], env=environment, capture_output=True, text=True, timeout=200, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def test_results(self):
        self.assertEqual(self.output_of("report.py"), [
            "area -> 12.57",
            "listing -> refused: [\"critical import of 'os' is not allowed\"]",
            "typo -> failed: NameError: name 'undefined_name' is not defined",
            "endless -> too slow",
            "greeting -> hello Ada",
        ])

    def test_exceptions_in_the_style_of_results(self):
        self.assertEqual(
            self.output_of("exceptions.py"), ["fine 1", "result ValidationError", "result TimeoutError"])

    def test_correction(self):
        self.assertEqual(self.output_of("correction.py"), [
            "1 ValidationError [1]",
            "2 ValidationError [1]",
            "10 True",
            "False 1 True",
            "critical 1 import of 'os' is not allowed",
        ])
