"""`runner.reuse`: a sandbox that serves further submissions of its user, and never anybody else's."""

import signal
import time
import unittest

from harness import Broker, wait_until

MARK = "mark-of-the-first-user-4711"

# Leaves its mark wherever a program can, and a process that goes on.
LEAVE_MARKS = f"""
import builtins, ctypes, os, socket, sys, threading
mark = "{MARK}"
builtins.mark = sys.mark = mark
os.environ["MARK"] = mark
for place in (".", "output", "/tmp", "/dev/shm"):
    try: open(place + "/" + mark, "w").write(mark)
    except OSError: pass
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
shared = libc.shmget(4711, 4096, 0o1666)
if shared >= 0:
    at = libc.shmat(shared, None, 0)
    ctypes.memmove(at, mark.encode(), len(mark))
if os.fork() == 0:
    os.setsid()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\\0" + mark)
    listener.listen()
    import time
    while True: time.sleep(1)
print("left")
"""

# Prints where a mark is found.
FIND_MARKS = f"""
import builtins, ctypes, os, socket, sys
mark = "mark-of-the-" + "first-user-4711"
found = []
if hasattr(builtins, "mark") or hasattr(sys, "mark") or "MARK" in os.environ: found.append("interpreter")
for place in (".", "output", "/tmp", "/dev/shm"):
    if os.path.isdir(place) and os.listdir(place) not in ([], ["output"]): found.append(place)
libc = ctypes.CDLL(None, use_errno=True)
if libc.shmget(4711, 4096, 0) >= 0: found.append("shared memory")
try:
    socket.socket(socket.AF_UNIX).connect("\\0" + mark)
    found.append("socket")
except OSError: pass
others = [each for each in os.listdir("/proc") if each.isdigit() and int(each) not in (1, os.getpid())]
if others: found.append("processes")
def holds(pid):
    try:
        with open(f"/proc/{{pid}}/maps") as maps, open(f"/proc/{{pid}}/mem", "rb", 0) as memory:
            for line in maps:
                start, end = (int(each, 16) for each in line.split()[0].split("-"))
                if "rw" not in line.split()[1] or end - start > 1 << 26: continue
                try:
                    memory.seek(start)
                    if mark.encode() in memory.read(end - start): return True
                except (OSError, ValueError, OverflowError): pass
    except OSError: pass
    return False
if os.getpid() != 1 and holds(1): found.append("memory of the agent")
print(found)
"""


def reuse(**runner):
    return {"runner": {"pool": {"enabled": False}, "reuse": "user", **runner}}


class Reuse(unittest.TestCase):
    def sandbox_of(self, broker, reply):
        """The container that served it, as the audit record names it."""
        def named():
            return [line["container_id"] for line in broker.log_lines("audit.log")
                    if line["execution_id"] == reply["id"] and line.get("container_id")]

        self.assertTrue(wait_until(named, 10), reply)  # The log is written behind the reply.
        return named()[0]

    def serve(self, broker, code="print('ok')", **fields):
        reply = broker.run(code, **fields)
        return reply, self.sandbox_of(broker, reply)

    def test_off_unless_configured(self):
        with Broker() as broker:
            sandboxes = {self.serve(broker, user_id=7)[1] for _ in range(2)}
            self.assertEqual(len(sandboxes), 2)
            self.assertTrue(broker.containers_gone(10))

    def test_a_users_sandbox_serves_that_user_again(self):
        with Broker(**reuse()) as broker:
            first, sandbox = self.serve(broker, user_id=7)
            self.assertEqual(first["usage"]["start"], "cold")
            for _ in range(5):
                reply, again = self.serve(broker, user_id=7)
                self.assertEqual((reply["stdout"], reply["usage"]["start"], again), ("ok\n", "warm", sandbox))
            broker.process.send_signal(signal.SIGTERM)
            self.assertEqual(broker.process.wait(30), 0)
            self.assertEqual(broker.containers(), [])

    def test_nothing_of_one_user_is_visible_to_another(self):
        with Broker(**reuse()) as broker:
            reply, sandbox = self.serve(broker, LEAVE_MARKS, user_id="first")
            self.assertEqual(reply["stdout"], "left\n", reply)
            others = ["second", "First", "first ", 1, None]
            for other in others:
                reply, another = self.serve(broker, FIND_MARKS, user_id=other)
                self.assertEqual(reply["stdout"], "[]\n", (other, reply))
                self.assertNotEqual(another, sandbox)
            # Its own user finds what no cleaning reaches, and neither files nor processes.
            reply, again = self.serve(broker, FIND_MARKS, user_id="first")
            self.assertEqual(again, sandbox)
            for gone in ("interpreter", "'.'", "output", "/tmp", "/dev/shm", "socket", "processes"):
                self.assertNotIn(gone, reply["stdout"])

    def test_a_number_and_a_text_are_two_users(self):
        with Broker(**reuse()) as broker:
            _, number = self.serve(broker, user_id=7)
            _, text = self.serve(broker, user_id="7")
            self.assertNotEqual(number, text)
            self.assertEqual(self.serve(broker, user_id=7)[1], number)
            self.assertEqual(self.serve(broker, user_id="7")[1], text)

    def test_nobodys_submissions_are_not_kept(self):
        with Broker(**reuse()) as broker:
            self.assertNotEqual(self.serve(broker)[1], self.serve(broker)[1])
            self.assertTrue(broker.containers_gone(10))

    def test_another_size_is_another_sandbox(self):
        with Broker(**reuse()) as broker:
            _, sandbox = self.serve(broker, user_id=7)
            _, small = self.serve(broker, user_id=7, sandbox_config={"max_memory_mb": 128})
            self.assertNotEqual(sandbox, small)

    def test_each_submissions_limits_hold(self):
        forks = ("import os\nn = 0\ntry:\n    while True:\n        if os.fork() == 0: os.read(os.pipe()[0], 1)\n"
                 "        n += 1\nexcept OSError: print(n)\n")
        with Broker(**reuse()) as broker:
            for most in (5, 3, 9):
                reply, _ = self.serve(broker, forks, user_id=7, sandbox_config={"max_processes": most})
                self.assertEqual(reply["stdout"], f"{most - 1}\n")
            reply, _ = self.serve(broker, "while True: pass", user_id=7,
                                  sandbox_config={"max_cpu_seconds": 1, "timeout_seconds": 20})
            self.assertEqual((reply["error_type"], reply["signal"]), ("ResourceLimitError", "SIGXCPU"))
            reply, _ = self.serve(broker, "while True: pass", user_id=7, sandbox_config={"timeout_seconds": 1})
            self.assertEqual(reply["error_type"], "TimeoutError")

    def test_an_end_without_a_report_ends_the_sandbox(self):
        with Broker(**reuse()) as broker:
            _, sandbox = self.serve(broker, user_id=7)
            reply, same = self.serve(broker, "import os\nos.kill(os.getpid(), 11)", user_id=7)
            self.assertEqual((reply["signal"], reply["error_type"], same), ("SIGSEGV", "SystemError", sandbox))
            reply, another = self.serve(broker, user_id=7)
            self.assertEqual(reply["stdout"], "ok\n")
            self.assertNotEqual(another, sandbox)

    def test_a_sandbox_that_cannot_be_cleaned_is_not_used_again(self):
        deep = "import os\nfor _ in range(3000):\n    os.mkdir('d'); os.chdir('d')\n"
        with Broker(**reuse()) as broker:
            _, sandbox = self.serve(broker, deep, user_id=7)
            reply, another = self.serve(broker, "import os\nprint(os.listdir('.'))", user_id=7)
            self.assertEqual(reply["stdout"], "['output']\n")
            self.assertNotEqual(another, sandbox)

    def test_a_forged_ready_deceives_its_own_user_alone(self):
        forged = ("import os, struct\nif os.fork() == 0:\n    os.setsid()\n    import time\n    time.sleep(0.2)\n"
                  "    body = b'{\"protocol\":1,\"python\":\"3\",\"features\":[\"keep\"]}'\n"
                  "    os.write(1, b'SALLYPORT-READY ' + struct.pack('>I', len(body)) + body)\n")
        with Broker(**reuse()) as broker:
            self.serve(broker, forged, user_id="forger")
            time.sleep(0.5)
            self.assertEqual(self.serve(broker, FIND_MARKS, user_id="other")[0]["stdout"], "[]\n")
            self.assertEqual(self.serve(broker, user_id="forger")[0]["stdout"], "ok\n")

    def test_bounds(self):
        with Broker(**reuse(reuse_max_jobs=2)) as broker:
            sandboxes = [self.serve(broker, user_id=7)[1] for _ in range(4)]
            self.assertEqual(sandboxes[0], sandboxes[1])
            self.assertEqual(sandboxes[2], sandboxes[3])
            self.assertNotEqual(sandboxes[1], sandboxes[2])
            self.assertTrue(broker.containers_gone(10))
        with Broker(**reuse(reuse_idle_seconds=1)) as broker:
            self.serve(broker, user_id=7)
            self.assertTrue(broker.containers_gone(10))
        with Broker(**reuse(reuse_max_age_seconds=2)) as broker:
            self.serve(broker, user_id=7)
            self.assertTrue(broker.containers_gone(10))
        with Broker(**reuse(reuse_max_sandboxes=2)) as broker:
            for user in range(4):
                self.serve(broker, user_id=user)
            self.assertTrue(wait_until(lambda: len(broker.containers()) == 2, 10))


if __name__ == "__main__":
    unittest.main()
