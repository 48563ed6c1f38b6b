"""Ordinary programs, as language models write them, of which the default policy blocks none (programs_test.cpp).

programs/ holds them by theme, each after a line `# --- name`. Those that need no library from outside are run too, so
that they stay real programs.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent / "programs"
LIBRARIES = re.compile(r"^(?:import|from) (?:numpy|pandas|matplotlib|mpl_toolkits|scipy|seaborn|sklearn|torch)\b", re.M)
NEWER = {(3, 9): ["matching"], (3, 10): ["matching:exception_groups"]}  # What these versions cannot read.


def programs():
    """Pairs of "theme:name" and code."""
    for path in sorted(FOLDER.glob("*.py")):
        parts = re.split(r"^# --- (\w+)\n", path.read_text(encoding="utf-8"), flags=re.M)
        for name, code in zip(parts[1::2], parts[2::2]):
            yield "%s:%s" % (path.stem, name), code


def readable_here(name):
    return not any(name.startswith(newer) for newer in NEWER.get(sys.version_info[:2], []))


class PolicyProgramsTest(unittest.TestCase):
    def test_there_are_enough_of_them(self):
        names = [name for name, _ in programs()]
        self.assertGreaterEqual(len(names), 200)
        self.assertEqual(len(names), len(set(names)))

    def test_they_run(self):
        for name, code in programs():
            if LIBRARIES.search(code) or not readable_here(name):
                continue
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                os.mkdir(os.path.join(folder, "output"))
                ended = subprocess.run([sys.executable, "-I", "-X", "utf8", "-c", code], input="3\n4\n", cwd=folder,
                                       capture_output=True, text=True, encoding="utf-8", timeout=60)
                self.assertEqual(ended.returncode, 0, ended.stderr)


if __name__ == "__main__":
    unittest.main()
