"""The validators by themselves."""

import base64
import hashlib

from module_case import ModuleTestCase

from sallyport.validators import ASTValidator, OutputValidator, SyntaxValidator

# Looks like the body of a key in PEM, and is none.
KEY_BODY = base64.encodebytes(b"0\x82" + b"".join(hashlib.sha256(bytes([n])).digest() for n in range(20))).decode().strip()


class Syntax(ModuleTestCase):
    def test_a_valid_program(self):
        result = SyntaxValidator().validate("print('a')")
        self.assertIs(result.is_valid, True)
        self.assertIsNone(result.error_message)
        self.assertIsNone(result.line_number)

    def test_an_invalid_program(self):
        result = SyntaxValidator().validate("a = 1\nif a\n    pass\n")
        self.assertIs(result.is_valid, False)
        self.assertEqual(result.line_number, 2)
        self.assertIn("expected ':'", result.error_message)

    def test_what_the_policy_forbids_is_valid_syntax(self):
        self.assertTrue(SyntaxValidator().validate("import os").is_valid)


class Ast(ModuleTestCase):
    def types(self, code, **options):
        return {violation.type for violation in ASTValidator(**options).validate(code)}

    def test_violations_have_severity_message_and_line(self):
        violations = ASTValidator().validate("x = 1\nimport os; os.system('ls')")
        self.assertTrue(violations)
        for violation in violations:
            self.assertIn(violation.severity, ("low", "medium", "high", "critical"))
            self.assertIn("os", violation.message)
            self.assertEqual(violation.line_number, 2)

    def test_a_harmless_program_has_none(self):
        self.assertEqual(ASTValidator().validate("import math\nprint(math.pi)"), [])

    def test_forbidden_imports(self):
        for module in ("os", "subprocess", "socket"):
            self.assertEqual(self.types(f"import {module}"), {"forbidden_import"})

    def test_dangerous_functions(self):
        for function in ("eval", "exec"):
            self.assertIn("dangerous_function", self.types(f"{function}('1')"))
        self.assertIn("dangerous_function", self.types("compile('1', 'f', 'eval')"))

    def test_dangerous_attributes(self):
        self.assertTrue(self.types("__import__('os')"))
        self.assertTrue(self.types("print.__self__.__builtins__"))
        self.assertIn("dangerous_attribute", self.types("().__class__.__subclasses__()"))

    def test_excessive_complexity(self):
        self.assertIn("excessive_complexity", self.types("x = 9 ** 9 ** 9"))

    def test_forbidden_functions_of_ones_own(self):
        self.assertEqual(self.types("print(sorted([1]))"), set())
        self.assertEqual(self.types("print(sorted([1]))", forbidden_functions={"sorted"}), {"dangerous_function"})


class Output(ModuleTestCase):
    def validate(self, text, **options):
        return OutputValidator(**options).validate(text)

    def test_a_key_is_replaced(self):
        key = "sk-" + "proj4Vb9Xq2LmT7" * 3
        result = self.validate("API key: " + key, redact=True)
        self.assertEqual(result.sanitized_output, "API key: [REDACTED]")
        self.assertEqual(result.violations[0]["type"], "sensitive_data")
        self.assertTrue(result.is_valid)  # What is left may go out.
        self.assertTrue(result.was_redacted)

    def test_it_is_left_where_that_is_wanted(self):
        text = "password = 'Tr0ub4dor&3-horse'"
        result = self.validate(text, redact=False)
        self.assertEqual(result.sanitized_output, text)
        self.assertTrue(result.violations)
        self.assertFalse(result.was_redacted)

    def test_a_harmless_text(self):
        result = self.validate("the mean is 4.5")
        self.assertEqual((result.is_valid, result.sanitized_output, result.violations), (True, "the mean is 4.5", []))

    def test_each_kind_that_the_module_names(self):
        kinds = {
            "social security number": ("SSN: 536-22-" + "8174", "8174"),
            "credit card": ("card 4111 1111 " + "1111 1111", "1111 1111"),
            "AWS key": ("AKIA" + "Q3EGTUZJ7XW2" + "M5PL", "Q3EGTUZJ7XW2"),
            "generic key": ("api_key = 'f3A9kL2mQ8xZ" + "7vB4nC6wE1rT5yU0'", "7vB4nC6wE1rT5yU0"),
            "connection string": ("postgres://app:hunter2secret@" + "db.internal/main", "hunter2secret"),
            "private key": (
                "-----BEGIN RSA PRIVATE " + f"KEY-----\n{KEY_BODY}\n-----END RSA PRIVATE KEY-----",
                KEY_BODY[:60]),
            "password": ("password: 'Gr33n-Tr4ctor!" + "77'", "Gr33n-Tr4ctor"),
        }
        for kind, (text, secret) in kinds.items():
            with self.subTest(kind):
                result = self.validate(text)
                self.assertNotIn(secret, result.sanitized_output)
                self.assertEqual(result.violations[0]["type"], "sensitive_data")

    def test_excessive_size(self):
        result = self.validate("z" * 2000, max_output_bytes=1000)
        self.assertFalse(result.is_valid)
        self.assertEqual([v["type"] for v in result.violations], ["excessive_output"])
        self.assertEqual(len(result.sanitized_output), 1000)
