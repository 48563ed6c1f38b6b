"""CodeExecutor and ExecutionResult: call forms, parameters, attributes."""

import dataclasses
import inspect
import json
import logging
import unittest

from module_case import ModuleTestCase

from sallyport import CodeExecutor, ExecutionResult, SandboxConfig
from sallyport.sandboxes import BaseSandbox, GVisorSandbox


class Constructor(unittest.TestCase):
    def test_parameters_stand_in_the_modules_order_with_its_defaults(self):
        parameters = list(inspect.signature(CodeExecutor).parameters.values())[:8]
        self.assertEqual(
            [(p.name, p.default) for p in parameters],
            [
                ("user_id", None), ("sandbox_type", GVisorSandbox), ("sandbox_config", None),
                ("enable_syntax_validation", True), ("enable_ast_validation", True),
                ("enable_output_validation", True), ("redact_sensitive_output", True), ("log_executions", True),
            ])

    def test_no_argument_is_needed(self):
        executor = CodeExecutor()
        self.assertIsNone(executor.user_id)
        self.assertEqual(executor.sandbox_config, SandboxConfig())

    def test_every_argument_by_keyword(self):
        executor = CodeExecutor(
            user_id=8, sandbox_type=GVisorSandbox, sandbox_config=SandboxConfig(timeout_seconds=1),
            enable_syntax_validation=False, enable_ast_validation=False, enable_output_validation=False,
            redact_sensitive_output=False, log_executions=False)
        self.assertEqual(executor.sandbox_config.timeout_seconds, 1)
        self.assertFalse(executor.log_executions)


class Result(unittest.TestCase):
    def test_attributes_of_the_module(self):
        names = [field.name for field in dataclasses.fields(ExecutionResult)]
        self.assertEqual(names[:10], [
            "success", "stdout", "stderr", "error_message", "error_type", "execution_time_seconds",
            "total_time_seconds", "validation_violations", "output_violations", "was_output_redacted"])

    def test_values_of_one_that_has_only_its_success(self):
        result = ExecutionResult(success=True)
        self.assertEqual((result.stdout, result.stderr), ("", ""))
        self.assertIsNone(result.error_message)
        self.assertIsNone(result.error_type)
        self.assertIsNone(result.execution_time_seconds)
        self.assertIsNone(result.total_time_seconds)
        self.assertEqual((result.validation_violations, result.output_violations), ([], []))
        self.assertIs(result.was_output_redacted, False)


class Execute(ModuleTestCase):
    def test_one_positional_argument(self):
        result = self.succeeds(CodeExecutor(user_id=1).execute("import math\nprint(math.floor(2.5))"))
        self.assertEqual(result.stdout, "2\n")
        self.assertEqual(result.stderr, "")

    def test_code_and_context_by_keyword(self):
        result = CodeExecutor(user_id=1).execute(
            code="print(context['order']['lines'][1])", context={"order": {"lines": ["a", "b"]}})
        self.assertEqual(self.succeeds(result).stdout, "b\n")

    def test_context_as_second_positional_argument(self):
        self.assertEqual(CodeExecutor().execute("print(context)", {"n": None}).stdout, "{'n': None}\n")

    def test_context_is_empty_without_one(self):
        self.assertEqual(CodeExecutor().execute("print(context)").stdout, "{}\n")

    def test_an_executor_is_used_again(self):
        executor = CodeExecutor()
        for number in range(3):
            self.assertEqual(executor.execute(f"print({number})").stdout, f"{number}\n")

    def test_nothing_remains_between_executions(self):
        executor = CodeExecutor()
        self.succeeds(executor.execute("kept = 1\nopen('kept', 'w').write('1')"))
        self.fails(executor.execute("kept"), "NameError")
        self.fails(executor.execute("open('kept')"), "FileNotFoundError")

    def test_success(self):
        self.assertIs(CodeExecutor().execute("pass").success, True)
        self.assertIs(CodeExecutor().execute("1 / 0").success, False)

    def test_stdout_and_stderr_are_apart(self):
        result = CodeExecutor(enable_ast_validation=False).execute(
            "import sys\nprint('out')\nprint('err', file=sys.stderr)")
        self.assertEqual((result.stdout, result.stderr), ("out\n", "err\n"))

    def test_error_type_and_message_of_an_exception(self):
        result = self.fails(CodeExecutor().execute("print('before')\n{}['missing']"), "KeyError")
        self.assertIn("missing", result.error_message)
        self.assertEqual(result.stdout, "before\n")
        self.assertIn("Traceback", result.stderr)

    def test_no_error_after_a_success(self):
        result = CodeExecutor().execute("pass")
        self.assertIsNone(result.error_type)
        self.assertIsNone(result.error_message)

    def test_times(self):
        result = self.succeeds(CodeExecutor().execute("import time\ntime.sleep(0.2)"))
        self.assertGreaterEqual(result.execution_time_seconds, 0.2)
        self.assertGreaterEqual(result.total_time_seconds, result.execution_time_seconds)

    def test_what_did_not_run_has_no_execution_time(self):
        result = CodeExecutor().execute("import subprocess")
        self.assertIsNone(result.execution_time_seconds)
        self.assertIsNotNone(result.total_time_seconds)

    def test_to_dict_is_json_with_every_attribute(self):
        for code in ("print(1)", "import os", "1 / 0"):
            as_dict = CodeExecutor().execute(code).to_dict()
            again = json.loads(json.dumps(as_dict))
            self.assertEqual(again, as_dict)
            for field in dataclasses.fields(ExecutionResult)[:10]:
                self.assertIn(field.name, again)

    def test_user_id_reaches_the_audit_record(self):
        result = self.succeeds(CodeExecutor(user_id=4711).execute("pass"))
        self.assertEqual(self.audit_record(result)["user_id"], 4711)

    def test_a_sandbox_type_that_is_named(self):
        self.succeeds(CodeExecutor(sandbox_type=GVisorSandbox).execute("pass"))
        self.assertTrue(issubclass(GVisorSandbox, BaseSandbox))


class Switches(ModuleTestCase):
    def test_syntax_validation(self):
        result = self.fails(CodeExecutor().execute("def f(:\n    pass"), "ValidationError")
        self.assertEqual(result.validation_violations[0]["type"], "syntax")
        result = CodeExecutor(enable_syntax_validation=False, enable_ast_validation=False).execute("def f(:\n    pass")
        self.fails(result, "SyntaxError")

    def test_ast_validation(self):
        code = "import os\nprint(os.getpid() > 0)"
        self.fails(CodeExecutor(enable_ast_validation=True).execute(code), "ValidationError")
        self.assertEqual(CodeExecutor(enable_ast_validation=False).execute(code).stdout, "True\n")

    SECRET = "AKIA" + "Q3EGTUZJ7XW2" + "M5PL"

    def test_output_is_redacted(self):
        result = self.succeeds(CodeExecutor().execute(f"print('key ' + '{self.SECRET}')"))
        self.assertNotIn(self.SECRET, result.stdout)
        self.assertIn("[REDACTED]", result.stdout)
        self.assertIs(result.was_output_redacted, True)
        self.assertEqual(result.output_violations[0]["type"], "sensitive_data")
        self.assertNotIn(self.SECRET, json.dumps(result.to_dict()))

    def test_output_is_reported_and_left_alone(self):
        result = CodeExecutor(redact_sensitive_output=False).execute(f"print('{self.SECRET}')")
        self.assertEqual(self.succeeds(result).stdout, self.SECRET + "\n")
        self.assertTrue(result.output_violations)
        self.assertIs(result.was_output_redacted, False)

    def test_output_is_not_looked_at(self):
        result = CodeExecutor(enable_output_validation=False).execute(f"print('{self.SECRET}')")
        self.assertEqual(self.succeeds(result).stdout, self.SECRET + "\n")
        self.assertEqual(result.output_violations, [])

    def test_executions_are_logged(self):
        with self.assertLogs("sallyport", logging.INFO) as logs:
            CodeExecutor(user_id=123).execute("import os")
        self.assertEqual([r.getMessage() for r in logs.records], [
            "Code execution requested", "Code execution failed", "High-severity security violations detected"])
        self.assertEqual([r.levelname for r in logs.records], ["INFO", "WARNING", "WARNING"])
        self.assertEqual({r.user_id for r in logs.records}, {123})
        self.assertEqual(logs.records[0].code_length, len("import os"))
        self.assertEqual(logs.records[1].error_type, "ValidationError")
        self.assertEqual(logs.records[2].violations[0]["type"], "forbidden_import")

    def test_executions_are_not_logged(self):
        with self.assertNoLogs("sallyport", logging.INFO):
            CodeExecutor(log_executions=False).execute("1 / 0")
