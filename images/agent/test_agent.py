"""Tests of the guest agent: each starts it as a process in a folder of its own and speaks PROTOCOL.md.

    python3 images/agent/test_agent.py

Outside a container the agent is not process 1, and there is no gVisor; what depends on these is tested in
tests/integration/images.
"""

import base64
import concurrent.futures
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

AGENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "agent.py")
NONCE = "00112233445566778899aabbccddeeff"
READY = b"SALLYPORT-READY "


class Result:
    """What one run of the agent left: output without the trailers, the trailer, the exit status."""

    def __init__(self, process, stdout, stderr):
        self.stdout_bytes, self.trailer_bytes = split_trailer(stdout)
        self.stderr_bytes, self.mark = split_trailer(stderr)
        self.stdout = self.stdout_bytes.decode("utf-8", "replace")
        self.stderr = self.stderr_bytes.decode("utf-8", "replace")
        self.trailer = json.loads(self.trailer_bytes) if self.trailer_bytes is not None else None
        self.status = process.returncode

    def __getattr__(self, name):
        return self.trailer[name]

    @property
    def files(self):
        return {
            entry["path"]: base64.b64decode(entry["content_base64"]) for entry in self.trailer["artifacts"]
        }


def split_trailer(data):
    """(output, body of the trailer), or (output, None) if there is no trailer."""
    nonce = bytes.fromhex(NONCE)
    if nonce not in data:
        return data, None
    output, rest = data.split(nonce, 1)
    (length,) = struct.unpack(">I", rest[:4])
    assert len(rest) == 4 + length, "%d bytes behind the trailer" % (len(rest) - 4 - length)
    return output, rest[4:]


def frame(body):
    return struct.pack(">I", len(body)) + body


def make_job(code="", **changes):
    job = {
        "protocol": 1,
        "nonce": NONCE,
        "code": textwrap.dedent(code) if isinstance(code, str) else code,
        "context": {},
        "stdin": "",
        "files": [],
        "limits": {},
        "artifacts": {"max_count": 32, "max_bytes": 1_000_000},
    }
    job.update(changes)
    return job


def input_file(path, content):
    return {"path": path, "content_base64": base64.b64encode(content).decode()}


class AgentTest(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.workspace = self._folder.name

    def start(self, config=None):
        arguments = [sys.executable, "-I", "-X", "utf8", AGENT, self.workspace]
        if config is not None:
            path = os.path.join(self.workspace, "agent.json")
            with open(path, "w") as file:
                json.dump(config, file)
            arguments.append(path)
        pipe = subprocess.PIPE
        environment = dict(os.environ, MALLOC_ARENA_MAX="2")  # As in the images.
        process = subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for stream in (process.stdin, process.stdout, process.stderr):
            self.addCleanup(stream.close)
        return process

    def read_ready(self, process):
        self.assertEqual(process.stdout.read(16), READY)
        (length,) = struct.unpack(">I", process.stdout.read(4))
        return json.loads(process.stdout.read(length))

    def send(self, data):
        process = self.start()
        self.read_ready(process)
        return Result(process, *process.communicate(data, timeout=60))

    def run_job(self, job):
        return self.send(frame(json.dumps(job).encode()))

    def run_code(self, code, **changes):
        return self.run_job(make_job(code, **changes))

    def assert_returned(self, result):
        self.assertEqual(result.stderr, "")
        self.assertEqual((result.outcome, result.exit_code, result.status), ("returned", 0, 0))
        self.assertIsNone(result.exception)


class ReadyTest(AgentTest):
    def test_says_ready_with_version_and_nothing_else(self):
        process = self.start()
        ready = self.read_ready(process)
        version = ".".join(map(str, sys.version_info[:3]))
        self.assertEqual(ready["protocol"], 1)
        self.assertTrue(ready["python"].startswith(version))
        self.assertEqual((ready["imported"], ready["import_errors"]), ([], {}))
        self.assertEqual(process.communicate(b"", timeout=10), (b"", b""))
        self.assertEqual(process.returncode, 0, "a closed stdin is how a pool lets an unused agent go")

    def test_imports_ahead_and_reports_what_failed(self):
        process = self.start(config={"import": ["decimal", "no_such_module", "xml.dom.minidom"]})
        ready = self.read_ready(process)
        self.assertEqual(ready["imported"], ["decimal", "xml.dom.minidom"])
        self.assertEqual(list(ready["import_errors"]), ["no_such_module"])
        self.assertIn("ModuleNotFoundError", ready["import_errors"]["no_such_module"])
        job = frame(json.dumps(make_job("import sys; print('decimal' in sys.modules)")).encode())
        result = Result(process, *process.communicate(job, timeout=10))
        self.assertEqual(result.stdout, "True\n")

    def test_a_module_that_prints_on_import_is_not_heard(self):
        # `this` prints a poem.
        process = self.start(config={"import": ["this"]})
        self.assertEqual(self.read_ready(process)["imported"], ["this"])
        job = frame(json.dumps(make_job("print('mine')")).encode())
        self.assertEqual(Result(process, *process.communicate(job, timeout=10)).stdout, "mine\n")


class BadJobTest(AgentTest):
    def assert_refused(self, data, words):
        result = self.send(data)
        self.assertEqual(result.status, 70)
        self.assertIsNone(result.trailer)
        self.assertEqual(result.stdout, "")
        self.assertRegex(result.stderr, r"\Asallyport agent: [^\n]*%s[^\n]*\n\Z" % words)

    def test_length_cut_short(self):
        self.assert_refused(b"\0\0", "cut short")

    def test_body_cut_short(self):
        self.assert_refused(struct.pack(">I", 10) + b"{}", "2 of 10")

    def test_too_long(self):
        self.assert_refused(struct.pack(">I", 2**28 + 1) + b"{}", "longer than")

    def test_not_json(self):
        self.assert_refused(frame(b"hello"), "not JSON")

    def test_nested_beyond_reason(self):
        self.assert_refused(frame(b"[" * 100_000), "not JSON")

    def test_not_an_object(self):
        self.assert_refused(frame(b"[]"), "not an object")

    def refuse_job(self, words, **changes):
        self.assert_refused(frame(json.dumps(make_job(**changes)).encode()), words)

    def test_other_protocol(self):
        self.refuse_job("protocol 2", protocol=2)

    def test_no_nonce(self):
        self.refuse_job("nonce", nonce="abc")
        self.refuse_job("nonce", nonce="x" * 32)

    def test_wrong_types(self):
        self.refuse_job("'code'", code=None)
        self.refuse_job("'context'", context=[])
        self.refuse_job("limits.cpu_seconds", limits={"cpu_seconds": "1"})

    def test_unsafe_paths(self):
        for path in ("/etc/x", "../x", "a/../b", "a//b", "", ".", "a/", "a\0b", "./a"):
            with self.subTest(path=path):
                self.refuse_job("unsafe file path", files=[input_file(path, b"")])

    def test_bad_files(self):
        self.refuse_job("base64", files=[{"path": "a"}])
        self.refuse_job("unsafe", files=["a"])
        self.refuse_job("cannot be placed", files=[input_file("a", b""), input_file("a", b"")])
        self.refuse_job("cannot be placed", files=[input_file("a", b""), input_file("a/b", b"")])
        self.refuse_job("cannot be placed", files=[input_file("\udc80\ud800", b"")])


class MainModuleTest(AgentTest):
    def test_output_and_trailer(self):
        result = self.run_code("print('hello')")
        self.assert_returned(result)
        self.assertEqual(result.stdout, "hello\n")
        self.assertEqual(result.mark, b"")
        self.assertEqual((result.artifacts, result.notes), ([], []))
        self.assertGreater(result.usage["max_rss_kb"], 1000)

    def test_context(self):
        result = self.run_code("print(context['a'][1], type(context))", context={"a": [1, "zwei ✓"]})
        self.assertEqual(result.stdout, "zwei ✓ <class 'dict'>\n")

    def test_it_is_main(self):
        result = self.run_code("""
            import os, sys, __main__
            if __name__ == "__main__":
                print(sorted(k for k in globals() if k not in ("os", "sys", "__main__")))
                print(sys.argv, __file__, __main__.context is context, sys.path[0] == os.getcwd())
                print(type(__builtins__).__name__, __doc__, __spec__, exit, sys.stdin.name, sys.stdout.name)
            """)
        self.assertEqual(
            result.stdout,
            "['__builtins__', '__cached__', '__doc__', '__file__', '__loader__', '__name__', '__package__',"
            " '__spec__', 'context']\n"
            "['<submission>'] <submission> True True\n"
            "module None None Use exit() or Ctrl-D (i.e. EOF) to exit <stdin> <stdout>\n",
        )

    def test_docstring_and_future_imports(self):
        result = self.run_code(
            '"""Doc."""\nfrom __future__ import annotations\nx: Nope = 1\nprint(__doc__, __annotations__)'
        )
        self.assertEqual(result.stdout, "Doc. {'x': 'Nope'}\n")

    def test_the_agents_own_future_imports_do_not_leak(self):
        self.assertEqual(self.run_code("def f(x: 1+1): 0\nprint(f.__annotations__)").stdout, "{'x': 2}\n")

    def test_introspection_of_the_submission(self):
        result = self.run_code("""
            import inspect, pickle, dataclasses, typing
            @dataclasses.dataclass
            class Point:
                x: int
                y: "Point" = None
            def f():
                return 1
            print(inspect.getsource(f), inspect.getsource(Point), end="")
            print(pickle.loads(pickle.dumps(Point(3))), typing.get_type_hints(Point)["y"])
            """)
        self.assert_returned(result)
        self.assertIn("def f():\n    return 1\n", result.stdout)
        self.assertIn("class Point:\n    x: int", result.stdout)
        self.assertIn("Point(x=3, y=None) <class '__main__.Point'>", result.stdout)

    def test_newlines_and_byte_order_mark(self):
        result = self.run_code("\ufeffx = '''a\r\nb'''\rprint(repr(x))\r\n1/0")
        self.assertEqual(result.stdout, "'a\\nb'\n")
        self.assertEqual(result.exception["line"], 4)
        self.assertIn("    1/0\n", result.stderr)

    def test_files_can_be_read_and_imported(self):
        files = [input_file("data/in.csv", b"a,b\n"), input_file("helper.py", b"def f(): return 1/0\n")]
        result = self.run_code("print(open('data/in.csv').read())\nimport helper; helper.f()", files=files)
        self.assertEqual(result.stdout, "a,b\n\n")
        self.assertIn('helper.py", line 1, in f\n    def f(): return 1/0\n', result.stderr)
        self.assertEqual(result.exception["line"], 2)

    def test_nothing_of_the_agent_in_main_or_the_environment(self):
        result = self.run_code("""
            import os, sys, __main__
            secret = bytes.fromhex(%r[::-1])
            print(secret.hex() in repr(vars(__main__)) + repr(os.environ) + repr(sys.argv))
            print([k for k in vars(__main__) if "nonce" in k])
            """ % NONCE[::-1][::-1].swapcase())
        self.assertEqual(result.stdout, "False\n[]\n")


class StdinTest(AgentTest):
    def test_input_and_iteration(self):
        result = self.run_code(
            "print(input('? '), input(), list(__import__('sys').stdin))", stdin="a\nß\nc\nd"
        )
        self.assertEqual(result.stdout, "? a ß ['c\\n', 'd']\n")

    def test_end_of_input(self):
        self.assertEqual(self.run_code("input()").exception["type"], "EOFError")

    def test_a_subprocess_reads_it(self):
        result = self.run_code("import subprocess; subprocess.run(['cat'])", stdin="through\n")
        self.assertEqual(result.stdout, "through\n")

    def test_raw_descriptor(self):
        result = self.run_code("import os; print(os.read(0, 100), os.read(0, 1))", stdin="x" * 10)
        self.assertEqual(result.stdout, "b'xxxxxxxxxx' b''\n")

    def test_large(self):
        result = self.run_code("import sys; print(len(sys.stdin.read()))", stdin="é" * 1_000_000)
        self.assertEqual(result.stdout, "1000000\n")

    def test_lone_surrogates(self):
        code = "import sys; print(ascii(sys.stdin.buffer.read()))"
        self.assertEqual(self.run_code(code, stdin="\udc80").stdout, "b'\\x80'\n")
        self.assertEqual(self.run_code(code, stdin="\ud800").stdout, "b'\\xed\\xa0\\x80'\n")


class OutputTest(AgentTest):
    def test_unflushed_output_arrives(self):
        result = self.run_code("import sys; print('a', end=''); sys.stderr.write('b'); print('c', end='')")
        self.assertEqual((result.stdout, result.stderr), ("ac", "b"))

    def test_lines_arrive_while_the_program_runs(self):
        process = self.start()
        self.read_ready(process)
        process.stdin.write(frame(json.dumps(make_job("print('now')\nwhile True: pass")).encode()))
        process.stdin.flush()
        self.assertEqual(os.read(process.stdout.fileno(), 100), b"now\n")

    def test_many_lines_are_whole_and_few_writes(self):
        result = self.run_code("""
            import sys, time
            for i in range(20000): print(i)
            print(sys.stdout.line_buffering, sys.stdout.encoding, file=sys.stderr)
            """)
        self.assertEqual(result.stdout, "".join("%d\n" % i for i in range(20000)))
        self.assertEqual(result.stderr, "False utf-8\n")

    def test_an_explicit_flush_is_real_after_many_lines(self):
        result = self.run_code("""
            import os
            for i in range(1000): print(i)
            print("before", flush=True)
            os.write(1, b"between\\n")
            print("after")
            """)
        self.assertTrue(result.stdout.endswith("999\nbefore\nbetween\nafter\n"))

    def test_binary_output(self):
        result = self.run_code("import sys; sys.stdout.buffer.write(bytes(range(256)))")
        self.assertEqual(result.stdout_bytes, bytes(range(256)))

    def test_surrogates_as_in_cpython(self):
        self.assertEqual(self.run_code("print('\\udc80')").stdout_bytes, b"\x80\n")
        self.assertEqual(self.run_code("print('\\ud800')").exception["type"], "UnicodeEncodeError")

    def test_closed_and_replaced_streams_still_give_a_trailer(self):
        for code in (
            "import os; os.close(1); os.close(2)",
            "import os; os.closerange(1, 100)",
            "import sys; sys.stdout.close(); sys.stderr.close()",
            "import sys; sys.stdout = sys.stderr = None",
            "import sys, io; sys.stdout = io.StringIO(); print('x')",
            "import sys; del sys.stdout, sys.stderr",
            "import os; n = os.open('/dev/null', os.O_RDWR); os.dup2(n, 1); os.dup2(n, 2); print('x')",
            "import os; os.set_blocking(1, False)",
        ):
            with self.subTest(code=code):
                result = self.run_code(code)
                self.assertIsNotNone(result.trailer, result.stderr)
                self.assertEqual((result.outcome, result.status, result.stdout), ("returned", 0, ""))

    def test_closing_every_descriptor(self):
        result = self.run_code("import os; os.closerange(3, 5000); print('x')")
        self.assertEqual((result.outcome, result.stdout), ("returned", "x\n"))


class ExceptionTest(AgentTest):
    def assert_exception(self, result, kind, message, line):
        self.assertEqual((result.outcome, result.exit_code, result.status), ("exception", 1, 1))
        self.assertEqual(result.exception, {"type": kind, "message": message, "line": line})

    def assert_like_cpython(self, code):
        """The same program as a script under CPython prints the same, names of files aside."""
        code = textwrap.dedent(code)
        path = os.path.join(self.workspace, "script.py")
        with open(path, "w") as file:
            file.write(code)
        real = subprocess.run(
            [sys.executable, "-I", path], capture_output=True, cwd=self.workspace, timeout=60
        )
        result = self.run_code(code)
        expected = real.stderr.decode().replace(path, "<submission>")
        self.assertEqual(result.stderr, expected)
        self.assertEqual(result.stdout, real.stdout.decode())
        self.assertEqual(result.status, real.returncode)
        return result

    def test_traceback(self):
        result = self.assert_like_cpython("def f(x):\n    return 1 / x\n\nprint('a')\nf(0)\n")
        self.assert_exception(result, "ZeroDivisionError", "ZeroDivisionError: division by zero", 2)
        self.assertNotIn("agent", result.stderr)

    def test_chains(self):
        self.assert_like_cpython("try:\n    1/0\nexcept Exception as e:\n    raise KeyError('k') from e\n")
        self.assert_like_cpython("try:\n    1/0\nexcept Exception as e:\n    None.x\n")
        self.assert_like_cpython("try:\n    1/0\nexcept Exception:\n    raise ValueError from None\n")

    def test_syntax_errors(self):
        result = self.assert_like_cpython("x = 1\nif x\n    pass\n")
        self.assertEqual(result.exception["type"], "SyntaxError")
        self.assertEqual(result.exception["line"], 2)
        self.assert_like_cpython("def f():\n\treturn 1\n        return 2\n")
        self.assert_like_cpython("x = 'abc\n")
        self.assert_like_cpython("return 1\n")

    def test_syntax_error_elsewhere(self):
        self.assert_exception(
            self.run_code("1\ncompile('a b', 'other', 'exec')"),
            "SyntaxError",
            "SyntaxError: invalid syntax",
            2,
        )

    def test_suggestions(self):
        self.assert_like_cpython("value = 1\nprint(valeu)\n")
        self.assert_like_cpython("import os\ntry:\n    1/0\nfinally:\n    os.pathx\n")
        result = self.assert_like_cpython("value = 1\ndef f():\n    return valeu\nf()\n")
        if sys.version_info >= (3, 10):
            self.assertIn("Did you mean: 'value'?", result.exception["message"])

    def test_groups_notes_and_recursion(self):
        result = self.run_code("def f(n):\n    return f(n + 1)\nf(0)\n")
        self.assertEqual(result.exception["type"], "RecursionError")
        self.assertIn("  [Previous line repeated 9", result.stderr)
        if sys.version_info >= (3, 11):
            self.assert_like_cpython("e = ValueError('a')\ne.add_note('see\\nhere')\nraise e\n")
            result = self.assert_like_cpython("raise ExceptionGroup('g', [ValueError('a'), KeyError(1)])\n")
            self.assert_exception(result, "ExceptionGroup", "ExceptionGroup: g (2 sub-exceptions)", 1)

    def test_message_of_several_lines(self):
        self.assert_exception(self.run_code("raise ValueError('a\\nb')"), "ValueError", "ValueError: a", 1)

    def test_types(self):
        code = "import json\njson.loads('{')"
        message = "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes"
        result = self.run_code(code)
        self.assertEqual(result.exception["type"], "JSONDecodeError")
        self.assertTrue(result.exception["message"].startswith(message))
        self.assertEqual(result.exception["line"], 2)
        self.assert_exception(self.run_code("class E(BaseException): 0\nraise E(3)"), "E", "E: 3", 2)
        self.assert_exception(
            self.run_code("raise KeyboardInterrupt"), "KeyboardInterrupt", "KeyboardInterrupt", 1
        )
        self.assert_exception(
            self.run_code("import asyncio\nraise GeneratorExit"), "GeneratorExit", "GeneratorExit", 2
        )

    def test_str_that_raises(self):
        for body in ("1/0", "raise SystemExit", "return 3"):
            result = self.run_code("class E(Exception):\n def __str__(self): %s\nraise E" % body)
            self.assertEqual((result.outcome, result.exception["type"]), ("exception", "E"))
            self.assertIn(
                "E: <exception str() failed>" if sys.version_info >= (3, 11) else "E: <", result.stderr
            )

    def test_bounded_and_valid_text(self):
        result = self.run_code("raise ValueError('\\ud800' + 'ä' * 10**6)")
        self.assertLessEqual(len(result.exception["message"].encode()), 4096)
        self.assertTrue(result.exception["message"].startswith("ValueError: \\ud800ä"))
        result = self.run_code("raise type('ä' * 1000, (Exception,), {})")
        self.assertLessEqual(len(result.exception["type"].encode()), 256)

    def test_thread(self):
        code = (
            "import threading\nt = threading.Thread(target=lambda: 1/0)\nt.start()\nt.join()\nprint('on')\n"
        )
        self.assertEqual(self.assert_like_cpython(code).outcome, "returned")

    def test_unraisable(self):
        result = self.run_code("class A:\n    def __del__(self): 1/0\nA()\nprint('on')\n")
        self.assertEqual((result.stdout, result.outcome), ("on\n", "returned"))
        self.assertIn("Exception ignored in: <function A.__del__", result.stderr)
        self.assertIn("    def __del__(self): 1/0\n", result.stderr)

    def test_own_excepthook(self):
        code = "import sys\nsys.excepthook = lambda kind, e, tb: print('mine', kind.__name__, tb.tb_lineno)\n1/0\n"
        self.assert_exception(
            self.assert_like_cpython(code), "ZeroDivisionError", "ZeroDivisionError: division by zero", 3
        )

    def test_excepthook_that_fails_or_exits(self):
        self.assert_like_cpython(
            "import sys\ndef hook(*a):\n    raise KeyError(1)\nsys.excepthook = hook\n1/0\n"
        )
        result = self.run_code("import sys\nsys.excepthook = lambda *a: sys.exit(5)\n1/0")
        self.assertEqual((result.outcome, result.exit_code), ("exit", 5))
        self.assert_like_cpython("import sys\nsys.excepthook = sys.__excepthook__\n1/0\n")

    def test_warnings_show_their_line(self):
        self.assert_like_cpython(
            "import warnings\nwarnings.warn('old')\nwarnings.warn('d', DeprecationWarning)\n"
        )
        self.assert_like_cpython(
            "import logging\nlogging.warning('w')\ntry:\n    1/0\nexcept Exception:\n    logging.exception('e')\n"
        )

    def test_memory_error(self):
        result = self.run_code(
            "keep = []\nwhile True: keep.append(bytearray(1 << 20))", limits={"memory_mb": 160}
        )
        self.assert_exception(result, "MemoryError", "MemoryError", 2)
        self.assertIn("MemoryError", result.stderr)

    def test_memory_error_of_small_objects(self):
        result = self.run_code("keep = [[]]\nwhile True: keep.append([keep[-1]])", limits={"memory_mb": 100})
        # With nothing left, CPython itself may have no memory for a traceback.
        self.assertEqual((result.outcome, result.exception["type"]), ("exception", "MemoryError"))
        self.assertIn("MemoryError", result.stderr)


class ImportGuardTest(AgentTest):
    """What the submission may import, by the job's `imports`."""

    def refused(self, code, module, allowed=("math", "json", "datetime", "xml", "xml.*"), denied=(), **changes):
        imports = {"allowed": allowed if allowed is None else list(allowed), "denied": list(denied)}
        result = self.run_code(code, imports=imports, **changes)
        self.assertEqual(result.outcome, "exception", code)
        self.assertEqual(result.exception.get("refused_import"), module, (code, result.exception))
        self.assertEqual(
            (result.exception["type"], result.exception["message"]),
            ("ImportError", "ImportError: the policy does not allow the import of %r" % module),
        )
        return result

    def passes(self, code, allowed=("math", "json", "datetime", "xml", "xml.*"), denied=(), **changes):
        imports = {"allowed": allowed if allowed is None else list(allowed), "denied": list(denied)}
        result = self.run_code(code, imports=imports, **changes)
        self.assert_returned(result)
        return result

    def test_no_list_holds_nothing_back(self):
        self.assert_returned(self.run_code("import os, socket, builtins", imports=None))
        self.passes("import os, socket", allowed=None)
        self.refused("import os.path", "os.path", allowed=None, denied=["os"])

    def test_statements(self):
        self.passes("from __future__ import annotations\nimport math, json\nfrom json import dumps as d\nd([math.pi])")
        self.refused("import math, os", "os")
        self.refused("from os import system", "os")
        self.refused("from os.path import join", "os.path")
        self.refused("def f():\n    import socket\nf()", "socket")
        self.refused("import os.path", "os.path", allowed=["os"])
        result = self.run_code("from . import math", imports={"allowed": []})
        self.assertEqual(
            result.exception["message"], "ImportError: attempted relative import with no known parent package"
        )

    def test_submodules(self):
        self.passes("import xml.dom.minidom\nfrom xml.etree import ElementTree\nElementTree.fromstring('<a/>')")
        self.passes("from xml.etree import ElementTree as e, ElementTree", allowed=["xml.etree.ElementTree"])
        self.passes("import xml.etree.ElementTree as e", allowed=["xml.etree.ElementTree"])
        self.refused("from xml.etree import ElementTree, ElementPath", "xml.etree", allowed=["xml.etree.ElementTree"])
        self.refused("import xml.dom.minidom", "xml.dom.minidom", denied=["xml.dom"])
        self.refused("from xml import dom", "xml.dom", denied=["xml.dom"])
        self.refused("from json import codecs", "json.codecs")
        self.refused("from json import decoder", "json.decoder")

    def test_dynamic_imports(self):
        self.refused("__import__('o' + 's')", "os")
        self.refused("f = __import__\nlist(map(f, ['json', 'os']))", "os")
        self.refused("exec('import os')", "os")
        self.refused("exec('import os', {})", "os")
        self.refused(
            "exec(compile('import os', json.__file__, 'exec'), {'__file__': json.__file__})".replace("json.", "__import__('json').", 2),
            "os",
        )
        self.refused("import importlib\nimportlib.import_module('os')", "os", allowed=["importlib"])
        self.refused("from importlib import import_module as f\nf('.path', 'os')", "os.path", allowed=["importlib"])
        self.refused("import importlib\nimportlib.__import__('os')", "os", allowed=["importlib"])
        self.refused("import builtins\nbuiltins.__import__('os')", "os", allowed=["builtins"])

    def test_libraries_import_what_they_need(self):
        self.passes("import datetime\nassert datetime.datetime.strptime('2024', '%Y').year == 2024")
        self.passes("import concurrent.futures as c\nc.ThreadPoolExecutor", allowed=["concurrent.futures"], denied=["os"])
        self.passes("import csv, collections\ncollections.namedtuple('A', 'b')", allowed=["csv", "collections"])
        self.passes("print('x'.encode('cp437').decode('utf-16-le', 'replace'))")

    def test_files_of_the_submission_are_held_to_it_too(self):
        self.refused("import first", "first", files=[input_file("first.py", b"import os")])
        self.refused("import second", "os", allowed=["second"], files=[input_file("second.py", b"import os")])

    def test_may_be_caught_and_looks_like_cpython(self):
        self.passes("try:\n    import ujson as j\nexcept ImportError:\n    import json as j\nj.dumps(1)")
        result = self.refused("import math\nimport os", "os")
        self.assertEqual(result.exception["line"], 2)
        lines = result.stderr.splitlines()
        self.assertNotIn("agent", result.stderr)
        self.assertEqual(lines[-1], "ImportError: the policy does not allow the import of 'os'")
        self.assertEqual(len(lines), 4, result.stderr)
        result = self.run_code(
            "import bad", files=[input_file("bad.py", b"1 / 0")], imports={"allowed": ["bad"], "denied": []}
        )
        self.assertNotIn("agent", result.stderr)
        self.assertNotIn("refused_import", result.exception)
        result = self.run_code("import nothing_here", imports={"allowed": ["nothing_here"]})
        self.assertEqual(result.exception["type"], "ModuleNotFoundError")
        self.assertNotIn("agent", result.stderr)

    def test_threads(self):
        result = self.passes_with_stderr(
            "import threading\nt = threading.Thread(target=lambda: __import__('os'))\nt.start()\nt.join()"
        )
        self.assertIn("does not allow the import of 'os'", result.stderr)
        self.assertNotIn("agent", result.stderr)

    def passes_with_stderr(self, code):
        result = self.run_code(code, imports={"allowed": ["threading"]})
        self.assertEqual(result.outcome, "returned")
        return result

    def test_bad_lists(self):
        for imports in ("math", [], {"allowed": "math"}, {"allowed": [1]}, {"denied": None}):
            result = self.run_job(make_job("print(1)", imports=imports))
            self.assertEqual((result.status, result.trailer), (70, None), imports)


class ExitTest(AgentTest):
    def assert_exit(self, code, status, stderr=""):
        with self.subTest(code=code):
            result = self.run_code("import sys\n" + code)
            self.assertEqual((result.outcome, result.exit_code, result.status), ("exit", status, status))
            self.assertEqual(result.stderr, stderr)
            self.assertIsNone(result.exception)

    def test_system_exit(self):
        self.assert_exit("sys.exit()", 0)
        self.assert_exit("sys.exit(0)", 0)
        self.assert_exit("sys.exit(7)", 7)
        self.assert_exit("sys.exit(True)", 1)
        self.assert_exit("sys.exit(256 + 3)", 3)
        self.assert_exit("sys.exit(-1)", 255)
        self.assert_exit("sys.exit(10**30)", 255)
        self.assert_exit("sys.exit('why')", 1, "why\n")
        self.assert_exit("sys.exit((1, 2))", 1, "(1, 2)\n")
        self.assert_exit("sys.exit(1.5)", 1, "1.5\n")
        self.assert_exit("raise SystemExit", 0)
        self.assert_exit("sys.stderr = None\nsys.exit('why')", 1)
        self.assert_exit("exit(4)", 4)
        self.assert_exit("quit()", 0)
        self.assert_exit("class E(SystemExit): 0\nraise E(9)", 9)

    def test_os_exit(self):
        result = self.run_code("import os; print('lost', end=''); os.write(1, b'kept'); os._exit(300)")
        self.assertEqual((result.outcome, result.exit_code, result.status), ("os_exit", 44, 44))
        self.assertEqual((result.stdout, result.mark), ("kept", b""))

    def test_os_exit_deep_down_and_in_a_thread(self):
        code = "import os, sys\nsys.setrecursionlimit(10**5)\ndef f(n): os._exit(3) if n == 5000 else f(n + 1)\nf(0)"
        self.assertEqual(self.run_code(code).outcome, "os_exit")
        code = "import os, threading\nthreading.Thread(target=os._exit, args=(3,)).start()\nwhile True: pass"
        self.assertEqual(self.run_code(code).outcome, "os_exit")

    def test_os_exit_with_nonsense(self):
        self.assertEqual(self.run_code("import os; os._exit('a')").exception["type"], "TypeError")

    def test_os_exit_twice_at_once(self):
        code = """
            import os, threading
            for i in range(8):
                threading.Thread(target=os._exit, args=(i,)).start()
        """
        result = self.run_code(code)
        self.assertIsNotNone(result.trailer)

    def test_signals_give_no_trailer(self):
        for name in ("SIGKILL", "SIGSEGV", "SIGABRT"):
            result = self.run_code("import os, signal; os.kill(os.getpid(), signal.%s)" % name)
            self.assertEqual((result.status, result.trailer), (-getattr(signal, name), None))

    def test_exec_gives_no_trailer(self):
        result = self.run_code("import os; os.execvp('echo', ['echo', 'other'])")
        self.assertEqual((result.stdout, result.trailer, result.status), ("other\n", None, 0))


class EndingTest(AgentTest):
    """What CPython does between a program's last line and the end of the process."""

    def test_order(self):
        result = self.run_code("""
            import atexit, threading, time, concurrent.futures
            class A:
                def __del__(self): print("object")
            a = A()
            atexit.register(print, "atexit")
            def slow():
                time.sleep(0.2)
                print("thread")
            threading.Thread(target=slow).start()
            print("main")
            """)
        self.assert_returned(result)
        self.assertEqual(result.stdout, "main\nthread\natexit\nobject\n")

    def test_atexit_that_fails(self):
        result = self.run_code("import atexit\natexit.register(lambda: 1/0)\natexit.register(print, 'x')")
        self.assertEqual((result.stdout, result.outcome), ("x\n", "returned"))
        self.assertIn("ZeroDivisionError", result.stderr)

    def test_open_files_reach_the_disk(self):
        result = self.run_code("""
            f = open("output/a.txt", "w"); f.write("never closed")
            class Cycle: pass
            c = Cycle(); c.me = c; c.f = open("output/b.txt", "w"); c.f.write("in a cycle")
            import json; json.log = open("output/c.txt", "w"); json.log.write("held by a module")
            """)
        self.assertEqual(
            result.files, {"a.txt": b"never closed", "b.txt": b"in a cycle", "c.txt": b"held by a module"}
        )

    def test_daemon_threads_are_cut_off(self):
        result = self.run_code("""
            import threading, time, os
            counter = 0
            def chatter():
                global counter
                while True:
                    counter += 1
                    os.write(1, b"x")
                    time.sleep(0.001)
            def busy():
                while True: pass
            for target in (chatter, chatter, busy):
                threading.Thread(target=target, daemon=True).start()
            time.sleep(0.05)
            open("output/a", "wb").write(bytes(700000))
            """)
        self.assert_returned(result)
        self.assertEqual(result.stdout.strip("x"), "")

    def test_what_is_left_running_holds_nobody_up(self):
        begin = time.monotonic()
        process = self.start()
        self.read_ready(process)
        code = "import subprocess; print(subprocess.Popen(['sleep', '5'], start_new_session=True).pid, flush=True)"
        process.stdin.write(frame(json.dumps(make_job(code)).encode()))
        process.stdin.flush()
        self.assertEqual(process.wait(timeout=4), 0)
        child = int(os.read(process.stdout.fileno(), 100).split(b"\n")[0])
        os.kill(child, signal.SIGKILL)
        self.assertLess(time.monotonic() - begin, 4)

    def report_of(self, code):
        """A process whose stdin stays open, with its trailer read to the end."""
        process = self.start()
        self.read_ready(process)
        process.stdin.write(frame(json.dumps(make_job(code)).encode()))
        process.stdin.flush()
        nonce = bytes.fromhex(NONCE)
        self.assertEqual(process.stdout.read(len(nonce)), nonce)
        (length,) = struct.unpack(">I", process.stdout.read(4))
        json.loads(process.stdout.read(length))
        return process

    def test_stays_behind_the_report_until_stdin_ends(self):
        for code in ("import sys; sys.exit(3)", "import os; os._exit(3)"):
            with self.subTest(code=code):
                process = self.report_of(code)
                with self.assertRaises(subprocess.TimeoutExpired):
                    process.wait(timeout=0.2)
                process.stdin.close()
                self.assertEqual(process.wait(timeout=60), 3)

    def test_does_not_stay_for_ever(self):
        self.assertEqual(self.report_of("import sys; sys.exit(3)").wait(timeout=60), 3)

    def test_does_not_stay_without_a_report(self):
        process = self.start()
        self.read_ready(process)
        code = "import os; os.closerange(3, 5000); os.close(1)"
        process.stdin.write(frame(json.dumps(make_job(code)).encode()))
        process.stdin.flush()
        self.assertEqual(process.wait(timeout=60), 0)

    def test_disturbed_interpreters(self):
        for code in (
            "import sys; sys.settrace(lambda *a: 1/0)",
            "import sys; sys.setprofile(lambda *a: None)",
            "import sys; sys.setrecursionlimit(60)",
            "import signal; signal.signal(signal.SIGALRM, lambda *a: 1/0); signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0001); 1",
            "import gc; gc.disable(); gc.set_debug(gc.DEBUG_STATS); gc.set_debug(0)",
            "import threading; del threading.excepthook",
            "import sys; del sys.excepthook; del sys.unraisablehook",
            "import os; os.chdir('/')",
            "globals().clear()",
            "globals()[1] = 2",
            "import sys; sys.modules.clear()",
            "import locale, decimal; print = None",
        ):
            with self.subTest(code=code):
                result = self.run_code(code)
                self.assertIsNotNone(result.trailer, result.stderr)

    def test_usage_counts_the_submission_alone(self):
        result = self.run_code(
            "import time, subprocess, sys\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"
        )
        self.assertAlmostEqual(result.usage["cpu_seconds"], 0.3, delta=0.15)
        result = self.run_code(
            "import subprocess; subprocess.run(['sh', '-c', 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'])"
        )
        self.assertGreater(result.usage["cpu_seconds"], 0.05)


class ProcessTest(AgentTest):
    def test_forked_child_that_runs_off_the_end(self):
        result = self.run_code("""
            import os, atexit, sys
            atexit.register(lambda: print("atexit", flush=True))
            child = os.fork()
            if child:
                print("status", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            else:
                print("child")
            """)
        self.assert_returned(result)
        self.assertEqual(result.stdout, "child\natexit\nstatus 0\natexit\n")

    def test_forked_child_that_fails_or_exits(self):
        for code, status in (("1/0", 1), ("sys.exit(5)", 5), ("os._exit(6)", 6), ("sys.exit('x')", 1)):
            result = self.run_code(
                "import os, sys\nchild = os.fork()\nif not child: %s\n"
                "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))" % code
            )
            self.assertEqual((result.stdout, result.outcome), ("%d\n" % status, "returned"))

    def test_multiprocessing(self):
        result = self.run_code("""
            import multiprocessing, concurrent.futures, time
            def square(x):
                if x == 3: print("in a child", flush=True)
                return x * x
            if __name__ == "__main__":
                multiprocessing.set_start_method("fork")
                with multiprocessing.Pool(2) as pool:
                    print(pool.map(square, range(5)))
                with concurrent.futures.ProcessPoolExecutor(2) as pool:
                    print(list(pool.map(square, range(3))))
                p = multiprocessing.Process(target=square, args=(3,))
                p.start(); p.join(); print(p.exitcode)
            """)
        self.assert_returned(result)
        self.assertEqual(result.stdout, "in a child\n[0, 1, 4, 9, 16]\n[0, 1, 4]\nin a child\n0\n")

    def test_threads_and_asyncio(self):
        result = self.run_code("""
            import asyncio, concurrent.futures
            async def main():
                await asyncio.sleep(0.01)
                loop = asyncio.get_running_loop()
                process = await asyncio.create_subprocess_exec("echo", "sub", stdout=asyncio.subprocess.PIPE)
                print((await process.communicate())[0], await loop.run_in_executor(None, sum, [1, 2]))
            asyncio.run(main())
            with concurrent.futures.ThreadPoolExecutor(40) as pool:
                print(sum(pool.map(lambda x: x, range(100))))
            """)
        self.assert_returned(result)
        self.assertEqual(result.stdout, "b'sub\\n' 3\n4950\n")


class LimitTest(AgentTest):
    LIMITS = {
        "cpu_seconds": 30,
        "memory_mb": 512,
        "max_processes": 64,
        "max_file_mb": 1,
        "max_open_files": 50,
    }

    def test_values(self):
        result = self.run_code(
            """
            import resource as r
            for name in ("NOFILE", "FSIZE", "CORE", "CPU"):
                print(name, *r.getrlimit(getattr(r, "RLIMIT_" + name)))
            for name in ("NPROC", "AS", "DATA"):
                soft, hard = r.getrlimit(getattr(r, "RLIMIT_" + name))
                print(name, soft == hard, soft <= 1 << 30)
            """,
            limits=dict(self.LIMITS, cpu_seconds=2.5),
        )
        lines = result.stdout.split("\n")
        self.assertEqual(lines[:3], ["NOFILE 50 50", "FSIZE 1048576 1048576", "CORE 0 0"])
        self.assertRegex(lines[3], "CPU 3 4")
        self.assertEqual(lines[4:7], ["NPROC True True", "AS True True", "DATA True True"])

    def test_file_size(self):
        result = self.run_code("open('output/big', 'wb').write(bytes(2 << 20))", limits=self.LIMITS)
        self.assertEqual(result.exception["type"], "OSError")
        self.assertIn("File too large", result.exception["message"])

    def test_open_files(self):
        result = self.run_code("keep = [open('/dev/null') for i in range(60)]", limits=self.LIMITS)
        self.assertEqual(result.exception["type"], "OSError")
        self.assertIn("Too many open files", result.exception["message"])

    def test_cpu(self):
        result = self.run_code("while True: pass", limits=dict(self.LIMITS, cpu_seconds=1))
        self.assertEqual((result.status, result.trailer), (-signal.SIGXCPU, None))

    def test_threads_within_the_memory(self):
        result = self.run_code(
            """
            import threading
            end = threading.Event()
            for i in range(63): threading.Thread(target=end.wait).start()
            print(threading.active_count())
            end.set()
            """,
            limits=self.LIMITS,
        )
        self.assertEqual(result.stdout, "64\n")


class ArtifactTest(AgentTest):
    def test_files_in_order_with_folders(self):
        result = self.run_code("""
            import os
            os.makedirs("output/b/c")
            for name in ("z.txt", "a.bin", "b/c/d", "ü ✓.txt"):
                open("output/" + name, "wb").write(name.encode() * 2)
            open("output/empty", "w")
            """)
        self.assertEqual(
            [entry["path"] for entry in result.artifacts], ["a.bin", "b/c/d", "empty", "z.txt", "ü ✓.txt"]
        )
        self.assertEqual([entry["size"] for entry in result.artifacts], [10, 10, 0, 10, 20])
        self.assertEqual(result.files["b/c/d"], b"b/c/db/c/d")
        self.assertEqual(result.notes, [])

    def test_sizes_around_the_base64_chunks(self):
        for size in (1, 2, 3, 196607, 196608, 196609, 500_000):
            result = self.run_code(
                "open('output/a', 'wb').write(bytes(range(256)) * 2000)\nimport os; os.truncate('output/a', %d)"
                % size
            )
            self.assertEqual(result.files["a"], (bytes(range(256)) * 2000)[:size])

    def test_limits(self):
        bounds = {"max_count": 2, "max_bytes": 10}
        result = self.run_code(
            "for n, s in dict(a=4, b=11, c=6, d=1, e=0).items(): open('output/' + n, 'w').write('x' * s)",
            artifacts=bounds,
        )
        self.assertEqual(sorted(result.files), ["a", "c"])
        self.assertEqual(
            result.notes,
            [
                "left out b: larger than what is left of 10 bytes",
                "left out d: more than 2 files",
                "left out e: more than 2 files",
            ],
        )

    def test_only_regular_files(self):
        result = self.run_code("""
            import os, socket
            open("elsewhere", "w").write("x")
            os.symlink("../elsewhere", "output/link"); os.symlink("/etc", "output/folder"); os.symlink("no", "output/x")
            os.mkfifo("output/fifo")
            socket.socket(socket.AF_UNIX).bind("output/socket")
            """)
        self.assertEqual(result.files, {})
        self.assertEqual(
            result.notes,
            ["left out %s: not a regular file" % n for n in ("fifo", "folder", "link", "socket", "x")],
        )

    def test_names(self):
        result = self.run_code("""
            import os
            for name in (b"bad\\xff", b"new\\nline", b"esc\\x1b[0m", b"c1\\xc2\\x9b", b"good"):
                open(b"output/" + name, "wb")
            """)
        self.assertEqual(list(result.files), ["good"])
        self.assertEqual(len(result.notes), 4)
        self.assertIn("left out bad\\udcff: its name is not UTF-8", result.notes)
        self.assertIn("left out new\\nline: its name has control characters", result.notes)

    def test_too_deep_and_too_many(self):
        result = self.run_code(
            "import os\nos.makedirs('output/' + 'd/' * 20)\nopen('output/' + 'd/' * 20 + 'f', 'w')"
        )
        self.assertEqual((result.files, len(result.notes)), ({}, 1))
        self.assertIn("deeper than 16", result.notes[0])
        result = self.run_code(
            "for i in range(100): open('output/%03d' % i, 'w')", artifacts={"max_count": 3, "max_bytes": 9}
        )
        self.assertEqual(list(result.files), ["000", "001", "002"])
        self.assertEqual(len(result.notes), 33)
        self.assertEqual(result.notes[-1], "left out more")

    def test_output_folder_gone_or_replaced(self):
        self.assertEqual(self.run_code("import os; os.rmdir('output')").notes, [])
        result = self.run_code("import os; os.rmdir('output'); os.symlink('/etc', 'output')")
        self.assertEqual((result.files, len(result.notes)), ({}, 1))

    def test_artifacts_of_failed_and_exited_programs(self):
        for code in ("1/0", "exit(1)", "import os; os._exit(1)"):
            result = self.run_code("with open('output/a', 'w') as f: f.write('x')\n" + code)
            self.assertEqual(result.files, {"a": b"x"})

    def test_large_artifact_in_little_memory(self):
        result = self.run_code(
            "with open('output/a', 'wb') as f: [f.write(bytes(1 << 20)) for i in range(20)]",
            limits={"memory_mb": 100},
            artifacts={"max_count": 1, "max_bytes": 1 << 30},
        )
        self.assertEqual(result.outcome, "returned")
        self.assertTrue(result.files.get("a") == bytes(20 << 20) or "not enough memory" in result.notes[0])


class KeepTest(AgentTest):
    """Several jobs, each in a fork."""

    def setUp(self):
        super().setUp()
        self.process = self.start()
        self.assertIn("keep", self.read_ready(self.process)["features"])

    def ask(self, code, **changes):
        """Output and report of one job; the agent is ready for the next."""
        body = json.dumps(make_job(code, keep=True, **changes)).encode()
        self.process.stdin.write(frame(body))
        self.process.stdin.flush()
        output = b""
        nonce = bytes.fromhex(NONCE)
        while nonce not in output:
            byte = self.process.stdout.read(1)
            self.assertTrue(byte, "the agent ended: %r" % output)
            output += byte
        (length,) = struct.unpack(">I", self.process.stdout.read(4))
        report = json.loads(self.process.stdout.read(length))
        self.read_ready(self.process)
        return output[: -len(nonce)].decode(), report

    def send_last(self, code):
        body = json.dumps(make_job(code, keep=True)).encode()
        self.process.stdin.write(frame(body))
        self.process.stdin.close()
        self.process.stdout.read()
        return self.process.wait(20)

    def test_each_job_finds_the_same_interpreter(self):
        code = """
            import builtins, os, sys
            print(sorted(os.listdir(".")), "mine" in globals(), hasattr(builtins, "mine"), os.environ.get("MINE"))
            mine = builtins.mine = 1
            os.environ["MINE"] = "1"
            sys.modules["mine"] = sys
            open("file", "w").write("x")
            open("output/made", "w").write("y")
        """
        for _ in range(3):
            output, report = self.ask(code)
            self.assertEqual(output, "['output'] False False None\n")
            self.assertEqual([each["path"] for each in report["artifacts"]], ["made"])

    def test_stdin_files_and_limits_are_each_jobs_own(self):
        code = "import resource\nprint(input(), open('f').read(), resource.getrlimit(resource.RLIMIT_FSIZE)[1])"
        for number in (3, 2, 5):
            output, _ = self.ask(code, stdin="%d\n" % number, files=[input_file("f", b"%d" % number)],
                                 limits={"max_file_mb": number})
            self.assertEqual(output, "%d %d %d\n" % (number, number, number << 20))

    def test_cpu_time_is_the_forks_own(self):
        burn = "import time\nwhile time.process_time() < 0.7: pass"
        for _ in range(3):
            _, report = self.ask(burn, limits={"cpu_seconds": 1})
            self.assertEqual(report["outcome"], "returned")
            self.assertLess(report["usage"]["cpu_seconds"], 1)

    def test_random_numbers_differ(self):
        outputs = {self.ask("import random\nprint(random.random())")[0] for _ in range(3)}
        self.assertEqual(len(outputs), 3)

    def test_exceptions_and_exits_are_no_end(self):
        self.assertEqual(self.ask("1/0")[1]["exception"]["type"], "ZeroDivisionError")
        self.assertEqual(self.ask("raise SystemExit(3)")[1]["exit_code"], 3)
        self.assertEqual(self.ask("import os; os._exit(4)")[1]["exit_code"], 4)
        self.assertEqual(self.ask("print('on')")[0], "on\n")

    def test_what_cannot_be_listed_is_removed_too(self):
        self.ask("import os\nos.makedirs('a/b/c')\nopen('a/b/x', 'w')\nos.chmod('a/b', 0)\nos.symlink('/etc', 'link')")
        self.assertEqual(self.ask("import os; print(os.listdir('.'))")[0], "['output']\n")
        self.assertTrue(os.path.isdir("/etc"))

    def test_an_end_without_a_report_is_the_agents_end(self):
        self.assertEqual(self.send_last("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)"), 128 + signal.SIGSEGV)

    def test_so_is_an_exec(self):
        self.assertEqual(self.send_last("import os\nos.execv('/bin/sh', ['sh', '-c', 'exit 7'])"), 7)

    def test_so_is_a_job_that_is_wrong(self):
        body = json.dumps(make_job("1", keep=True, files=[{"path": "../x", "content_base64": ""}])).encode()
        self.process.stdin.write(frame(body))
        self.process.stdin.close()
        self.assertIn(b"unsafe file path", self.process.stderr.read())
        self.assertEqual(self.process.wait(20), 70)

    def test_without_another_job_it_ends(self):
        self.ask("pass")
        self.process.stdin.close()
        self.assertEqual(self.process.wait(20), 0)

    def test_the_last_job_may_be_an_ordinary_one(self):
        self.ask("pass")
        stdout, _ = self.process.communicate(frame(json.dumps(make_job("print('last')")).encode()), timeout=20)
        self.assertTrue(stdout.startswith(b"last\n"))
        self.assertEqual(self.process.returncode, 0)


class SessionTest(AgentTest):
    """Cells: one interpreter that stays. PROTOCOL.md, section 6."""

    def setUp(self):
        super().setUp()
        self.process = self.start()
        self.assertIn("cells", self.read_ready(self.process)["features"])
        self.number = 0

    def send_cell(self, code="", displays=(8, 1_000_000), collect=None, **changes):
        self.number += 1
        self.nonce = "%032x" % (self.number << 64 | 0xABCDEF)
        cell = {"number": self.number, "max_displays": displays[0], "max_display_bytes": displays[1],
                "collect": collect}
        job = make_job(code, nonce=self.nonce, cell=cell, **changes)
        self.process.stdin.write(frame(json.dumps(job).encode()))
        self.process.stdin.flush()

    def read_stream(self, stream):
        """Output, the body of the trailer behind it, and what came with that."""
        nonce, data = bytes.fromhex(self.nonce), b""
        while nonce not in data:
            piece = stream.read1(65536)
            self.assertTrue(piece, data)
            data += piece
        output, rest = data.split(nonce, 1)
        while len(rest) < 4 or len(rest) < 4 + struct.unpack(">I", rest[:4])[0]:
            rest += stream.read1(65536)
        length = struct.unpack(">I", rest[:4])[0]
        return output.decode(), rest[4 : 4 + length], rest[4 + length :]

    def read_cell(self):
        class Cell:
            pass

        cell = Cell()
        with concurrent.futures.ThreadPoolExecutor() as pool:  # Neither stream may hold up the other.
            errors = pool.submit(self.read_stream, self.process.stderr)
            cell.stdout, body, self.behind = self.read_stream(self.process.stdout)
            cell.stderr, mark, _ = errors.result(60)
        self.assertEqual(mark, b"")
        cell.__dict__.update(json.loads(body))
        cell.files = {each["path"]: base64.b64decode(each["content_base64"]) for each in cell.artifacts}
        return cell

    def cell(self, code="", **changes):
        self.send_cell(code, **changes)
        return self.read_cell()

    def test_what_a_cell_leaves_is_there_for_the_next(self):
        first = self.cell("import math\nx = 20\ndef double(y): return 2 * y\nopen('kept.txt', 'w').write('k')\n")
        self.assertEqual((first.outcome, first.result), ("returned", {"text/plain": "1"}))
        second = self.cell("print(open('kept.txt').read(), __name__)\ndouble(x) + math.floor(2.5)")
        self.assertEqual((second.stdout, second.stderr), ("k __main__\n", ""))
        self.assertEqual(second.result, {"text/plain": "42"})
        self.assertEqual(self.cell("_").result, {"text/plain": "42"})

    def test_no_result_of_statements_none_and_a_semicolon(self):
        for code in ("", "x = 1", "None", "1;", "if True: 5", "# nothing"):
            with self.subTest(code):
                self.assertIsNone(self.cell(code).result)
        self.assertEqual(self.cell("'doc'").result, {"text/plain": "'doc'"})

    def test_an_exception_ends_the_cell_and_not_the_session(self):
        self.cell("def fail():\n    return {}['gone']")
        failed = self.cell("x = 5\nfail()")
        self.assertEqual((failed.outcome, failed.exit_code), ("exception", 1))
        self.assertEqual(failed.exception["type"], "KeyError")
        self.assertEqual(failed.exception["line"], 2)
        self.assertIn('File "<cell 2>", line 2, in <module>\n    fail()\n', failed.stderr)
        self.assertIn('File "<cell 1>", line 2, in fail\n    return {}[\'gone\']\n', failed.stderr)
        self.assertNotIn("agent.py", failed.stderr)
        self.assertEqual(self.cell("x").result, {"text/plain": "5"})
        wrong = self.cell("1 +")
        self.assertEqual((wrong.exception["type"], wrong.exception["line"]), ("SyntaxError", 1))
        left = self.cell("import sys\nsys.exit(3)")
        self.assertEqual((left.outcome, left.exit_code), ("exit", 3))
        self.assertEqual(self.cell("x").result, {"text/plain": "5"})

    def test_each_cell_has_its_own_stdin_and_context_is_of_the_first(self):
        read = "import sys\ninput(), sys.stdin.read(), context['a']"
        self.assertEqual(self.cell(read, stdin="one\ntwo", context={"a": 1}).result["text/plain"], "('one', 'two', 1)")
        self.assertEqual(self.cell(read, stdin="three\n", context={"a": 2}).result["text/plain"], "('three', '', 1)")
        self.assertEqual(self.cell("sys.stdin.read()").result["text/plain"], "''")

    def test_future_statements_hold_for_later_cells(self):
        self.cell("from __future__ import annotations")
        self.assertEqual(self.cell("def f(x: no_such): pass\nf.__annotations__").result["text/plain"], "{'x': 'no_such'}")

    def test_sigint_interrupts_a_cell(self):
        self.send_cell("import time\nprint('begun', flush=True)\ntime.sleep(60)")
        self.assertEqual(self.process.stdout.readline(), b"begun\n")
        self.process.send_signal(signal.SIGINT)
        cell = self.read_cell()
        self.assertEqual(cell.exception["type"], "KeyboardInterrupt")
        self.assertEqual(self.cell("6 * 7").result, {"text/plain": "42"})

    def test_sigint_between_cells_does_nothing(self):
        self.cell("import signal\nsignal.signal(signal.SIGINT, lambda *_: print('mine'))")
        self.process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        self.cell("x = 1")
        self.process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        cell = self.cell("x")
        self.assertEqual((cell.stdout, cell.stderr, cell.result), ("", "", {"text/plain": "1"}))

    def test_cpu_time_is_a_cells_own(self):
        spend = "import time\nend = time.process_time() + %g\nwhile time.process_time() < end: pass"
        for _ in range(3):
            self.assertEqual(self.cell(spend % 0.8, limits={"cpu_seconds": 1}).outcome, "returned")
        cell = self.cell(spend % 30, limits={"cpu_seconds": 1})
        self.assertEqual(cell.exception["type"], "ResourceLimitError")
        self.assertIn("1 seconds of CPU time", cell.exception["message"])
        self.assertEqual(self.cell("7", limits={"cpu_seconds": 1}).result, {"text/plain": "7"})

    def test_who_goes_on_beyond_the_cpu_time_ends_the_session(self):
        # CPython 3.11 blames the instruction before a loop for what a signal raises in it; that has to be in the try too.
        stubborn = "while True:\n    try:\n        x = 1\n        while True: pass\n    except BaseException: pass"
        self.send_cell(stubborn, limits={"cpu_seconds": 1})
        self.assertEqual(self.process.wait(60), 128 + signal.SIGXCPU)

    def test_rich_values(self):
        png = "iVBORw0KGgo="
        cell = self.cell(
            "import base64\n"
            "class Frame:\n"
            "    def __repr__(self): return 'plain'\n"
            "    def _repr_html_(self): return '<b>ü</b>'\n"
            "    def _repr_png_(self): return base64.b64decode('%s') + b'x'\n"
            "display(Frame(), 5)\nFrame()" % png)
        bundle = {"text/plain": "plain", "text/html": "<b>ü</b>", "image/png": base64.b64encode(base64.b64decode(png) + b"x").decode()}
        self.assertEqual(cell.result, bundle)
        self.assertEqual(cell.displays, [bundle, {"text/plain": "5"}])

    def test_rich_values_that_fail_are_left_out(self):
        cell = self.cell(
            "class Bad:\n"
            "    def __repr__(self): return 'plain'\n"
            "    def _repr_html_(self): raise ValueError('no')\n"
            "    def _repr_png_(self): return b'GIF'\n"
            "Bad()")
        self.assertEqual(cell.result, {"text/plain": "plain"})
        self.assertEqual(cell.notes, ["left out _repr_html_: ValueError: no", "left out a value's picture: not a PNG"])
        cell = self.cell("class Worse:\n    def __repr__(self): raise ValueError('no')\nWorse()")
        self.assertEqual((cell.result, cell.exception["type"]), (None, "ValueError"))

    def test_displays_are_bounded(self):
        cell = self.cell("for i in range(5): display(i)\n'x' * 500_000", displays=(3, 66_000))
        self.assertEqual(len(cell.displays), 3)
        self.assertEqual(len(cell.result["text/plain"]), 64 * 1024 + 3)
        cell = self.cell("'x' * 500", displays=(3, 100))
        self.assertEqual(cell.result, {})
        self.assertEqual(cell.notes, ["left out a value's text: larger than what is left of 100 bytes"])

    def test_artifacts_are_those_that_changed(self):
        self.assertEqual(self.cell("open('output/a', 'w').write('1')").files, {"a": b"1"})
        self.assertEqual(self.cell("open('output/b', 'w').write('2')").files, {"b": b"2"})
        self.assertEqual(self.cell("1").files, {})
        self.assertEqual(self.cell("open('output/a', 'a').write('1')").files, {"a": b"11"})

    def test_files_in_and_a_snapshot_out(self):
        self.cell("import os\nos.mkdir('taken')\nos.symlink('/etc/passwd', 'link')\nos.mkfifo('pipe')",
                  files=[input_file("data/in.txt", b"one")])
        cell = self.cell("open('data/in.txt').read()", files=[input_file("data/in.txt", b"two"), input_file("link", b"own")])
        self.assertEqual(cell.result["text/plain"], "'two'")
        snapshot = self.cell(collect="")
        self.assertEqual(snapshot.files, {"data/in.txt": b"two", "link": b"own"})
        self.assertEqual(snapshot.notes, ["left out pipe: not a regular file"])
        self.assertEqual(self.cell(collect="data").files, {"data/in.txt": b"two"})
        self.assertEqual(self.cell(collect="data/in.txt").files, {"data/in.txt": b"two"})
        self.assertEqual(self.cell(collect="no/such").files, {})
        cell = self.cell("print('not run')", files=[input_file("taken", b"")])
        self.assertEqual((cell.exception["type"], cell.stdout), ("OSError", ""))
        self.assertEqual(self.cell("1").result, {"text/plain": "1"})

    def test_imports_are_held_to_the_list_of_each_cell(self):
        self.assertEqual(self.cell("import json").outcome, "returned")
        cell = self.cell("import decimal", imports={"allowed": ["json"], "denied": []})
        self.assertEqual(cell.exception.get("refused_import"), "decimal")
        self.assertEqual(self.cell("import decimal", imports={"allowed": ["decimal"]}).outcome, "returned")

    def test_threads_do_not_write_into_the_trailer(self):
        self.cell("import threading, sys\n"
                  "def chatter():\n"
                  "    while not stop: print('x' * 50)\n"
                  "stop = False\nthread = threading.Thread(target=chatter)\nthread.start()")
        rest = self.behind
        for _ in range(20):
            self.assertEqual(self.cell("y = 1").outcome, "returned")
        self.assertEqual(self.cell("stop = True\nthread.join()").outcome, "returned")
        self.assertEqual(set(rest.decode()) - set("x\n"), set())

    def test_a_fork_that_runs_off_the_end_does_not_report(self):
        cell = self.cell("import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\nprint('parent' if pid else 'child')")
        self.assertEqual(cell.stdout, "child\nparent\n")
        self.assertEqual(self.cell("1").result, {"text/plain": "1"})

    def test_os_exit_is_the_end(self):
        self.send_cell("import os\nos._exit(7)")
        self.assertEqual(self.process.wait(60), 7)

    def test_the_end_of_stdin_is_the_end(self):
        self.cell("1")
        self.assertEqual(self.process.communicate(b"", timeout=60), (b"", b""))
        self.assertEqual(self.process.returncode, 0)

    def test_bad_cells_are_refused(self):
        self.cell("1")
        job = make_job("print(1)")
        self.assertIn(b"a job that is no cell", self.process.communicate(frame(json.dumps(job).encode()), timeout=60)[1])
        self.assertEqual(self.process.returncode, 70)
        for cell in ({}, {"number": 1}, 5, {"number": 1, "max_displays": 1, "max_display_bytes": 1, "collect": "../x"}):
            with self.subTest(cell):
                self.assertEqual(self.run_job(make_job("1", cell=cell)).status, 70)


if __name__ == "__main__":
    unittest.main()
