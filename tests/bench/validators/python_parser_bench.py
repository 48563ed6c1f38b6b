"""The parser against the interpreter that runs this: ast.parse and compile() over its own standard library.

Both sides alternate in one run, so that what the machine does meanwhile hits both; the ratios count. The garbage
collector of the interpreter is off while it is timed, which favours it.
"""

import ast
import gc
import os
import pathlib
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import unittest
import warnings

from hostile import hostile_programs

TIMER = os.environ["SALLYPORT_PARSER_TIMER"]
ROUNDS = int(os.environ.get("SALLYPORT_TEST_BENCH_ROUNDS", "5"))
LATENCY_ROUNDS = 2000
VERSION = "%d.%d" % sys.version_info[:2]
SMALL_PROGRAM = pathlib.Path(__file__).with_name("thirty_lines.py")


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def library_files():
    """Every module that this interpreter compiles from text; its test data holds some that it refuses."""
    files = []
    for path in sorted(pathlib.Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")):
        if "site-packages" in path.parts or "dist-packages" in path.parts:
            continue
        try:
            text = path.read_bytes().decode("utf-8")
            compile(text, "<file>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError):
            continue
        if text:
            files.append((path, text))
    return files


class Timer:
    """The parser in a process of its own, which times itself."""

    def __init__(self, paths, version=VERSION):
        self.process = subprocess.Popen([TIMER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.process.stdin.write("\n".join([version, *map(str, paths)]) + "\n\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return [int(word) for word in self.process.stdout.readline().split()]


    def peak_memory(self):
        """The most memory that the process has had, in bytes."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def time_call(function, *arguments):
    begun = time.perf_counter_ns()
    result = function(*arguments)
    elapsed = time.perf_counter_ns() - begun
    del result
    return elapsed


def compile_text(text):
    return compile(text, "<file>", "exec", dont_inherit=True)


class PythonParser(unittest.TestCase):
    def setUp(self):
        warnings.simplefilter("ignore")
        gc.disable()
        self.addCleanup(gc.enable)

    def test_standard_library(self):
        files = library_files()
        self.assertTrue(files)
        sizes = [len(text.encode()) for _, text in files]
        sides = {"ours, parse": [], "ast.parse": [], "ours, parse and check": [], "compile()": []}
        with Timer([path for path, _ in files]) as timer:
            timer.ask("validate")
            for _ in range(ROUNDS):
                sides["ours, parse"].append(timer.ask("parse"))
                sides["ast.parse"].append([time_call(ast.parse, text) for _, text in files])
                sides["ours, parse and check"].append(timer.ask("validate"))
                sides["compile()"].append([time_call(compile_text, text) for _, text in files])
        print(f"\n{len(files)} files of Python {VERSION}'s standard library, {sum(sizes) / 1e6:.1f} MB, "
              f"{ROUNDS} rounds, alternating")
        medians = {}
        for name, rounds in sides.items():
            medians[name] = statistics.median(sum(sizes) / sum(times) * 1e3 for times in rounds)
            # Of each file its best round: the tail is that of programs, not of the machine.
            speeds = [size / min(times) * 1e3 for size, times in zip(sizes, zip(*rounds))]
            print(f"  {name:22} {medians[name]:7.1f} MB/s   a file: median {statistics.median(speeds):7.1f}, "
                  f"slowest tenth below {percentile(speeds, 0.1):6.1f}, "
                  f"slowest hundredth below {percentile(speeds, 0.01):6.1f}")
        print(f"  ours is {medians['ours, parse'] / medians['ast.parse']:.1f} times ast.parse, "
              f"{medians['ours, parse and check'] / medians['compile()']:.1f} times compile()")

    def test_thirty_lines(self):
        text = SMALL_PROGRAM.read_text()
        ours, parsed, compiled = [], [], []
        with Timer([SMALL_PROGRAM]) as timer:
            timer.ask("repeat 100")
            for _ in range(10):
                ours += timer.ask(f"repeat {LATENCY_ROUNDS // 10}")
                parsed += [time_call(ast.parse, text) for _ in range(LATENCY_ROUNDS // 10)]
                compiled += [time_call(compile_text, text) for _ in range(LATENCY_ROUNDS // 10)]
        print(f"\n{len(text.splitlines())} lines, {LATENCY_ROUNDS} times each, alternating")
        for name, times in (("ours, parse and check", ours), ("ast.parse", parsed), ("compile()", compiled)):
            print(f"  {name:22} median {statistics.median(times) / 1e3:6.1f} us   "
                  f"p99 {percentile(times, 0.99) / 1e3:6.1f} us   worst {max(times) / 1e3:7.1f} us")

    def test_hostile_programs(self):
        figures = []
        with tempfile.TemporaryDirectory(prefix="sallyport-test-") as folder:
            small, path = pathlib.Path(folder, "small.py"), pathlib.Path(folder, "hostile.py")
            small.write_text("pass\n")
            with Timer([small]) as timer:
                timer.ask("validate")
                idle = timer.peak_memory()
            for version in ("3.9", "3.11", "3.14"):
                for name, text in hostile_programs():
                    path.write_text(text)
                    with Timer([path], version) as timer:
                        times = timer.ask("repeat 3")
                        # The program's own text is there once outside the parser.
                        memory = timer.peak_memory() - idle - len(text)
                    self.assertEqual(len(times), 3, f"{name}: the parser crashed")
                    figures.append((min(times) / 1e6, memory / 1e6, version, name))
        print(f"\n{len(figures)} hostile programs of 1 MB; the slowest and the largest:")
        for figure in sorted(figures, reverse=True)[:8] + sorted(figures, key=lambda f: -f[1])[:5]:
            print("  {:7.1f} ms  {:6.1f} MB  {:5} {}".format(*figure))


if __name__ == "__main__":
    unittest.main()
