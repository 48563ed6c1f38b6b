"""The second door through HTTP: what a submission prints, raises, and leaves behind, before anybody sees it."""

import base64
import json
import unittest

from harness import Broker, wait_until

SSN = "219-09-9998"
CARD = "4539 1488 0343 6467"

RULES = """{"rules": [
  // Two of an operator's own.
  {"id": "badge", "category": "personal", "pattern": "BADGE-(?P<secret>[0-9]{5})", "keywords": ["badge-"],
   "severity": "medium", "examples": {"match": ["BADGE-12345"], "no_match": ["BADGE-1"]}},
  {"id": "top-secret", "category": "personal", "pattern": "(?P<secret>TOPSECRET)", "keywords": ["topsecret"],
   "action": "block", "severity": "critical", "examples": {"match": ["TOPSECRET"], "no_match": ["TOP"]}}
], "disable": ["%s"]}"""


class OutputValidation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.__exit__)
        # Named in the configuration, written before the start.
        cls.rules = f"{cls.broker.folder}/rules.json"
        cls.broker.config["output"] = {"rules_file": cls.rules}
        with open(cls.broker.config_file, "w", encoding="utf-8") as file:
            json.dump(cls.broker.config, file)
        cls.write(RULES % "email-address")
        cls.broker.start()

    @classmethod
    def write(cls, text):
        with open(cls.rules, "w", encoding="utf-8") as file:
            file.write(text)

    def run_code(self, code, **fields):
        status, _, reply = self.broker.post({"code": code, **fields})
        self.assertEqual(status, 200, reply)
        return reply

    def test_both_streams_and_what_was_raised(self):
        reply = self.run_code(f"import sys\nprint('ssn', '{SSN}')\nprint('card {CARD}', file=sys.stderr)\n"
                              f"raise ValueError('no such ssn: {SSN}')\n")
        self.assertNotIn(SSN, json.dumps(reply))
        self.assertNotIn(CARD, json.dumps(reply))
        self.assertEqual(reply["stdout"], "ssn [REDACTED]\n")
        self.assertEqual(reply["error_message"], "ValueError: no such ssn: [REDACTED]")
        self.assertTrue(reply["was_output_redacted"])
        found = {(v["stream"], v["category"]) for v in reply["output_violations"]}
        self.assertEqual(found, {("stdout", "personal"), ("stderr", "personal"), ("stderr", "payment_card"),
                                 ("error_message", "personal")})
        self.assertEqual({v["type"] for v in reply["output_violations"]}, {"sensitive_data"})

    def test_artifacts_and_their_names(self):
        reply = self.run_code(f"open('output/ssn {SSN}.txt', 'w').write('ssn: {SSN}')\n"
                              f"open('output/raw.bin', 'wb').write(b'\\x00ssn: {SSN}')\n")
        texts = {a["path"]: base64.b64decode(a["content_base64"]) for a in reply["artifacts"]}
        self.assertEqual(texts, {"ssn [REDACTED].txt": b"ssn: [REDACTED]", "raw.bin": f"\0ssn: {SSN}".encode()})
        self.assertEqual({a["path"]: a["size"] for a in reply["artifacts"]},
                         {path: len(content) for path, content in texts.items()})

    def test_ordinary_output_is_left_alone(self):
        code = ("import hashlib, uuid, datetime\nprint(hashlib.sha256(b'x').hexdigest(), uuid.UUID(int=5), 3.14159265358979)\n"
                "print({'a': [1, 2], 'when': datetime.date(2026, 1, 2)})\n")
        reply = self.run_code(code)
        plain = self.run_code(code, enable_output_validation=False)
        self.assertEqual(reply["stdout"], plain["stdout"])
        self.assertEqual((reply["output_violations"], reply["was_output_redacted"]), ([], False))

    def test_secrets_that_came_in_do_not_go_out(self):
        context = {"db": {"host": "db.internal", "password": "correct horse 9"}}
        reply = self.run_code("import base64\np = context['db']['password']\n"
                              "print(context['db']['host'], p, base64.b64encode(p.encode()).decode(), p[::-1])",
                              context=context)
        self.assertEqual(reply["stdout"], "db.internal [REDACTED] [REDACTED] [REDACTED]\n")

    def test_a_text_that_somebody_else_made(self):
        status, _, reply = self.broker.post({"text": f"a\nssn {SSN}"}, path="/v1/redact")
        self.assertEqual((status, reply["is_valid"], reply["sanitized_output"], reply["was_redacted"]),
                         (200, True, "a\nssn [REDACTED]", True))
        self.assertEqual([(v["type"], v["count"], v["line"]) for v in reply["violations"]], [("sensitive_data", 1, 2)])
        status, _, reply = self.broker.post({"text": f"ssn {SSN}", "redact": False}, path="/v1/redact")
        self.assertEqual((reply["sanitized_output"], reply["was_redacted"]), (f"ssn {SSN}", False))
        status, _, reply = self.broker.post({"text": "TOPSECRET"}, path="/v1/redact")
        self.assertEqual((reply["is_valid"], reply["sanitized_output"]), (False, ""))
        status, _, error = self.broker.post({"txt": "a"}, path="/v1/redact")
        self.assertEqual((status, error["error_type"]), (422, "ValidationError"))

    def test_report_alone(self):
        reply = self.run_code(f"print('ssn {SSN}')", redact_sensitive_output=False)
        self.assertEqual((reply["stdout"], reply["was_output_redacted"]), (f"ssn {SSN}\n", False))
        self.assertEqual(len(reply["output_violations"]), 1)
        reply = self.run_code(f"print('ssn {SSN}')", enable_output_validation=False)
        self.assertEqual((reply["stdout"], reply["output_violations"]), (f"ssn {SSN}\n", []))

    def test_rules_of_the_operator(self):
        reply = self.run_code("print('BADGE-12345 ada@example.com')")
        self.assertEqual(reply["stdout"], "BADGE-[REDACTED] ada@example.com\n")
        reply = self.run_code("print('it is TOPSECRET')\nopen('output/a.txt', 'w').write('a')")
        self.assertEqual((reply["success"], reply["error_type"]), (False, "OutputValidationError"))
        self.assertEqual((reply["stdout"], reply["stderr"], reply["artifacts"]), ("", "", []))
        self.assertIn("top-secret", reply["error_message"])

    def test_output_that_was_cut_is_a_violation(self):
        reply = self.run_code("while True: print('x' * 100)", sandbox_config={"max_output_bytes": 10000})
        self.assertEqual([v["type"] for v in reply["output_violations"]], ["excessive_output"])

    def test_the_logs_hold_no_secret(self):
        self.run_code(f"class Key_ghost(Exception): pass\nprint('ssn {SSN}')\nraise Key_ghost('ssn {SSN}')",
                      user_id=f"ada, ssn {SSN}")
        with open(f"{self.broker.folder}/audit.log", encoding="utf-8") as file:
            records = file.read()
        self.assertIn("ada, ssn [REDACTED]", records)
        self.assertNotIn(SSN, records)

    def test_long_output(self):
        reply = self.run_code(f"for i in range(9000): print('row', i, 'ssn {SSN}')")
        self.assertNotIn(SSN, reply["stdout"])
        self.assertEqual(reply["stdout"].count("[REDACTED]"), 9000)
        self.assertEqual(reply["output_violations"][0]["count"], 9000)

    def test_reload(self):
        self.addCleanup(self.broker.reload, "output_rules_loaded")
        self.addCleanup(self.write, RULES % "email-address")
        self.write((RULES % "email-address").replace("{5}", "{4}").replace("BADGE-1\"", "BADGE-123\"")
                   .replace("BADGE-12345", "BADGE-1234"))
        self.broker.reload("output_rules_loaded")
        self.assertEqual(self.run_code("print('BADGE-1234')")["stdout"], "BADGE-[REDACTED]\n")
        self.write((RULES % "email-address").replace("pattern", "patern"))
        self.broker.reload("output_rules_kept")
        line = [line for line in self.broker.log_lines() if line["event"] == "output_rules_refused"][0]
        self.assertIn("rules.json: rules.badge.patern: is no such key; did you mean \"pattern\"?", line["message"])
        self.assertEqual(self.run_code("print('BADGE-1234')")["stdout"], "BADGE-[REDACTED]\n")


if __name__ == "__main__":
    unittest.main()
