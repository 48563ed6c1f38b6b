"""The parser against CPython: verdict, tree, error type, line and message.

CPython here is the interpreter that runs this, and its version is the target: its own standard library, and programs
made from it that went wrong. Where a corpus with recorded verdicts lies next to the repository, its versions are all
targets.
"""

import ast
import json
import os
import pathlib
import subprocess
import sys
import sysconfig
import tempfile
import unittest
import warnings

from mutations import mutated

BINARY = os.environ["SALLYPORT_TEST_BINARY"]
VERSION = "%d.%d" % sys.version_info[:2]
VERSIONS = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]
MUTATIONS = int(os.environ.get("SALLYPORT_TEST_MUTATIONS", "4000"))
SEED = 20240229
TREES = int(os.environ.get("SALLYPORT_TEST_TREES", "300"))
CORPUS = pathlib.Path(__file__).resolve().parents[4] / "shared" / "data" / "python"
SHOWN = 10
# Recorded where CPython itself failed over a program, which says nothing about the program.
FAULTS = ("SystemError", "CRASH")


def verdict(code):
    """What this interpreter says: None for a program that it compiles."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(code, "<program>", "exec", dont_inherit=True)
        except SyntaxError as error:
            return type(error).__name__, error.lineno, error.msg
        except (ValueError, RecursionError, MemoryError, OverflowError) as error:
            return type(error).__name__, None, str(error)
    return None


def library():
    """The standard library's files that are UTF-8, with their texts."""
    for path in sorted(pathlib.Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")):
        if "site-packages" in path.parts or "dist-packages" in path.parts:
            continue
        try:
            yield path, path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue


def check(programs, version):
    """Answers of `check --jsonl`, in order."""
    lines = "".join(json.dumps({"id": number, "code": code, "python": version, "mode": "syntax"}) + "\n"
                    for number, code in enumerate(programs))
    answered = subprocess.run([BINARY, "check", "--jsonl"], input=lines, capture_output=True, text=True, check=True,
                              encoding="utf-8")
    answers = [json.loads(line) for line in answered.stdout.split("\n") if line]
    assert [answer["id"] for answer in answers] == list(range(len(programs)))
    return answers


class Tally:
    """How often the parser and CPython agree, and some of what they do not agree on."""

    def __init__(self):
        self.valid = self.accepted = self.invalid = self.refused = self.placed = self.worded = 0
        self.differences = []

    def add(self, code, expected, answer):
        if expected is None:
            self.valid += 1
            self.accepted += answer["ok"]
        else:
            self.invalid += 1
            self.refused += not answer["ok"]
            self.placed += (answer["error_type"], answer["line"]) == expected[:2]
            self.worded += answer["message"] == expected[2]
        got = None if answer["ok"] else (answer["error_type"], answer["line"], answer["message"])
        if got != expected:
            self.differences.append((code, expected, got))

    def report(self, title):
        print(f"\n{title}: valid accepted {self.accepted}/{self.valid}, invalid refused {self.refused}/{self.invalid}, "
              f"type and line {self.placed}/{self.invalid}, message {self.worded}/{self.invalid}")
        for code, expected, got in self.differences[:SHOWN]:
            print(f"  CPython {expected}, here {got}: {code[:200]!r}")

    def judge(self, test):
        test.assertEqual(self.accepted, self.valid)
        test.assertGreaterEqual(self.refused, 0.999 * self.invalid)
        test.assertGreaterEqual(self.placed, 0.98 * self.invalid)
        test.assertGreaterEqual(self.worded, 0.95 * self.invalid)


class PythonSyntax(unittest.TestCase):
    maxDiff = 2000

    def compare(self, programs, title):
        tally = Tally()
        for code, answer in zip(programs, check(programs, VERSION)):
            tally.add(code, verdict(code), answer)
        tally.report(title)
        tally.judge(self)

    def test_standard_library(self):
        self.compare([text for _, text in library()], f"standard library of {VERSION}")

    def test_mutated_programs(self):
        texts = [text for _, text in library() if len(text) < 100_000]
        self.compare(mutated(texts, MUTATIONS, SEED), f"{MUTATIONS} mutated programs for {VERSION}, seed {SEED}")

    def test_trees(self):
        files = [(path, text) for path, text in library() if len(text) < 100_000 and verdict(text) is None]
        step = max(1, len(files) // TREES)
        chosen = files[::step]
        differing = []
        for path, _ in chosen:
            shown = subprocess.run([BINARY, "ast", "--python", VERSION, "--include-attributes", str(path)],
                                   capture_output=True, text=True, encoding="utf-8", errors="surrogatepass")
            expected = ast.dump(ast.parse(path.read_bytes()), include_attributes=True, indent=3)
            if shown.stdout != expected + "\n":
                differing.append(str(path))
        print(f"\ntrees with positions: {len(chosen) - len(differing)}/{len(chosen)} equal; "
              f"differing: {differing[:SHOWN]}")
        self.assertLessEqual(len(differing), 0.001 * len(chosen))

    def test_prints_as_the_ast_module_does(self):
        with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as file:
            file.write("def f(a, *b: int, c=1) -> str:\n    return f'{a!r:>{c}} {b}' if a else (yield)\n")
            file.flush()
            ours = subprocess.run([BINARY, "ast", "--python", VERSION, file.name], capture_output=True, text=True)
            theirs = subprocess.run([sys.executable, "-m", "ast", file.name], capture_output=True, text=True,
                                    check=True)
        self.assertEqual(ours.stdout, theirs.stdout)

    def recorded_verdicts(self):
        files = sorted(CORPUS.glob("*.jsonl"))
        records = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").split("\n") if line]
        for version in VERSIONS:
            chosen = [record for record in records
                      if version in record["oracle"] and record["oracle"][version].get("type") not in FAULTS]
            tally = Tally()
            for record, answer in zip(chosen, check([record["code"] for record in chosen], version)):
                oracle = record["oracle"][version]
                expected = None if oracle.get("ok") else (oracle["type"], oracle["lineno"], oracle["msg"])
                tally.add(record["code"], expected, answer)
            tally.report(f"recorded verdicts of {version}")
            with self.subTest(version=version):
                tally.judge(self)

    # The corpus is no part of the repository.
    if any(CORPUS.glob("*.jsonl")):
        test_recorded_verdicts = recorded_verdicts
    else:
        print(f"without recorded verdicts: there are none in {CORPUS}")


if __name__ == "__main__":
    unittest.main()
