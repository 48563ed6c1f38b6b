"""A broker process, an engine client and a private engine, for the system tests. Standard library only."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse
import uuid

BINARY = os.environ.get("SALLYPORT_TEST_BINARY", "build/release/broker/sallyport")
ENGINE_SOCKET = os.environ.get("SALLYPORT_ENGINE_SOCKET", "/var/run/docker.sock")
IMAGE_RECORD = os.environ.get("SALLYPORT_TEST_IMAGE_RECORD", "/var/lib/sallyport/images.json")

# For programs that try what no policy allows, and print whatever they find.
NO_DOORS = {"enable_ast_validation": False, "enable_output_validation": False}


def wait_until(condition, seconds, pause=0.05):
    """Whether `condition` became true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def processes_with(text):
    """The ids of processes whose command line holds `text`."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):  # It has ended meanwhile.
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if text.encode() in file.read() and int(pid) != os.getpid():
                    found.append(int(pid))
    return found


def kill_processes_with(text):
    for pid in processes_with(text):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=30):
        super().__init__("engine", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Engine:
    """The Engine API, as far as the tests look behind the broker's back."""

    def __init__(self, path=ENGINE_SOCKET):
        self.path = path

    def call(self, method, target, body=None, timeout=30):
        connection = UnixConnection(self.path, timeout)
        try:
            headers = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, target, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if text.strip().startswith((b"{", b"[")) else text
        finally:
            connection.close()

    def containers(self, instance):
        filters = json.dumps({"label": [f"sallyport.instance={instance}"]})
        status, listed = self.call("GET", f"/containers/json?all=1&filters={urllib.parse.quote(filters)}")
        assert status == 200, listed
        return listed


class Broker:
    """One `sallyport serve`, on a port of its own."""

    def __init__(self, engine_socket=ENGINE_SOCKET, record=IMAGE_RECORD, **sections):
        self.folder = tempfile.mkdtemp(prefix="sallyport-test-")
        self.instance = "test-" + uuid.uuid4().hex[:12]
        self.config = {
            "server": {"port": 0},
            "engine": {"socket": engine_socket},
            "images": {"record": record},
            # Tests count containers; those of the pool have a test of their own.
            "runner": {"pool": {"enabled": False}},
            "log": {"file": f"{self.folder}/broker.log", "audit_file": f"{self.folder}/audit.log"},
            "instance": {"name": self.instance, "state_folder": self.folder},
        }
        for section, values in sections.items():
            self.config.setdefault(section, {}).update(values)
        self.config_file = f"{self.folder}/config.json"
        with open(self.config_file, "w", encoding="utf-8") as file:
            json.dump(self.config, file)
        self.engine = Engine(engine_socket)
        self.environment = {}  # Added to the broker's.
        self.process = None
        self.killed = False
        self.port = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        if self.killed:  # What it has left is its successor's to remove, and there is none.
            for each in self.containers():
                self.engine.call("DELETE", f"/containers/{each['Id']}?force=1&v=1")
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        self.killed = False
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SALLYPORT_")}
        self.process = subprocess.Popen(
            [BINARY, "serve", "--config", self.config_file],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**environment, **self.environment})
        line = self.process.stdout.readline()
        if "listens on" not in line:
            raise AssertionError(f"the broker did not start: {line}{self.process.stderr.read()}")
        where = line.rstrip().rsplit(" ", 1)[1]
        self.port = None if where.startswith("unix:") else int(where.rsplit(":", 1)[1])

    def stop(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        self.process.stdout.close()
        self.process.stderr.close()
        self.process = None

    def kill(self):
        self.killed = True
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
        self.process = None

    def connect(self, timeout=120):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def get(self, path):
        connection = self.connect()
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def post(self, body, headers=None, path="/v1/executions"):
        """(status, headers, body) of a submission; `body` is a dictionary or bytes."""
        connection = self.connect()
        try:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            connection.request("POST", path, data, {"Content-Type": "application/json", **(headers or {})})
            response = connection.getresponse()
            return response.status, response.headers, json.loads(response.read())
        finally:
            connection.close()

    def run(self, code, **fields):
        """The reply to a submission that is served."""
        status, _, reply = self.post({"code": code, **NO_DOORS, **fields})
        assert status == 200, (status, reply)
        return reply

    def containers(self):
        return self.engine.containers(self.instance)

    def containers_gone(self, seconds):
        return wait_until(lambda: not self.containers(), seconds)

    def unexpected_files(self):
        """What lies in its folder beyond its configuration, logs, lock and store."""
        own = {"config.json", "broker.log", "audit.log", "audit.log.head", f"{self.instance}.lock"}
        store = {f"{self.instance}.db{suffix}" for suffix in ("", "-wal", "-shm")}
        return set(os.listdir(self.folder)) - own - store

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident_mb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) / 1024
        raise AssertionError("no VmRSS")

    def reload(self, event):
        """SIGHUP, until the log has one more of `event`."""
        def told():
            return sum(line["event"] == event for line in self.log_lines())

        before = told()
        self.process.send_signal(signal.SIGHUP)
        if not wait_until(lambda: told() > before, 20):
            raise AssertionError(f"no {event}")

    def log_lines(self, name="broker.log"):
        with contextlib.suppress(FileNotFoundError):
            with open(f"{self.folder}/{name}", encoding="utf-8") as file:
                return [json.loads(line) for line in file]
        return []


class PrivateEngine:
    """A dockerd of the test's own, so that it may be stopped, frozen, given broken runtimes and a full disk."""

    def __init__(self, disk_mb=None):
        """`disk_mb`: its data lies on a disk of that size (a tmpfs)."""
        # Not below /tmp/...: paths of Unix sockets are short.
        self.folder = tempfile.mkdtemp(prefix="spe-", dir="/var/tmp")
        self.socket = f"{self.folder}/docker.sock"
        self.log = f"{self.folder}/dockerd.log"
        self.hang = f"{self.folder}/runtime-that-hangs"
        with open(self.hang, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nexec sleep 1000000\n")
        os.chmod(self.hang, 0o755)
        runsc = shutil.which("runsc") or "/usr/bin/runsc"
        config = {
            "data-root": f"{self.folder}/data",
            "exec-root": f"{self.folder}/exec",
            "pidfile": f"{self.folder}/dockerd.pid",
            "hosts": [f"unix://{self.socket}"],
            "bridge": "none",
            "iptables": False,
            "runtimes": {
                "runsc": {"path": runsc, "runtimeArgs": ["--network=none"]},
                "hangs": {"path": self.hang},
                "gone": {"path": f"{self.folder}/no-such-binary"},
            },
        }
        self.config = f"{self.folder}/daemon.json"
        with open(self.config, "w", encoding="ascii") as file:
            json.dump(config, file)
        if disk_mb is not None:
            os.mkdir(f"{self.folder}/data")
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={disk_mb}m", "none", f"{self.folder}/data"], check=True)
        self.process = None
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                # In a network namespace of its own: without a bridge of its own it would remove the machine's.
                ["unshare", "--net", "dockerd", "--config-file", self.config], stdout=log, stderr=log)
        if not wait_until(self.answers, 60):
            with open(self.log, encoding="utf-8", errors="replace") as log:
                raise AssertionError("dockerd did not start:\n" + log.read()[-2000:])

    def answers(self):
        try:
            return Engine(self.socket).call("GET", "/_ping", timeout=5)[0] == 200
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def crash(self):
        """Everything of it at once, its containerd and the shims too."""
        self.process.kill()
        self.process.wait()
        kill_processes_with(self.folder)
        # Where nobody reaps it, the next dockerd would take what this names for a containerd that lives.
        with contextlib.suppress(FileNotFoundError):
            os.remove(f"{self.folder}/exec/containerd/containerd.pid")

    def close(self):
        kill_processes_with(self.hang)
        self.stop()
        # What dockerd leaves mounted when it ends in a hurry.
        with open("/proc/mounts", encoding="utf-8") as mounts:
            ours = [line.split()[1] for line in mounts if self.folder in line]
        for mount in sorted(ours, reverse=True):
            subprocess.run(["umount", "-l", mount], check=False)
        kill_processes_with(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    def take_image(self, digest):
        """Copies an image from the machine's engine."""
        source = UnixConnection(ENGINE_SOCKET, timeout=120)
        source.request("GET", f"/images/{digest}/get")
        tar = source.getresponse()
        assert tar.status == 200, tar.read()
        target = UnixConnection(self.socket, timeout=120)
        target.request("POST", "/images/load?quiet=1", body=iter(lambda: tar.read(1 << 20), b""),
                       headers={"Content-Type": "application/x-tar"}, encode_chunked=True)
        answer = target.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()
        source.close()
        target.close()


def recorded_digest(name="python"):
    with open(IMAGE_RECORD, encoding="utf-8") as file:
        return json.load(file)["images"][name]["digest"]


def in_background(function, *arguments, **keywords):
    """Runs it on a thread; the returned function waits and gives its result or raises its exception."""
    outcome = {}

    def run():
        try:
            outcome["value"] = function(*arguments, **keywords)
        except BaseException as error:  # Handed on to whoever waits.
            outcome["error"] = error

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def result(timeout=120):
        thread.join(timeout)
        if thread.is_alive():
            raise AssertionError("no answer in time")
        if "error" in outcome:
            raise outcome["error"]
        return outcome["value"]

    return result


class BrokerTestCase(unittest.TestCase):
    """One broker for all tests of a class; nothing may be left behind at its end."""

    sections = {}

    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(**cls.sections)
        cls.broker.start()

    @classmethod
    def tearDownClass(cls):
        broker = cls.broker
        try:
            gone = broker.containers_gone(20)
            broker.stop()
        finally:
            shutil.rmtree(broker.folder, ignore_errors=True)
        assert gone, "containers were left behind"
