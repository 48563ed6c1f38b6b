"""SandboxConfig: defaults, immutability, each limit; the module's configuration examples."""

import dataclasses
import unittest

from module_case import ModuleTestCase

from sallyport import CodeExecutor
from sallyport.sandboxes import BaseSandbox, GVisorSandbox, RestrictedPythonSandbox, SandboxConfig, SandboxResult


class Dataclass(unittest.TestCase):
    def test_defaults(self):
        config = SandboxConfig()
        self.assertEqual(config.timeout_seconds, 30)
        self.assertEqual(config.max_memory_mb, 512)
        self.assertEqual(config.max_output_bytes, 1_000_000)
        self.assertIs(config.enable_network, False)
        self.assertEqual(config.execution_context, {})
        self.assertIsNone(config.user_id)

    def test_it_is_immutable(self):
        for field in dataclasses.fields(SandboxConfig):
            with self.assertRaises(dataclasses.FrozenInstanceError):
                setattr(SandboxConfig(), field.name, 1)

    def test_all_imports_that_the_policy_allows_unless_named(self):
        self.assertIsNone(SandboxConfig().allowed_imports)
        self.assertEqual(SandboxConfig(allowed_imports=("math",)).allowed_imports, ("math",))


class Limits(ModuleTestCase):
    def run_with(self, code, context=None, **limits):
        return CodeExecutor(sandbox_config=SandboxConfig(**limits)).execute(code, context)

    def test_timeout_seconds(self):
        result = self.fails(self.run_with("while True:\n    pass", timeout_seconds=1), "TimeoutError")
        self.assertTrue(result.timed_out)
        self.assertGreaterEqual(result.execution_time_seconds, 1)

    def test_max_memory_mb(self):
        # The size comes from outside: the first door refuses constants that make something huge.
        code = "print(len(bytearray(context['mb'] << 20)))"
        self.succeeds(self.run_with(code, {"mb": 300}, max_memory_mb=512))
        self.assertFalse(self.run_with(code, {"mb": 300}, max_memory_mb=128).success)

    def test_max_output_bytes(self):
        result = self.run_with("print('x' * 5000)", max_output_bytes=1000)
        self.assertTrue(result.was_output_truncated)
        self.assertLess(len(result.stdout), 1200)
        self.assertEqual([v["type"] for v in result.output_violations], ["excessive_output"])
        self.assertFalse(self.run_with("print('x' * 500)", max_output_bytes=1000).was_output_truncated)

    def test_enable_network_is_refused_where_the_operator_has_none(self):
        result = self.fails(self.run_with("pass", enable_network=True), "RequestRefusedError")
        self.assertIn("network", result.error_message)

    def test_allowed_imports(self):
        code = "import json\nprint(json.dumps([1]))"
        self.succeeds(self.run_with(code, allowed_imports=("json", "math")))
        result = self.fails(self.run_with(code, allowed_imports=("math",)), "ValidationError")
        self.assertIn("json", result.validation_violations[0]["message"])

    def test_allowed_imports_name_roots_of_what_may_be_imported(self):
        self.succeeds(self.run_with("import collections.abc", allowed_imports=("collections",)))

    def test_allowed_imports_hold_without_ast_validation(self):
        config = SandboxConfig(allowed_imports=("math",))
        executor = CodeExecutor(sandbox_config=config, enable_ast_validation=False)
        self.succeeds(executor.execute("import math\nprint(eval('math.pi'))"))
        self.assertFalse(executor.execute("import json").success)

    def test_execution_context(self):
        config = SandboxConfig(execution_context={"a": 1, "b": 2})
        result = CodeExecutor(sandbox_config=config).execute("print(context)", {"b": 3})
        self.assertEqual(self.succeeds(result).stdout, "{'a': 1, 'b': 3}\n")

    def test_user_id(self):
        executor = CodeExecutor(sandbox_config=SandboxConfig(user_id=77))
        self.assertEqual(executor.user_id, 77)
        result = self.succeeds(executor.execute("pass"))
        self.assertEqual(self.audit_record(result)["user_id"], 77)

    def test_a_limit_above_its_ceiling_is_refused_with_the_ceiling(self):
        result = self.fails(self.run_with("pass", timeout_seconds=10_000), "RequestRefusedError")
        self.assertIn("300", result.error_message)


class Examples(ModuleTestCase):
    image = "python-data"

    def test_custom_configuration(self):
        config = SandboxConfig(
            timeout_seconds=5, max_memory_mb=256, max_output_bytes=500_000,
            allowed_imports=("math", "json", "datetime"))
        executor = CodeExecutor(
            user_id=2, sandbox_config=config, enable_ast_validation=True, redact_sensitive_output=True)
        code = "import json, math, datetime\nprint(json.dumps([math.sqrt(9), str(datetime.date(2024, 2, 29))]))"
        self.assertEqual(self.succeeds(executor.execute(code)).stdout, '[3.0, "2024-02-29"]\n')
        self.fails(executor.execute("import statistics"), "ValidationError")

    def test_maximum_security(self):
        executor = CodeExecutor(
            user_id=3,
            sandbox_config=SandboxConfig(
                timeout_seconds=5, max_memory_mb=256, max_output_bytes=100_000, enable_network=False,
                allowed_imports=("math", "json")),
            enable_syntax_validation=True, enable_ast_validation=True, enable_output_validation=True,
            redact_sensitive_output=True, log_executions=True)
        self.assertEqual(self.succeeds(executor.execute("import math\nprint(math.gcd(12, 18))")).stdout, "6\n")
        for code in ("import datetime", "import os", "eval('1')", "().__class__.__bases__", "x ="):
            self.fails(executor.execute(code), "ValidationError")
        self.assertTrue(executor.execute("print('y' * 200_000)").was_output_truncated)

    def test_minimal_security(self):
        executor = CodeExecutor(
            user_id=1,
            sandbox_config=SandboxConfig(
                timeout_seconds=60, max_memory_mb=1024,
                allowed_imports=("pandas", "numpy", "math", "json", "datetime", "collections")),
            enable_ast_validation=False, enable_output_validation=False, redact_sensitive_output=False)
        code = (
            "import pandas, numpy, collections\n"
            "frame = pandas.DataFrame({'n': numpy.arange(4)})\n"
            "print(int(frame['n'].sum()), collections.Counter('aab')['a'], eval('1 + 1'))")
        self.assertEqual(self.succeeds(executor.execute(code)).stdout, "6 2 2\n")
        self.assertFalse(executor.execute("import socket").success)


class Sandboxes(ModuleTestCase):
    def test_a_sandbox_alone(self):
        result = GVisorSandbox().execute("print(context['n'] + 1)", SandboxConfig(execution_context={"n": 1}))
        self.assertIsInstance(result, SandboxResult)
        self.assertEqual((result.success, result.stdout), (True, "2\n"))
        result = GVisorSandbox().execute("1 / 0", SandboxConfig())
        self.assertEqual((result.success, result.error_type), (False, "ZeroDivisionError"))

    def test_the_modules_development_sandbox_is_a_real_one(self):
        result = self.succeeds(CodeExecutor(sandbox_type=RestrictedPythonSandbox).execute("print(1)"))
        self.assertIsNotNone(result.usage)

    def test_the_interface_is_abstract(self):
        with self.assertRaises(TypeError):
            BaseSandbox()


class OwnSandbox(ModuleTestCase):
    """As the module shows it: a class that extends BaseSandbox and has `execute`."""

    class Recording(BaseSandbox):
        ran = []

        def execute(self, code, config):
            self.ran.append((code, config))
            return SandboxResult(success=True, stdout="made elsewhere")

    def setUp(self):
        self.Recording.ran.clear()

    def test_it_gets_what_the_first_door_lets_pass(self):
        executor = CodeExecutor(
            user_id=5, sandbox_type=self.Recording, sandbox_config=SandboxConfig(timeout_seconds=3),
            enable_output_validation=False)
        result = self.succeeds(executor.execute("print(1)", {"n": 1}))
        self.assertEqual(result.stdout, "made elsewhere")
        ((code, config),) = self.Recording.ran
        self.assertEqual((code, config.timeout_seconds, config.user_id), ("print(1)", 3, 5))
        self.assertEqual(config.execution_context, {"n": 1})

    def test_it_gets_nothing_else(self):
        self.fails(CodeExecutor(sandbox_type=self.Recording).execute("import os"), "ValidationError")
        self.fails(CodeExecutor(sandbox_type=self.Recording).execute("x ="), "ValidationError")
        self.assertEqual(self.Recording.ran, [])
