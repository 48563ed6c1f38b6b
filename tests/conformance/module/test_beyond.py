"""What the client adds to the module, as far as it takes a real broker to see it."""

import asyncio
import concurrent.futures
import time

from module_case import ModuleTestCase

from sallyport import AsyncCodeExecutor, CodeExecutor, SandboxConfig, llm
from sallyport.sandboxes import BaseSandbox, SandboxResult


class Asynchronous(ModuleTestCase):
    def test_executions_side_by_side(self):
        async def main():
            async with AsyncCodeExecutor(user_id=1) as executor:
                return await asyncio.gather(*[executor.execute("print(context['n'])", {"n": n}) for n in range(4)])

        self.assertEqual([result.stdout for result in asyncio.run(main())], ["0\n", "1\n", "2\n", "3\n"])

    def test_cancelling_ends_the_run(self):
        async def main():
            executor = AsyncCodeExecutor(sandbox_config=SandboxConfig(timeout_seconds=120))
            task = asyncio.ensure_future(executor.execute("import time\ntime.sleep(100)"))
            begin = time.monotonic()
            while not self.broker.containers() and time.monotonic() - begin < 60:
                await asyncio.sleep(0.1)
            self.assertTrue(self.broker.containers())
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        asyncio.run(main())
        self.assertTrue(self.broker.containers_gone(30))


class Synchronous(ModuleTestCase):
    def test_threads_share_an_executor(self):
        executor = CodeExecutor()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            results = pool.map(lambda n: executor.execute("print(context['n'])", {"n": n}), range(8))
            self.assertEqual([result.stdout for result in results], [f"{n}\n" for n in range(8)])

    def test_stdin_files_and_artifacts(self):
        result = CodeExecutor().execute(
            "print(input(), open('in.txt').read())\nopen('output/copy.bin', 'wb').write(open('in.bin', 'rb').read())",
            stdin="typed\n", files={"in.txt": "text", "in.bin": b"\x00\xff"})
        self.assertEqual(self.succeeds(result).stdout, "typed text\n")
        self.assertEqual([(a.path, a.size, a.content) for a in result.artifacts], [("copy.bin", 2, b"\x00\xff")])

    def test_lists_that_take_away(self):
        code = "print(sorted([2, 1]))"
        self.succeeds(CodeExecutor().execute(code))
        self.fails(CodeExecutor(forbidden_functions={"sorted"}).execute(code), "ValidationError")

    def test_a_call_of_the_tool(self):
        self.assertEqual(llm.run_tool_call({"code": "print(2 ** 10)"}), {"success": True, "stdout": "1024\n"})
        reply = llm.run_tool_call({"code": "x = 1\nimport os"})
        self.assertEqual((reply["success"], reply["error_line"]), (False, 2))


class Own(BaseSandbox):
    def execute(self, code, config):
        return SandboxResult(success=True, stdout="password: 'Gr33n-Tr4ctor!" + "77'\nsum 3\n")


class OwnSandbox(ModuleTestCase):
    def test_its_output_passes_the_second_door(self):
        result = self.succeeds(CodeExecutor(sandbox_type=Own).execute("print(1 + 2)"))
        self.assertNotIn("Gr33n", result.stdout)
        self.assertIn("sum 3", result.stdout)
        self.assertTrue(result.was_output_redacted)
        self.assertEqual(result.output_violations[0]["stream"], "stdout")
