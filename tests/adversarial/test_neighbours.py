"""Submissions side by side: what one leaves, holds or consumes is not seen by another, nor felt beyond its share."""

import ast
import concurrent.futures
import time
import unittest

from hostile import HostileTestCase, attack
from harness import in_background, wait_until

# Leaves something in every place that could be shared, and holds it.
HOLDER = """
import ctypes, os, socket, time
libc = ctypes.CDLL(None)
for folder in ('/tmp', '/dev/shm', '/workspace', '/workspace/output'): open(folder + '/left', 'w').write('secret-of-the-holder')
abstract = socket.socket(socket.AF_UNIX)
abstract.bind('\\0left')
abstract.listen()
tcp = socket.create_server(('127.0.0.1', 4711))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(('0.0.0.0', 4712))
libc.shmget(0x4711, 4096, 0o1666)
libc.msgget(0x4711, 0o1666)
libc.semget(0x4711, 1, 0o1666)
if os.fork() == 0: time.sleep(60)
os.environ['LEFT'] = 'secret-of-the-holder'
print('held', flush=True)
time.sleep(5)
"""
SEEKER = """
import ctypes, os, socket
libc = ctypes.CDLL(None)
found = []
for folder in ('/tmp', '/dev/shm', '/workspace', '/workspace/output'):
    if os.path.exists(folder + '/left'): found.append(folder)
for family, address in ((socket.AF_UNIX, '\\0left'), (socket.AF_INET, ('127.0.0.1', 4711))):
    with socket.socket(family) as s:
        try:
            s.connect(address)
            found.append(address)
        except OSError: pass
for name in ('shmget', 'msgget', 'semget'):
    arguments = {'shmget': (0x4711, 4096, 0), 'msgget': (0x4711, 0), 'semget': (0x4711, 1, 0)}[name]
    if getattr(libc, name)(*arguments) >= 0: found.append(name)
found += [pid for pid in os.listdir('/proc') if pid.isdigit() and pid != '1']
if 'LEFT' in os.environ: found.append('environ')
print(found)
"""


class Neighbours(HostileTestCase):
    def test_nothing_held_by_a_neighbour_is_seen(self):
        held = in_background(self.submit, HOLDER, {"max_memory_mb": 128})
        self.assertTrue(wait_until(lambda: self.broker.get("/readyz")[1]["running"] >= 1, 20))
        found = [self.submit(SEEKER)["stdout"] for _ in range(4)]
        self.assertEqual(held()["stdout"], "held\n")
        self.assertEqual(found, ["[]\n"] * 4)

    def test_nothing_that_was_left_is_seen(self):
        for _ in range(3):
            self.assertEqual(self.submit(HOLDER.replace("time.sleep(5)", ""))["stdout"], "held\n")
            self.assertEqual(self.submit(SEEKER)["stdout"], "[]\n")

    def test_freed_memory_holds_nothing_of_a_neighbour(self):
        mark = "neighbour" + "mark"
        code = f"keep = [('{mark[:9]}' + '{mark[9:]}') * 1000 for _ in range(2000)]\nprint(len(keep))\n"
        look = """
import mmap
found = 0
mark = b'neighbour' + b'mark'
for _ in range(12):
    m = mmap.mmap(-1, 4 << 20)
    if m.read(4 << 20) != bytes(4 << 20): found += 1
    m.close()
print(found)
"""
        with concurrent.futures.ThreadPoolExecutor(2) as both:
            list(both.map(self.submit, [code, look]))
        self.assertEqual(self.submit(code)["stdout"], "2000\n")
        self.assertEqual(self.submit(look)["stdout"], "0\n")

    def test_honest_neighbours_of_hostile_ones_are_served(self):
        hostile = [
            "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
            "import os\nwhile True: os.write(1, b'x' * 65536)",
            "while True: pass",
        ]
        limits = {"timeout_seconds": 4, "max_output_bytes": 10_000_000}
        attacks = [in_background(self.submit, code, limits) for code in hostile]
        begun, served = time.monotonic(), 0
        while time.monotonic() - begun < 4:
            reply = self.submit("print(sum(range(100_000)))", {"timeout_seconds": 30})
            self.assertEqual((reply["success"], reply["stdout"]), (True, "4999950000\n"), reply)
            served += 1
        self.assertGreater(served, 0)
        for attack_ in attacks:
            self.assertFalse(attack_()["success"])

    @attack("""
        import os, time
        def first(path):
            try:
                with open(path) as file: return file.read(2000)
            except OSError: return ''
        print(repr((first('/proc/loadavg'), first('/proc/stat'), float(first('/proc/uptime').split()[0]), first('/proc/meminfo'),
                    first('/proc/pressure/cpu'), first('/proc/vmstat'), first('/proc/interrupts'), first('/proc/diskstats'),
                    time.clock_gettime(time.CLOCK_BOOTTIME), os.getloadavg())))
        """)
    def test_the_load_of_the_host_is_not_to_be_read(self, reply):
        load, stat, uptime, memory, pressure, vm, interrupts, disks, boot, average = ast.literal_eval(reply["stdout"])
        self.assertEqual([pressure, vm, interrupts, disks], [""] * 4)
        self.assertEqual(set(load.split()[:3]), {"0.00"})
        self.assertEqual(set(stat.splitlines()[0].split()[1:]), {"0"})
        # Its own age and memory, not the host's.
        self.assertLess(max(uptime, boot), 600)
        total = int(next(line.split()[1] for line in memory.splitlines() if line.startswith("MemTotal")))
        self.assertLessEqual(total, 128 << 10)
        self.assertEqual(average, (0, 0, 0))

    @attack("""
        import time
        # A clock fine enough for a covert channel is there, as on any CPU; what there is not is somebody to listen to
        # by name: no process, no file, no socket. See docs/security.md, side channels.
        slices = []
        begun = last = time.perf_counter_ns()
        while last - begun < 1_000_000_000:
            now = time.perf_counter_ns()
            if now - last > 1_000_000: slices.append(now - last)
            last = now
        print(len(slices) < 100_000)
        """)
    def test_what_timing_tells(self, reply):
        self.assertEqual(reply["stdout"], "True\n", reply)

    def test_ids_are_not_reused(self):
        seen = [self.submit("import os, uuid\nprint(uuid.uuid4(), os.urandom(8).hex(), hash('a'))")["stdout"] for _ in range(4)]
        parts = [set(values) for values in zip(*(each.split() for each in seen))]
        self.assertEqual([len(values) for values in parts], [4, 4, 4], seen)


if __name__ == "__main__":
    unittest.main()
