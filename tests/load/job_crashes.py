#!/usr/bin/env python3
"""The broker killed 200 times at random moments under load: no accepted job lost, none with two results.

    SALLYPORT_TEST_BINARY=build/release/broker/sallyport tests/load/job_crashes.py [--kills N] [--seed N] [--postgres]
"""

import argparse
import contextlib
import pathlib
import random
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "integration" / "broker"), str(TESTS / "support")]

from crashes import crash  # noqa: E402
from harness import Broker  # noqa: E402
from private_postgres import PrivatePostgres  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL of its own, in place of SQLite")
    options = parser.parse_args()
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        store = {}
        if options.postgres:
            server = PrivatePostgres()
            stack.callback(server.close)
            store = {"backend": "postgresql", "postgresql": server.conninfo}
        broker = stack.enter_context(Broker(jobs={"max_interruptions": 100000, "lease_seconds": 2}, store=store,
                                            engine={"start_timeout_seconds": 120}))
        mistakes, jobs, killed = crash(broker, options.kills, seconds=20 * options.kills, seed=options.seed)
        clean = broker.containers_gone(120)
    print(f"seed {options.seed}: {killed} kills, {jobs} jobs, {len(mistakes)} mistakes, "
          f"{time.monotonic() - begin:.0f} s")
    for mistake in mistakes[:20]:
        print(mistake)
    sys.exit(0 if not mistakes and clean and killed == options.kills else 1)


if __name__ == "__main__":
    main()
