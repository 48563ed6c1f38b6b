#!/usr/bin/env python3
"""The broker killed 200 times at random moments under load: no accepted job lost, none with two results.

    SALLYPORT_TEST_BINARY=build/release/broker/sallyport tests/load/job_crashes.py [KILLS] [SEED]
"""

import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration" / "broker"))

from crashes import crash  # noqa: E402
from harness import Broker  # noqa: E402


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
    begin = time.monotonic()
    with Broker(jobs={"max_interruptions": 100000}) as broker:
        mistakes, jobs, killed = crash(broker, kills, seconds=20 * kills, seed=seed)
        clean = broker.containers_gone(120)
    print(f"seed {seed}: {killed} kills, {jobs} jobs, {len(mistakes)} mistakes, {time.monotonic() - begin:.0f} s")
    for mistake in mistakes[:20]:
        print(mistake)
    sys.exit(0 if not mistakes and clean and killed == kills else 1)


if __name__ == "__main__":
    main()
