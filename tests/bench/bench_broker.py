"""What the broker itself costs: everything but the sandbox, against a bare Beast server in the same run.

The load generator is wrk, on the same machine, with keep-alive. Each request holds a program of thirty lines, both doors
are on, the audit records are written. The two servers take turns, so that what the machine does meanwhile hits both.
"""

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import unittest
import http.client

BINARY = os.environ["SALLYPORT_BENCH_BROKER"]
SECONDS = int(os.environ.get("SALLYPORT_TEST_BENCH_SECONDS", "8"))
ROUNDS = int(os.environ.get("SALLYPORT_TEST_BENCH_ROUNDS", "3"))
CONNECTIONS = 64

with open(os.path.join(os.path.dirname(__file__), "validators", "thirty_lines.py"), encoding="utf-8") as source:
    PROGRAM = source.read()

BODY = json.dumps({
    "code": PROGRAM,
    "context": {"rows": [{"article": "bolt", "count": 3, "price": 0.2}, {"article": "nut", "count": 5, "price": 0.1}]},
    "user_id": 7,
})


class Server:
    def __init__(self, *arguments):
        self.process = subprocess.Popen([BINARY, *arguments], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS:"))


def post(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/v1/executions", BODY, {"Content-Type": "application/json"})
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response.status, text


class BrokerAlone(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sallyport-bench-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.script = f"{self.folder}/post.lua"
        with open(self.script, "w", encoding="utf-8") as file:
            # A long bracket of a level that JSON does not hold.
            file.write('wrk.method = "POST"\nwrk.path = "/v1/executions"\n'
                       'wrk.headers["Content-Type"] = "application/json"\n'
                       f"wrk.body = [===[{BODY}]===]\n")

    def load(self, server):
        """(requests a second, p99 in ms, CPU microseconds of the server a request) of one round."""
        before = server.cpu_seconds()
        output = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-s", self.script,
             f"http://127.0.0.1:{server.port}"], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("Non-2xx", output)
        self.assertNotIn("Socket errors", output)
        requests = int(re.search(r"(\d+) requests in", output).group(1))
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1))
        number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", output).groups()
        p99 = float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
        return rate, p99, (server.cpu_seconds() - before) / requests * 1e6

    def test_throughput(self):
        with Server("broker", self.folder) as broker:
            status, text = post(broker.port)
            self.assertEqual(status, 200, text)
            self.assertTrue(json.loads(text)["success"], text)
            with Server("bare", str(len(text))) as bare:
                rounds = [(self.load(broker), self.load(bare)) for _ in range(ROUNDS)]
        median = [[statistics.median(side[i] for side in sides) for i in range(3)] for sides in zip(*rounds)]
        for name, (rate, p99, cpu) in zip(("broker", "bare Beast server"), median):
            print(f"{name}: {rate:.0f} requests/s, p99 {p99:.2f} ms, {cpu:.1f} us of CPU a request")
        print(f"ratio: {statistics.median(a[0] / b[0] for a, b in rounds):.3f} "
              f"({CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS} s)")

    def test_memory(self):
        with Server("broker", self.folder, "hold") as broker:
            empty = broker.resident_mb()
            sockets = [socket.create_connection(("127.0.0.1", broker.port)) for _ in range(1000)]
            head = (f"POST /v1/executions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(BODY)}\r\n\r\n").encode()
            # Four of them run.
            for each in sockets[:104]:
                each.sendall(head + BODY.encode())
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                connection = http.client.HTTPConnection("127.0.0.1", broker.port, timeout=30)
                connection.request("GET", "/readyz")
                ready = json.loads(connection.getresponse().read())
                connection.close()
                if ready["queued"] == 100:
                    break
                time.sleep(0.1)
            self.assertEqual(ready["queued"], 100)
            # Every connection has been used once.
            for each in sockets[104:]:
                each.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            for each in sockets[104:]:
                each.recv(4096)
            print(f"resident: {broker.resident_mb():.1f} MB at 1000 connections and 100 queued submissions, "
                  f"{empty:.1f} MB before")
            for each in sockets:
                each.close()


if __name__ == "__main__":
    unittest.main()
