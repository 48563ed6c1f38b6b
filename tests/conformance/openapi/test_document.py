"""The OpenAPI document against a running broker: requests made from it, valid ones and wrong ones, and every answer looked
up in it. Schemathesis comes from a package index, pinned.
"""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from environment import environment
from harness import Broker

REQUIREMENTS = ["schemathesis==4.32.5", "openapi-spec-validator==0.9.0"]

# A program that passes runs for real, so that there is room for some hundred requests in this time.
SECONDS = 60

# What the document promises of any answer. Left out are the checks that expect a wrong request to be told by its schema
# alone: ceilings, names of images and policies, and what foreign clients may leave out are known to the broker only.
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
          "response_schema_conformance,unsupported_method,allow_header_conformance")

# 503 is a server error to the tool. It is promised in the document, for a queue that is full; so there is none to be full.
ROOM = {"max_concurrent": 4, "max_queued": 1000, "queue_timeout_seconds": 60}


class Document(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.programs = environment("openapi", REQUIREMENTS) / "bin"

    def test_answers(self):
        with Broker(compat={"piston": True, "dify_sandbox": True, "judge0": True}, admission=ROOM,
                    sandbox={"defaults": {"timeout_seconds": 2}, "ceilings": {"timeout_seconds": 2}},
                    runner={"pool": {"enabled": True}}) as broker, \
                tempfile.TemporaryDirectory() as folder:
            document = pathlib.Path(folder) / "openapi.json"
            document.write_text(json.dumps(broker.get("/openapi.json")[1]), encoding="utf-8")
            run = subprocess.run(
                [self.programs / "schemathesis", "run", str(document), "--url", f"http://127.0.0.1:{broker.port}",
                 "--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-time", str(SECONDS),
                 "--max-examples", "20", "--workers", "1", "--seed", "1", "--request-timeout", "30",
                 "--suppress-health-check", "all", "--continue-on-failure", "--no-color", "--warnings", "off"],
                cwd=folder, capture_output=True, text=True, timeout=300, check=False)
            self.assertEqual(run.returncode, 0, run.stdout[-20000:] + run.stderr[-2000:])
            print(run.stdout[-1500:])
            # Others need an id that exists, and have it by luck.
            self.assertLessEqual({
                "/v1/executions", "/v1/executions/batch", "/v1/validate", "/v1/redact", "/mcp", "/api/v2/execute",
                "/api/v2/piston/execute", "/v1/sandbox/run", "/submissions", "/submissions/batch"},
                self.served_well(broker))
            errors = [line for line in broker.log_lines() if line["level"] == "error"]
            self.assertEqual(errors, [])
            self.assertTrue(broker.containers_gone(20) or broker.get("/readyz")[0] == 200)

    @staticmethod
    def served_well(broker):
        """The routes that take a body and answered one with a success, so that it was not refusals alone that were tried."""
        connection = broker.connect()
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        found = re.findall(r'^sallyport_requests_total\{route="([^"]+)",status="20[01]"', text, re.MULTILINE)
        quiet = {"/healthz", "/readyz", "/metrics", "/openapi.json", "/languages", "/api/v2/runtimes",
                 "/api/v2/piston/runtimes"}
        return set(found) - quiet

    def test_document_and_examples_are_valid(self):
        check = pathlib.Path(__file__).parent / "check_examples.py"
        with Broker(runner={"pool": {"enabled": False}}) as broker:
            document = broker.get("/openapi.json")[1]
        run = subprocess.run([self.programs / "python", check], input=json.dumps(document), capture_output=True,
                             text=True, timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("examples are valid", run.stdout)


if __name__ == "__main__":
    unittest.main()
