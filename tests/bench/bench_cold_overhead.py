"""What the broker adds to a cold `print("hello")` over the same engine calls made by a plain script.

Both sides alternate in one run, so that what the machine does meanwhile hits both; the ratio counts. The script does
what the broker does in a reply's time: create, attach, wait, start, await the agent, send the job, read to the end,
take the exit status, inspect. The removal is behind the reply on both sides.
"""

import json
import os
import socket
import statistics
import struct
import time
import unittest
import uuid

from harness import ENGINE_SOCKET, NO_DOORS, Broker, Engine, UnixConnection, recorded_digest

ROUNDS = int(os.environ.get("SALLYPORT_TEST_BENCH_ROUNDS", "20"))
CODE = 'print("hello")'


def read_exactly(sock, count):
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def attach(identity):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(ENGINE_SOCKET)
    sock.sendall(f"POST /v1.41/containers/{identity}/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\n"
                 "Host: engine\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n".encode())
    header = b""
    while not header.endswith(b"\r\n\r\n"):
        header += sock.recv(1)
    assert b" 101 " in header.split(b"\r\n")[0], header
    return sock


def read_frame(sock):
    try:
        stream, length = struct.unpack(">BxxxI", read_exactly(sock, 8))
    except EOFError:
        return None, b""
    return stream, read_exactly(sock, length)


class PlainScript:
    """The same engine calls, one after the other, over two kept-alive connections."""

    def __init__(self, spec):
        self.spec = spec
        self.engine = UnixConnection(ENGINE_SOCKET)
        self.waiter = UnixConnection(ENGINE_SOCKET)

    def call(self, method, target, body=None):
        self.engine.request(method, target, json.dumps(body) if body is not None else None,
                            {"Content-Type": "application/json"})
        response = self.engine.getresponse()
        text = response.read()
        assert response.status < 300, text
        return json.loads(text) if text else None

    def run(self):
        begun = time.perf_counter()
        identity = self.call("POST", "/v1.41/containers/create", self.spec)["Id"]
        stream = attach(identity)
        self.waiter.request("POST", f"/v1.41/containers/{identity}/wait?condition=next-exit")
        exit_response = self.waiter.getresponse()
        self.call("POST", f"/v1.41/containers/{identity}/start")
        ready = b""
        while not ready.startswith(b"SALLYPORT-READY "):
            ready += read_frame(stream)[1]
        job = json.dumps({
            "protocol": 1, "nonce": uuid.uuid4().hex, "code": CODE, "context": {}, "stdin": "", "files": [],
            "limits": {"cpu_seconds": 30, "memory_mb": 512, "max_processes": 64, "max_file_mb": 32,
                       "max_open_files": 256},
            "artifacts": {"max_count": 32, "max_bytes": 10000000}}).encode()
        stream.sendall(struct.pack(">I", len(job)) + job)
        stream.shutdown(socket.SHUT_WR)
        output = {1: b"", 2: b""}
        while True:
            kind, data = read_frame(stream)
            if kind is None:
                break
            output[kind] += data
        assert json.loads(exit_response.read())["StatusCode"] == 0
        self.call("GET", f"/v1.41/containers/{identity}/json")
        elapsed = time.perf_counter() - begun
        assert output[1].startswith(b"hello\n"), output
        stream.close()
        self.call("DELETE", f"/v1.41/containers/{identity}?force=1&v=1")
        return elapsed


def broker_spec(broker):
    """The very specification that the broker's own containers have, as the engine tells it."""
    connection = broker.connect()
    connection.request("POST", "/v1/executions", json.dumps({"code": "import time; time.sleep(3)", **NO_DOORS}),
                       {"Content-Type": "application/json"})
    while not (listed := broker.containers()):
        time.sleep(0.02)
    _, details = Engine().call("GET", f"/containers/{listed[0]['Id']}/json")
    connection.getresponse().read()
    connection.close()
    config, host = details["Config"], details["HostConfig"]
    return {
        **{key: config[key] for key in ("User", "WorkingDir", "Hostname", "OpenStdin", "StdinOnce",
                                        "NetworkDisabled")},
        "AttachStdin": True, "AttachStdout": True, "AttachStderr": True, "Image": recorded_digest(),
        "HostConfig": {key: host[key] for key in (
            "Runtime", "NetworkMode", "IpcMode", "LogConfig", "ReadonlyRootfs", "CapDrop", "SecurityOpt", "Tmpfs",
            "Memory", "MemorySwap", "NanoCpus", "PidsLimit", "ShmSize", "Ulimits")},
    }


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


class ColdOverhead(unittest.TestCase):
    def test_print_figures(self):
        with Broker() as broker:
            script = PlainScript(broker_spec(broker))
            broker.run(CODE)
            script.run()
            by_broker, by_script = [], []
            for number in range(ROUNDS):
                sides = [("broker", by_broker), ("script", by_script)]
                for name, times in sides if number % 2 else reversed(sides):
                    begun = time.perf_counter()
                    if name == "broker":
                        self.assertEqual(broker.run(CODE)["stdout"], "hello\n")
                        times.append(time.perf_counter() - begun)
                        broker.containers_gone(10)
                    else:
                        times.append(script.run())
            broker_median, script_median = statistics.median(by_broker), statistics.median(by_script)
            print(f"\ncold print(\"hello\"), {ROUNDS} rounds each, alternating")
            for name, times in (("broker over HTTP", by_broker), ("same engine calls", by_script)):
                print(f"  {name:18} median {statistics.median(times) * 1e3:6.1f} ms   "
                      f"p90 {percentile(times, 0.9) * 1e3:6.1f} ms   min {min(times) * 1e3:6.1f} ms")
            print(f"  ratio of medians   {broker_median / script_median:.3f}")


if __name__ == "__main__":
    unittest.main()
