"""Sessions of the client against a real broker."""

import asyncio
import base64
import unittest

import client_case
import sallyport
from harness import in_background, wait_until
from sallyport import AsyncCodeExecutor, CodeExecutor, SandboxConfig

FREE = {"enable_ast_validation": False, "enable_output_validation": False}
RICH = ("class Rich:\n    def __repr__(self): return 'plain'\n    def _repr_html_(self): return '<b>bold</b>'\n"
        "    def _repr_png_(self): return b'\\x89PNG\\r\\n\\x1a\\n'\n")


class Sessions(client_case.ClientTestCase):
    sections = {"sessions": {"max_sessions": 6, "max_per_user": 0}}

    def executor(self, **options):
        return CodeExecutor(settings=self.settings, user_id=self.id().rsplit(".", 1)[1], **options)

    def test_variables_values_and_the_end(self):
        with self.executor().session(context={"rate": 3}) as session:
            first = session.execute("x = 20\nprint('one')")
            self.assertEqual((first.success, first.stdout, first.value, first.cell), (True, "one\n", None, 1), first)
            second = session.execute("x * context['rate'] + 1")
            self.assertEqual((second.value.text, second.value.html, second.value.png), ("61", None, None))
            self.assertEqual((second.cell, second.session_id, second.session_state), (2, session.id, "idle"))
            failed = session.execute("x = 5\n1 / 0")
            self.assertEqual((failed.error_type, failed.error_line), ("ZeroDivisionError", 2))
            self.assertEqual(session.execute("x").value.text, "5")
            self.assertEqual(session.status().cells, 4)
            found = self.executor().session(session_id=session.id)
            self.assertEqual(found.execute("x + 1").value.text, "6")
            gone = session.id
        self.assertTrue(self.broker.containers_gone(20))
        late = self.executor().session(session_id=gone).execute("x")
        self.assertEqual((late.error_type, late.was_served), ("SessionEndedError", False))
        self.executor().session(session_id=gone).close()

    def test_rich_displays(self):
        with self.executor(**FREE).session() as session:
            result = session.execute(RICH + "display(Rich())\ndisplay('text')\nRich()")
            self.assertEqual((result.value.text, result.value.html), ("plain", "<b>bold</b>"))
            self.assertEqual(result.value.png, b"\x89PNG\r\n\x1a\n")
            self.assertEqual([each.text for each in result.displays], ["plain", "'text'"])
            self.assertEqual(base64.b64decode(result.to_dict()["displays"][0]["image/png"]), result.value.png)

    def test_files_in_and_out(self):
        with self.executor().session() as session:
            session.put_files({"data/in.txt": "text", "b.bin": b"\xff\x00"})
            result = session.execute(
                "with open('output/out.txt', 'w') as f:\n    f.write(input())\nopen('data/in.txt').read()",
                stdin="word\n", files={"more.txt": "m"})
            self.assertEqual(result.value.text, "'text'")
            self.assertEqual([(each.path, each.content) for each in result.artifacts], [("out.txt", b"word")])
            everything = {each.path: each.content for each in session.files()}
            self.assertEqual(everything, {"data/in.txt": b"text", "b.bin": b"\xff\x00", "more.txt": b"m",
                                          "output/out.txt": b"word"})
            self.assertEqual([each.path for each in session.files("data")], ["data/in.txt"])
            with self.assertRaises(sallyport.RequestRefusedError):
                session.put_files({"../x": ""})

    def test_both_doors_look_at_each_cell(self):
        with self.executor().session() as session:
            refused = session.execute("import socket")
            self.assertIsInstance(refused.error, sallyport.ValidationError)
            redacted = session.execute("print('password = hunter2hunter2')")
            self.assertTrue(redacted.was_output_redacted)
            self.assertNotIn("hunter2", redacted.stdout)

    def test_a_cell_has_its_time(self):
        with self.executor(sandbox_config=SandboxConfig(timeout_seconds=20)).session() as session:
            session.execute("x = 1")
            slow = session.execute("while True:\n    pass", timeout_seconds=1)
            self.assertIsInstance(slow.error, sallyport.TimeoutError)
            self.assertEqual(slow.error.details["timeout_seconds"], 1)
            self.assertEqual(session.execute("x").value.text, "1")

    def test_the_end_of_a_session_is_told(self):
        with self.executor(**FREE).session() as session:
            last = session.execute("import os\nos._exit(3)")
            self.assertEqual((last.success, last.session_state), (False, "ended"))
            self.assertTrue(last.why_ended)
            result = session.execute("1")
            self.assertIsInstance(result.error, sallyport.SessionEndedError)

    def test_one_cell_at_a_time(self):
        with self.executor().session() as session:
            first = in_background(session.execute, "import time\ntime.sleep(3)\n'first'")
            self.assertTrue(wait_until(lambda: session.status().state == "busy", 10))
            second = session.execute("'second'")
            self.assertEqual((second.error_type, second.error.details["status"]), ("RequestRefusedError", 409))
            self.assertEqual(first().value.text, "'first'")

    def test_users_that_are_texts_of_digits(self):
        executor = CodeExecutor(settings=self.settings, user_id="7")
        with executor.session() as session:
            self.assertEqual(session.status().state, "idle")
            self.assertEqual(session.files(), [])
            other = CodeExecutor(settings=self.settings, user_id=7).session(session_id=session.id)
            self.assertIsInstance(other.execute("1").error, sallyport.SessionEndedError)
            self.assertEqual(session.execute("1").value.text, "1")

    def test_a_lifetime_above_the_ceiling_is_refused(self):
        with self.assertRaises(sallyport.RequestRefusedError):
            self.executor().session(lifetime_seconds=10**9).begin()

    def test_asyncio(self):
        async def main():
            async with AsyncCodeExecutor(settings=self.settings, user_id=8) as executor:
                async with executor.session() as session, executor.session() as other:
                    results = await asyncio.gather(session.execute("x = 1\nx"), other.execute("x = 2\nx"))
                    self.assertEqual([result.value.text for result in results], ["1", "2"])
                    await session.put_files({"a.txt": "a"})
                    self.assertEqual([each.path for each in await session.files()], ["a.txt"])
                    task = asyncio.ensure_future(session.execute("import time\nx = 7\ntime.sleep(30)"))
                    while (await session.status()).state != "busy":
                        await asyncio.sleep(0.02)
                    await asyncio.sleep(0.5)
                    task.cancel()
                    with self.assertRaises(asyncio.CancelledError):
                        await task
                    while (await session.status()).state == "busy":
                        await asyncio.sleep(0.05)
                    self.assertEqual((await session.execute("x")).value.text, "7")

        asyncio.run(asyncio.wait_for(main(), 60))
        self.assertTrue(self.broker.containers_gone(20))


class Figures(client_case.ClientTestCase):
    def test_figures_and_frames_as_a_notebook_shows_them(self):
        with CodeExecutor(settings=self.settings, image="python-data").session() as session:
            drawn = session.execute("import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nNone", timeout_seconds=30)
            self.assertTrue(drawn.success, drawn)
            self.assertEqual(drawn.displays[0].png[:8], b"\x89PNG\r\n\x1a\n")
            session.put_files({"data.csv": "a,b\n1,2\n3,4\n"})
            frame = session.execute("import pandas as pd\ndf = pd.read_csv('data.csv')\ndf.describe()")
            self.assertTrue(frame.success, frame)
            self.assertIn("<table", frame.value.html)
            self.assertIn("mean", frame.value.text)


if __name__ == "__main__":
    unittest.main()
