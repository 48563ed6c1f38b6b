"""Submissions that mean harm, and what is looked at after each: the reply, the next submission, the host."""

import collections
import concurrent.futures
import functools
import os
import pathlib
import shutil
import textwrap
import unittest

from harness import NO_DOORS, Broker, processes_with, wait_until

MAX_CONCURRENT = 4

# A submission's share of a busy machine varies; only programs that are meant to be cut wait this out.
PATIENT = 20

NEXT = """
import os
print('next', sorted(os.listdir('.')), os.listdir('/tmp'), os.listdir('/dev/shm'))
print([each for each in os.listdir('/proc') if each.isdigit()])
"""
NEXT_OUTPUT = "next ['output'] [] []\n['1']\n"

Seen = collections.namedtuple("Seen", "reply following left_on_host")


def attack(code, limits=None, **fields):
    """A test that is given the reply to `code`, and holds only if the next submission and the host are well."""

    def decorate(test):
        @functools.wraps(test)
        def judged(self):
            seen = self.under_way[judged.__name__].result(300)
            test(self, seen.reply)
            self.assertEqual(seen.following["stdout"], NEXT_OUTPUT, seen.following)
            self.assertTrue(seen.following["success"], seen.following)
            self.assertEqual(seen.left_on_host, [])

        judged.attack = {"code": textwrap.dedent(code), "limits": limits or {}, **fields}
        return judged

    return decorate


class HostileTestCase(unittest.TestCase):
    """Runs all attacks of a class, some at a time, against one broker that has to outlive them unharmed."""

    sections = {}
    together = 3  # Enough to be through soon, few enough that each gets its CPU.
    max_resident_growth_mb = 40

    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(**{"admission": {"max_concurrent": MAX_CONCURRENT}, **cls.sections})
        cls.broker.start()
        cls.doomed = True
        cls.addClassCleanup(cls.clean_up)
        # What the broker keeps for good (pooled connections, buffers) is there after a first round.
        with concurrent.futures.ThreadPoolExecutor(MAX_CONCURRENT) as first:
            list(first.map(cls.broker.run, [NEXT] * MAX_CONCURRENT))
        cls.resident_before = cls.broker.resident_mb()
        cls.workers = concurrent.futures.ThreadPoolExecutor(cls.together)
        tests = [getattr(cls, name) for name in unittest.TestLoader().getTestCaseNames(cls)]
        cls.under_way = {test.__name__: cls.workers.submit(cls.carry_out, test.attack)
                         for test in tests if hasattr(test, "attack")}

    @classmethod
    def clean_up(cls):
        cls.workers.shutdown(cancel_futures=True)
        cls.broker.stop()
        shutil.rmtree(cls.broker.folder, ignore_errors=True)

    @classmethod
    def tearDownClass(cls):
        """What only the whole class can show: the broker has not grown, and leaves nothing when it goes."""
        broker = cls.broker
        concurrent.futures.wait(cls.under_way.values())
        status, ready = broker.get("/readyz")
        assert status == 200 and ready["running"] == 0 and ready["queued"] == 0, ready
        grown = broker.resident_mb() - cls.resident_before
        assert grown < cls.max_resident_growth_mb, f"the broker grew by {grown:.0f} MB"
        faults = [line for line in broker.log_lines() if line["level"] in ("error", "critical")]
        assert not faults, faults
        assert not broker.unexpected_files(), broker.unexpected_files()
        broker.process.terminate()
        assert broker.process.wait(60) == 0, "the broker did not end well"
        assert broker.containers_gone(10), broker.containers()

    @classmethod
    def carry_out(cls, submission):
        code, limits = submission["code"], submission["limits"]
        fields = {key: value for key, value in submission.items() if key not in ("code", "limits")}
        reply = cls.submit(code, limits, **fields)
        following = cls.submit(NEXT, {"timeout_seconds": PATIENT})
        return Seen(reply, following, cls.left_on_host(reply["id"]))

    @classmethod
    def submit(cls, code, limits=None, **fields):
        """The reply to a submission with small limits; it is served, whatever it does."""
        config = {"timeout_seconds": PATIENT, "max_memory_mb": 128, **(limits or {})}
        status, _, reply = cls.broker.post({"code": code, "sandbox_config": config, **NO_DOORS, **fields})
        assert status == 200, (status, reply)
        assert reply["total_time_seconds"] < config["timeout_seconds"] + 60, reply
        return reply

    @classmethod
    def container_of(cls, execution_id):
        """From the audit log, which is written beside the reply."""
        found = []

        def recorded():
            found[:] = [line["container_id"] for line in cls.broker.log_lines("audit.log")
                        if line.get("execution_id") == execution_id and line.get("container_id")]
            return found

        assert wait_until(recorded, 20, 0.2), execution_id
        return found[-1]

    @classmethod
    def left_on_host(cls, execution_id):
        """What is still there of an execution's container 30 s after its reply; empty if all is well."""
        container = cls.container_of(execution_id)
        left = []

        def nothing_left():
            left[:] = traces(cls.broker.engine, container)
            return not left

        wait_until(nothing_left, 30, 0.2)
        return left


def traces(engine, container):
    """Where the host still knows a container: engine, processes, mounts, cgroups, files."""
    found = []
    if engine.call("GET", f"/containers/{container}/json")[0] != 404:
        found.append("the engine has it")
    found += [f"process {pid}" for pid in processes_with(container)]
    if container in pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace"):
        found.append("a mount")
    root = engine.call("GET", "/info")[1]["DockerRootDir"]
    found += [str(path) for path in (pathlib.Path(root, "containers", container),) if path.exists()]
    found += [str(path) for path in pathlib.Path("/sys/fs/cgroup").glob(f"*/docker/{container}")]
    found += [str(path) for path in pathlib.Path("/sys/fs/cgroup").glob(f"docker/{container}")]
    return found
