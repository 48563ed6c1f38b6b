"""Streams of events: what many readers cost, and how soon a line that a program has written is there.

500 readers: the broker without sandboxes (bench_broker), both doors on, every submission writes the time twice a second.
First byte: real sandboxes of the warm pool; the program writes the time of its flush, so the figure holds everything from
the flush to the client. The clocks are the same machine's.
"""

import json
import os
import selectors
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import unittest

from harness import Broker, wait_until
from raw_engine import percentile

BINARY = os.environ.get("SALLYPORT_BENCH_BROKER")
READERS = int(os.environ.get("SALLYPORT_TEST_BENCH_READERS", "500"))
SECONDS = float(os.environ.get("SALLYPORT_TEST_BENCH_SECONDS", "6"))
ROUNDS = int(os.environ.get("SALLYPORT_TEST_BENCH_ROUNDS", "20"))

HEAD = ("POST /v1/executions HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n")
PROGRAM = """import time
time.sleep(0.2)
for _ in range(5):
    print('at', time.time_ns(), 'ns', flush=True)
    time.sleep(0.05)
"""


def request(body):
    text = json.dumps(body).encode()
    return HEAD.format(len(text)).encode() + text


def times_of(data):
    """The times (ns) that lines of output in these bytes tell."""
    return [int(part.split(b" ", 1)[0]) for part in data.split(b'"text":"at ')[1:] if b" ns" in part]


def show(name, values, unit="ms"):
    print(f"  {name:28} best {min(values):6.2f} {unit}   p50 {statistics.median(values):7.2f} {unit}   p90 {percentile(values, 0.9):7.2f} {unit}   "
          f"p99 {percentile(values, 0.99):7.2f} {unit}   n {len(values)}")


class ManyReaders(unittest.TestCase):
    def test_many_readers(self):
        folder = tempfile.mkdtemp(prefix="sallyport-bench-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        process = subprocess.Popen([BINARY, "broker", folder, "print"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, 30)
        self.addCleanup(process.terminate)
        port = int(process.stdout.readline())

        def resident_mb():
            with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
                return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS:"))

        selector = selectors.DefaultSelector()
        before = resident_mb()
        for _ in range(READERS):
            reader = socket.create_connection(("127.0.0.1", port))
            self.addCleanup(reader.close)
            reader.sendall(request({"code": "print(1)", "user_id": 1}))
            reader.setblocking(False)
            selector.register(reader, selectors.EVENT_READ)
        late = []
        heard = set()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for key, _ in selector.select(0.1):
                data = key.fileobj.recv(1 << 16)
                self.assertTrue(data, "a stream ended")
                now = time.time_ns()
                for at in times_of(data):
                    late.append((now - at) / 1e6)
                    heard.add(key.fileobj)
        peak = resident_mb()
        print(f"\n{READERS} readers of text/event-stream, each of an execution of its own")
        print(f"  resident                     {before:7.1f} MB before, {peak:7.1f} MB with all of them")
        show("from the write to the reader", late)
        self.assertEqual(len(heard), READERS)
        self.assertLess(peak, 100)


class FirstByte(unittest.TestCase):
    def test_first_byte(self):
        sections = {"runner": {"pool": {"enabled": True, "floor": 2, "ceiling": 2, "max_slots": 2}}}
        with Broker(**sections) as broker:
            late = []
            first = []
            for _ in range(ROUNDS):
                wait_until(lambda: len(broker.containers()) >= 2, 20)
                time.sleep(0.5)
                reader = socket.create_connection(("127.0.0.1", broker.port))
                reader.sendall(request({"code": PROGRAM}))
                data = b""
                times = []
                while b"event: result" not in data:
                    piece = reader.recv(1 << 16)
                    self.assertTrue(piece, data)
                    now = time.time_ns()
                    times += [(now - at) / 1e6 for at in times_of(piece)]
                    data += piece
                reader.close()
                if b'"start":"warm"' in data and times:
                    first.append(times[0])
                    late += times
            print("\nFrom a program's flush in a warm sandbox to the reader, both doors on")
            show("first line", first)
            show("all lines", late)
            self.assertTrue(first)


if __name__ == "__main__":
    unittest.main()
