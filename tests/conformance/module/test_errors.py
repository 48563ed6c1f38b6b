"""Exceptions and both styles of handling errors."""

import json
import socket
import tempfile
import unittest

from module_case import ModuleTestCase

import sallyport
from sallyport import (
    ClientSettings,
    CodeExecutionError,
    CodeExecutor,
    OutputValidationError,
    ResourceLimitError,
    SandboxConfig,
    SandboxError,
    SecurityViolationError,
    TimeoutError,
    ValidationError,
)

CHILDREN = (
    ValidationError, SandboxError, TimeoutError, ResourceLimitError, SecurityViolationError, OutputValidationError)


class Hierarchy(unittest.TestCase):
    def test_six_children_of_one_base(self):
        for child in CHILDREN:
            self.assertIs(child.__base__, CodeExecutionError)
        self.assertTrue(issubclass(CodeExecutionError, Exception))

    def test_message_details_and_to_dict(self):
        for kind in (CodeExecutionError, *CHILDREN):
            error = kind("what happened", {"n": 1})
            self.assertEqual((error.message, error.details, str(error)), ("what happened", {"n": 1}, "what happened"))
            self.assertEqual(
                json.loads(json.dumps(error.to_dict())),
                {"error_type": kind.__name__, "message": "what happened", "details": {"n": 1}})
            self.assertEqual(kind("no details").details, {})


class Raising(ModuleTestCase):
    def raised(self, kind, code, **options):
        with self.assertRaises(kind) as caught:
            CodeExecutor(raise_on_failure=True, **options).execute(code)
        self.assertIs(type(caught.exception), kind)
        json.dumps(caught.exception.to_dict())
        return caught.exception

    def test_a_success_is_returned(self):
        self.assertEqual(CodeExecutor(raise_on_failure=True).execute("print(1)").stdout, "1\n")

    def test_validation_error(self):
        error = self.raised(ValidationError, "\nimport os")
        self.assertIn("os", error.message)
        self.assertEqual(error.details["violations"][0]["line"], 2)
        self.assertEqual(error.details["line"], 2)

    def test_validation_error_for_syntax(self):
        self.assertIn("SyntaxError", self.raised(ValidationError, "(").message)

    def test_timeout_error(self):
        config = SandboxConfig(timeout_seconds=1)
        error = self.raised(TimeoutError, "while True: pass", sandbox_config=config)
        self.assertEqual(error.details["timeout_seconds"], 1)

    def test_resource_limit_error(self):
        error = self.raised(
            ResourceLimitError, "while True: pass", sandbox_config=SandboxConfig(timeout_seconds=20, max_cpu_seconds=1))
        self.assertEqual(error.details["signal"], "SIGXCPU")

    def test_security_violation_error(self):
        # A name that is known only while it runs: the guard in the sandbox refuses it.
        code = "import importlib\nimportlib.import_module('sub' + 'process')"
        config = SandboxConfig(allowed_imports=("importlib",))
        error = self.raised(SecurityViolationError, code, policy="trusted", sandbox_config=config)
        self.assertIn("subprocess", error.message)

    def test_code_execution_error_for_the_programs_own(self):
        error = self.raised(CodeExecutionError, "raise LookupError('nothing there')")
        self.assertIn("nothing there", error.message)
        self.assertEqual((error.details["error_type"], error.details["line"]), ("LookupError", 1))

    def test_names_of_ours_do_not_make_it_ours(self):
        for name in ("ValidationError", "TimeoutError", "ResourceLimitError", "SandboxError", "OutputValidationError"):
            code = f"class {name}(Exception): pass\nraise {name}('mine')"
            self.raised(CodeExecutionError, code)

    def test_sandbox_error_where_the_broker_is_away(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        settings = ClientSettings(base_url=url, max_retries=0)
        with self.assertRaises(SandboxError) as caught:
            CodeExecutor(settings=settings, raise_on_failure=True).execute("pass")
        self.assertIn(url, caught.exception.message)
        result = CodeExecutor(settings=settings).execute("pass")
        self.assertEqual((result.success, result.was_served), (False, False))


class Blocking(ModuleTestCase):
    """Rules of the operator's own, one of which lets nothing out."""

    @classmethod
    def setUpClass(cls):
        cls.rules = tempfile.NamedTemporaryFile("w", suffix=".json")
        json.dump({"rules": [{
            "id": "test-word", "category": "token", "description": "A word of the house.", "severity": "critical",
            "action": "block", "pattern": "WALRUS-(?P<secret>[0-9]{4})", "keywords": ["walrus-"], "max_length": 32,
            "examples": {"match": [{"text": "WALRUS-1234", "secret": ["1234"]}], "no_match": ["WALRUS-12"]},
        }]}, cls.rules)
        cls.rules.flush()
        cls.sections = {"output": {"rules_file": cls.rules.name}}
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.rules.close()

    def test_output_validation_error(self):
        code = "print('WALRUS-' + str(4321))"
        result = self.fails(CodeExecutor().execute(code), "OutputValidationError")
        self.assertEqual(result.stdout, "")
        with self.assertRaises(OutputValidationError) as caught:
            CodeExecutor(raise_on_failure=True).execute(code)
        self.assertEqual(caught.exception.details["violations"][0]["rule"], "test-word")


class Results(ModuleTestCase):
    """The module's order of questions to a result that failed."""

    @staticmethod
    def explain(result):
        if result.success:
            return "fine"
        if result.validation_violations:
            return [f"{violation['severity']}: {violation['message']}" for violation in result.validation_violations]
        if result.error_type == "TimeoutError":
            return "late"
        return f"failed: {result.error_message}"

    def test_each_branch(self):
        executor = CodeExecutor(sandbox_config=SandboxConfig(timeout_seconds=2))
        self.assertEqual(self.explain(executor.execute("pass")), "fine")
        self.assertEqual(self.explain(executor.execute("import os")), ["critical: import of 'os' is not allowed"])
        self.assertEqual(self.explain(executor.execute("while 1: pass")), "late")
        self.assertIn("failed: ZeroDivisionError", self.explain(executor.execute("1 / 0")))


class SelfCorrection(ModuleTestCase):
    def test_the_model_sees_each_failure_and_mends_it(self):
        answers = iter(["print(valu)", "value = 1\nprint(value)"])
        contexts = []

        def fix(code, context):
            contexts.append(context)
            return next(answers)

        result = sallyport.execute_with_retry("import os\nprint(os.name)", fix, max_retries=3)
        self.assertEqual(self.succeeds(result).stdout, "1\n")
        self.assertEqual([c["attempt"] for c in contexts], [1, 2])
        self.assertEqual([c["error_type"] for c in contexts], ["ValidationError", "NameError"])
        self.assertIn("'os'", contexts[0]["violations"][0]["message"])
        self.assertIn("valu", contexts[1]["error_message"])

    def test_the_last_failure_is_returned(self):
        result = sallyport.execute_with_retry("1 / 0", lambda code, context: code, max_retries=2)
        self.fails(result, "ZeroDivisionError")
