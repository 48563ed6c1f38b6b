#!/usr/bin/env python3
"""A PostgreSQL server for tests: on a Unix socket in a folder of its own, gone when standard input ends.

    private_postgres.py FILE      writes to FILE how to connect, once the server answers
"""

import glob
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time


def program(name):
    """Debian keeps the server's programs out of the path."""
    versions = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4]))
    found = versions[-1] if versions else shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is missing: install the package postgresql")
    return found


def identity():
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise SystemExit("there is no user to run the server as")


class PrivatePostgres:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="sallyport-pg-")
        self.who = identity()
        self.data = f"{self.folder}/data"
        self.conninfo = f"host={self.folder} user=sallyport dbname=postgres"
        self.process = None
        if self.who:
            os.chown(self.folder, self.who["user"], self.who["group"])
        subprocess.run([program("initdb"), "--no-sync", "--auth=trust", "--username=sallyport", "--encoding=UTF8",
                        "--locale=C", "--pgdata", self.data],
                       check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self.who)
        self.start()

    def start(self):
        with open(f"{self.folder}/log", "ab") as log:
            self.process = subprocess.Popen(
                [program("postgres"), "-D", self.data, "-k", self.folder, "-c", "listen_addresses=",
                 "-c", "max_connections=40",
                 # What the kernel has is safe from the end of processes, and tests cut no power.
                 "-c", "fsync=off"], stdout=log, stderr=log, cwd=self.folder, **self.who)
        for _ in range(600):
            ready = subprocess.run([program("pg_isready"), "-q", "-h", self.folder], check=False, cwd=self.folder)
            if ready.returncode == 0:
                return
            time.sleep(0.1)
        with open(f"{self.folder}/log", encoding="utf-8", errors="replace") as log:
            raise SystemExit("the server does not start:\n" + log.read()[-2000:])

    def stop(self):
        self.process.send_signal(2)  # SIGINT: fast shutdown.
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill(self):
        """As a crash does it: the server recovers at its next start."""
        self.process.send_signal(3)  # SIGQUIT: immediate shutdown.
        self.process.wait(60)

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    server = PrivatePostgres()
    try:
        with open(sys.argv[1] + ".new", "w", encoding="utf-8") as file:
            file.write(server.conninfo)
        os.rename(sys.argv[1] + ".new", sys.argv[1])
        sys.stdin.read()
    finally:
        server.close()


if __name__ == "__main__":
    main()
