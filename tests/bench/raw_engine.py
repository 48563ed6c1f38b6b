"""Sandboxes made by a plain script over the same engine calls: what the benchmarks measure the broker against."""

import json
import socket
import struct
import time
import uuid

from harness import ENGINE_SOCKET, NO_DOORS, Engine, UnixConnection, recorded_digest

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


def job_frame(nonce, code=CODE):
    job = json.dumps({
        "protocol": 1, "nonce": nonce, "code": code, "context": {}, "stdin": "", "files": [],
        "limits": {"cpu_seconds": 30, "memory_mb": 512, "max_processes": 64, "max_file_mb": 32,
                   "max_open_files": 256},
        "artifacts": {"max_count": 32, "max_bytes": 10000000}}).encode()
    return struct.pack(">I", len(job)) + job


def broker_spec(broker):
    """The very specification that the broker's own containers have, as the engine tells it."""
    connection = broker.connect()
    connection.request("POST", "/v1/executions", json.dumps({"code": "import time; time.sleep(3)", **NO_DOORS}),
                       {"Content-Type": "application/json"})
    while not (listed := [each for each in broker.containers() if each["State"] == "running"]):
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


class RawSandbox:
    """One container, ready for its job."""

    def __init__(self, spec, engine=None):
        self.engine = engine or UnixConnection(ENGINE_SOCKET)
        self.identity = self.call("POST", "/v1.41/containers/create", spec)["Id"]
        self.stream = attach(self.identity)
        self.call("POST", f"/v1.41/containers/{self.identity}/start")
        ready = b""
        while not ready.startswith(b"SALLYPORT-READY "):
            ready += read_frame(self.stream)[1]

    def call(self, method, target, body=None):
        self.engine.request(method, target, json.dumps(body) if body is not None else None,
                            {"Content-Type": "application/json"})
        response = self.engine.getresponse()
        text = response.read()
        assert response.status < 300, text
        return json.loads(text) if text else None

    def run(self, code=CODE):
        """Writes the job, reads until the agent has said on both streams that it is through. Seconds."""
        nonce = uuid.uuid4()
        frame = job_frame(nonce.hex, code)
        begun = time.perf_counter()
        self.stream.sendall(frame)
        self.stream.shutdown(socket.SHUT_WR)
        output = {1: b"", 2: b""}
        while not self.through(output, nonce.bytes):
            kind, data = read_frame(self.stream)
            assert kind is not None, output
            output[kind] += data
        elapsed = time.perf_counter() - begun
        assert output[1].startswith(b"hello\n"), output
        return elapsed

    @staticmethod
    def through(output, nonce):
        at = output[1].find(nonce)
        if at < 0 or nonce not in output[2]:
            return False
        start = at + len(nonce) + 4
        return len(output[1]) >= start and len(output[1]) >= start + struct.unpack(
            ">I", output[1][start - 4:start])[0]

    def remove(self):
        self.stream.close()
        self.call("DELETE", f"/v1.41/containers/{self.identity}?force=1&v=1")


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
