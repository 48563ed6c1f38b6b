"""Python packages from an index, for a test that needs a peer's own program. Standard library only."""

import fcntl
import hashlib
import os
import pathlib
import subprocess
import sys
import venv

# Beside the binary under test: build/<preset>/test-environments.
FOLDER = pathlib.Path(os.environ.get("SALLYPORT_TEST_BINARY", "build/release/broker/sallyport")).resolve().parents[1]


def environment(name, requirements):
    """The folder of a virtual environment that has `requirements` (lines for pip); made once, also where tests that run
    side by side want it."""
    text = "\n".join(requirements)
    folder = FOLDER / "test-environments" / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    done = folder / "complete"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            venv.create(folder, clear=True, with_pip=True)
            subprocess.run(
                [folder / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", *requirements],
                check=True, timeout=300, stdout=sys.stderr)
            done.touch()
    return folder
